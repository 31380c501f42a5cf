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

/// A request that is sent when the call is awaited. Resolves to a `T`.
///
/// Dropping it cancels the request. The server may process it nevertheless.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    operation: &'static Operation,
    reply: BoxFuture<'static, Result<Reply, Error>>,
    read: fn(&mut Reply) -> Result<T, Error>,
}

impl<T: Decode> Call<T> {
    /// Expects JSON.
    pub fn json(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::json)
    }
}

impl<T: Decode> Call<Option<T>> {
    /// Expects JSON or no content: an empty body, null, or the status 202, which means that the resource does not exist
    /// yet.
    pub fn optional(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::optional)
    }
}

impl Call<()> {
    /// Expects success, without a body or with JSON, which is ignored. Any other body is not from the API, such as the
    /// page of a proxy.
    pub fn empty(request: Request) -> Self {
        Self::new(request, Form::Empty, Reply::nothing)
    }
}

impl Call<String> {
    /// Expects text, such as the response to an export.
    pub fn text(request: Request) -> Self {
        Self::new(request, Form::Text, Reply::text)
    }
}

impl Call<Bytes> {
    /// Expects text, and returns it without decoding.
    pub fn bytes(request: Request) -> Self {
        Self::new(request, Form::Text, Reply::bytes)
    }
}

impl Call<ByteStream> {
    /// Expects text, and streams it.
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

    /// Polls for the result, together with the reply that it was decoded from.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(T, Reply), Error>> {
        let mut reply = ready!(self.reply.as_mut().poll(context))?;
        let value = (self.read)(&mut reply).inspect_err(|error| reply.span.failed(error))?;
        Poll::Ready(Ok((value, reply)))
    }

    /// Returns a call that also returns status and headers of the response.
    pub fn with_response(self) -> ResponseCall<T> {
        ResponseCall(self)
    }

    /// Blocks this thread until the result is available, without a runtime.
    ///
    /// # Errors
    /// Those of the call, and [`Error::InvalidRequest`] on a thread of an async runtime, those of `spawn_blocking` included: await
    /// the call there, or wait on a thread that `std::thread` started.
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
