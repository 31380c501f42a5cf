//! A transport that responds according to a script, and records requests and their times.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses some of it"
)]

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use polar_client_runtime::client::{ClientBuilder, OrganizationToken};
use polar_client_runtime::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use tokio::time::Instant;

use super::polar::{Api, Polar};

/// The outcome of one request.
#[derive(Clone, Debug)]
pub enum Step {
    /// This response, with these headers.
    Response(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// No response.
    Fail(TransportErrorKind),
    /// A response that never arrives.
    Hang,
    /// A body in chunks, and how the body ends.
    Chunks(u16, Vec<&'static str>, End),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Whole,
    Broken,
    /// An error that states that nothing was sent.
    NotSent,
    Hanging,
    /// Complete, with this number of seconds before each chunk.
    Slow(u64),
}

pub fn response(status: u16, body: &'static str) -> Step {
    Step::Response(status, Vec::new(), body)
}

pub fn rate_limited(after: &'static str) -> Step {
    Step::Response(429, vec![("retry-after", after)], "")
}

pub const CONNECTION_LOST: Step = Step::Fail(TransportErrorKind::Interrupted);
pub const CONNECTION_REFUSED: Step = Step::Fail(TransportErrorKind::Connect);

/// The script. Its last step is repeated forever.
#[derive(Clone, Debug)]
pub struct ScriptedTransport(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    steps: VecDeque<Step>,
    sent: Vec<http::Request<Bytes>>,
    times: Vec<Duration>,
    start: Instant,
    /// The number of requests and bodies that were not dropped yet.
    open: usize,
}

impl ScriptedTransport {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self(Arc::new(Mutex::new(State {
            steps: steps.into_iter().collect(),
            sent: Vec::new(),
            times: Vec::new(),
            start: Instant::now(),
            open: 0,
        })))
    }

    /// Returns a client that uses the script.
    pub fn polar(&self) -> Polar {
        self.builder().build().unwrap()
    }

    pub fn builder(&self) -> ClientBuilder<OrganizationToken, Api> {
        Polar::builder()
            .access_token("polar_oat_hush")
            .transport(self.clone())
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().sent.len()
    }

    pub fn sent(&self) -> Vec<http::Request<Bytes>> {
        self.0.lock().unwrap().sent.clone()
    }

    /// Returns the time of each request since the script was created.
    pub fn times(&self) -> Vec<Duration> {
        self.0.lock().unwrap().times.clone()
    }

    /// Returns the values of a header, in all requests.
    pub fn header(&self, name: &str) -> Vec<Option<String>> {
        let value = |request: &http::Request<Bytes>| {
            let value = request.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        self.sent().iter().map(value).collect()
    }

    /// Returns the number of requests and bodies that were not dropped yet.
    pub fn open(&self) -> usize {
        self.0.lock().unwrap().open
    }
}

/// Counted in `open` until it is dropped.
#[derive(Debug)]
struct Guard(ScriptedTransport);

impl Guard {
    fn new(script: &ScriptedTransport) -> Self {
        script.0.lock().unwrap().open += 1;
        Self(script.clone())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().open -= 1;
    }
}

impl Transport for ScriptedTransport {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let mut state = self.0.lock().unwrap();
        state.sent.push(request);
        let time = state.start.elapsed();
        state.times.push(time);
        let step = match state.steps.len() {
            1 => state.steps[0].clone(),
            _ => state.steps.pop_front().unwrap(),
        };
        drop(state);
        let guard = Guard::new(self);
        Box::pin(async move {
            let (status, headers, body) = match step {
                Step::Response(status, headers, body) => (status, headers, body.into()),
                Step::Fail(kind) => return Err(TransportError::new(kind, "as the script says")),
                Step::Hang => return std::future::pending().await,
                Step::Chunks(status, pieces, end) => {
                    let pieces = Chunks(pieces.into_iter().collect(), end, None, guard);
                    (status, Vec::new(), Body::stream(pieces))
                }
            };
            let mut response = http::Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(body).unwrap())
        })
    }
}

struct Chunks(
    VecDeque<&'static str>,
    End,
    Option<BoxFuture<'static, ()>>,
    #[allow(dead_code)] Guard,
);

impl Stream for Chunks {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let End::Slow(seconds) = self.1 {
            let rest =
                || Box::pin(tokio::time::sleep(Duration::from_secs(seconds))) as BoxFuture<_>;
            ready!(self.2.get_or_insert_with(rest).as_mut().poll(context));
            self.2 = None;
        }
        match (self.0.pop_front(), self.1) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Bytes::from_static(piece.as_bytes())))),
            (None, End::Whole | End::Slow(_)) => Poll::Ready(None),
            (None, End::Broken) => Poll::Ready(Some(Err(TransportError::new(
                TransportErrorKind::Interrupted,
                "as the script says",
            )))),
            (None, End::NotSent) => Poll::Ready(Some(Err(TransportError::new(
                TransportErrorKind::Connect,
                "as the script says",
            )))),
            (None, End::Hanging) => Poll::Pending,
        }
    }
}
