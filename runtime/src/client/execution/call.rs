//! Calls: futures that send requests.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::execute::execute;
use crate::Error;
#[cfg(feature = "blocking")]
use crate::client::blocking;
use crate::client::operation::Operation;
use crate::client::requests::{Form, Request};
use crate::client::responses::{ByteStream, Reply, Response};
use crate::codec::Decode;
use crate::transport::BoxFuture;

/// A future that sends a request and returns the decoded response.
///
/// The request is sent when the call is first polled. Dropping the call cancels the request, but the server may still
/// process it.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    operation: &'static Operation,
    reply: BoxFuture<'static, Result<Reply, Error>>,
    read: fn(&mut Reply) -> Result<T, Error>,
}

impl<T: Decode> Call<T> {
    /// Creates a call whose response is JSON.
    pub fn json(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::json)
    }
}

impl<T: Decode> Call<Option<T>> {
    /// Creates a call whose response is JSON or has no content. An empty body, null and the status 202 are decoded as
    /// `None`. 202 means that the resource does not exist yet.
    pub fn optional(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::optional)
    }
}

impl Call<()> {
    /// Creates a call whose response is ignored. The body must be empty or JSON: any other body does not come from the
    /// API, but for example from a proxy.
    pub fn empty(request: Request) -> Self {
        Self::new(request, Form::Empty, Reply::nothing)
    }
}

impl Call<String> {
    /// Creates a call whose response is text, such as a CSV export.
    pub fn text(request: Request) -> Self {
        Self::new(request, Form::Text, Reply::text)
    }
}

impl Call<Bytes> {
    /// Creates a call whose response is text, and returns its bytes.
    pub fn bytes(request: Request) -> Self {
        Self::new(request, Form::Text, Reply::bytes)
    }
}

impl Call<ByteStream> {
    /// Creates a call whose response is text, and returns it as a stream.
    pub fn stream(request: Request) -> Self {
        Self::new(request, Form::Stream, Reply::stream)
    }
}

impl<T> Call<T> {
    pub(in crate::client) fn new(
        request: Request,
        form: Form,
        read: fn(&mut Reply) -> Result<T, Error>,
    ) -> Self {
        Self {
            operation: request.operation,
            reply: execute(request, form),
            read,
        }
    }

    /// Polls for the result. Also returns the reply from which it was decoded.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(T, Reply), Error>> {
        let mut reply = ready!(self.reply.as_mut().poll(context))?;
        let value = (self.read)(&mut reply).inspect_err(|error| reply.span.failed(error))?;
        Poll::Ready(Ok((value, reply)))
    }

    /// Returns a call that also returns the status and headers of the response.
    pub fn with_response(self) -> ResponseCall<T> {
        ResponseCall(self)
    }

    /// Blocks the current thread until the result is available. No async runtime is needed.
    ///
    /// # Errors
    /// Those of the call, and [`Error::InvalidRequest`] on a thread of an async runtime. That includes threads of
    /// `spawn_blocking`. There, await the call instead, or call this method on a thread that `std::thread` started.
    #[cfg(feature = "blocking")]
    pub fn wait(self) -> Result<T, Error> {
        blocking::wait(self.operation, self)
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (value, _) = ready!(self.get_mut().poll_read(context))?;
        Poll::Ready(Ok(value))
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation.id)
            .finish_non_exhaustive()
    }
}

/// A [`Call`] that also returns the status and headers of the response.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Debug)]
pub struct ResponseCall<T>(Call<T>);

impl<T> Future for ResponseCall<T> {
    type Output = Result<Response<T>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (value, reply) = ready!(self.get_mut().0.poll_read(context))?;
        Poll::Ready(Ok(Response::new(value, reply.status, reply.headers)))
    }
}
