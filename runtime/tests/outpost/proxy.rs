//! A proxy for Redis that breaks connections in the middle of a command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// The maximum delay of commands with [`Break::Late`].
pub(crate) const LATEST: Duration = Duration::from_millis(200);

/// How a connection breaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    /// Redis executes the commands, and the response is lost.
    Response,
    /// Redis receives the first half of the commands.
    Half,
    /// Redis executes the commands after the client has reconnected.
    Late,
}

impl Break {
    pub(crate) const ALL: [Self; 3] = [Self::Response, Self::Half, Self::Late];
}

pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    next: Mutex<Option<Break>>,
    /// For each connection with a subscription, whether nothing is forwarded any more.
    subscriptions: Mutex<Vec<Arc<AtomicBool>>>,
}

impl Proxy {
    pub(crate) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared: Arc<Shared> = Arc::default();
        let connections = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let redis = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(forward(client, redis, Arc::clone(&connections)));
            }
        });
        Self {
            address,
            shared,
            server,
        }
    }

    /// Stops forwarding on the current connections with a subscription, but keeps them open.
    pub(crate) fn silence_subscriptions(&self) {
        let subscriptions = self.shared.subscriptions.lock().unwrap();
        subscriptions
            .iter()
            .for_each(|it| it.store(true, Ordering::Relaxed));
    }

    /// Returns the number of connections with a subscription so far.
    pub(crate) fn subscriptions(&self) -> usize {
        self.shared.subscriptions.lock().unwrap().len()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// Breaks the connection on which the next script is run.
    pub(crate) fn break_next(&self, how: Break) {
        *self.shared.next.lock().unwrap() = Some(how);
    }

    /// Returns whether a connection was broken since [`break_next`](Self::break_next).
    pub(crate) fn has_broken(&self) -> bool {
        self.shared.next.lock().unwrap().is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Forwards data in both directions until the connection is to break.
async fn forward(mut client: TcpStream, mut redis: UnixStream, shared: Arc<Shared>) {
    let is_silent: Arc<AtomicBool> = Arc::default();
    let (mut sent, mut received) = (vec![0; 1 << 18], vec![0; 1 << 18]);
    let (commands, how) = loop {
        tokio::select! {
            size = client.read(&mut sent) => {
                let Ok(size @ 1..) = size else {
                    return;
                };
                let commands = &sent[..size];
                let contains = |name: &[u8]| commands.windows(name.len()).any(|it| it == name);
                if contains(b"SUBSCRIBE") {
                    shared.subscriptions.lock().unwrap().push(Arc::clone(&is_silent));
                }
                if contains(b"EVALSHA")
                    && let Some(how) = shared.next.lock().unwrap().take()
                {
                    break (commands, how);
                }
                if !is_silent.load(Ordering::Relaxed) && redis.write_all(commands).await.is_err() {
                    return;
                }
            }
            size = redis.read(&mut received) => {
                let Ok(size @ 1..) = size else {
                    return;
                };
                let responses = &received[..size];
                if !is_silent.load(Ordering::Relaxed) && client.write_all(responses).await.is_err() {
                    return;
                }
            }
        }
    };
    match how {
        Break::Response => {
            let _ = redis.write_all(commands).await;
            let _ = redis.read(&mut received).await;
        }
        Break::Half => {
            let _ = redis.write_all(&commands[..commands.len() / 2]).await;
        }
        Break::Late => {
            drop(client);
            // The client reconnects after 50 to 100 milliseconds.
            tokio::time::sleep(LATEST.mul_f64(fastrand::f64())).await;
            let _ = redis.write_all(commands).await;
            let _ = redis.read(&mut received).await;
        }
    }
}
