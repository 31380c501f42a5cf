//! A proxy in front of Redis, which breaks connections in the middle of a command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// The longest time after which [`Break::Late`] executes commands.
pub(crate) const LATEST: Duration = Duration::from_millis(200);

/// How a connection breaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    /// Redis executes the commands, and the response is lost.
    Response,
    /// Redis receives the first half of the commands.
    Half,
    /// Redis executes the commands when the client has made another connection.
    Late,
}

impl Break {
    pub(crate) const ALL: [Self; 3] = [Self::Response, Self::Half, Self::Late];
}

pub(crate) struct Proxy {
    address: SocketAddr,
    next: Arc<Mutex<Option<Break>>>,
    server: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let next: Arc<Mutex<Option<Break>>> = Arc::default();
        let breaks = Arc::clone(&next);
        let server = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let redis = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(forward(client, redis, Arc::clone(&breaks)));
            }
        });
        Self {
            address,
            next,
            server,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// Breaks the connection on which the next script is run.
    pub(crate) fn break_next(&self, how: Break) {
        *self.next.lock().unwrap() = Some(how);
    }

    /// Returns whether the connection was broken.
    pub(crate) fn has_broken(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Forwards in both directions, until the connection is to break.
async fn forward(mut client: TcpStream, mut redis: UnixStream, next: Arc<Mutex<Option<Break>>>) {
    let (mut sent, mut received) = (vec![0; 1 << 18], vec![0; 1 << 18]);
    let (commands, how) = loop {
        tokio::select! {
            size = client.read(&mut sent) => match size {
                Ok(1..) => {
                    let commands = &sent[..size.unwrap()];
                    if commands.windows(7).any(|word| word == b"EVALSHA")
                        && let Some(how) = next.lock().unwrap().take()
                    {
                        break (commands, how);
                    }
                    if redis.write_all(commands).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            size = redis.read(&mut received) => match size {
                Ok(1..) => if client.write_all(&received[..size.unwrap()]).await.is_err() {
                    return;
                },
                _ => return,
            },
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
            // The client waits between 50 and 100 milliseconds before it connects again.
            tokio::time::sleep(LATEST.mul_f64(fastrand::f64())).await;
            let _ = redis.write_all(commands).await;
            let _ = redis.read(&mut received).await;
        }
    }
}
