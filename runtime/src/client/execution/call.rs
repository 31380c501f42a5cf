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

/// A request that is sent when the call is awaited, and whose response becomes a `T`.
///
/// Dropping it gives the request up. The server may act on it nevertheless.
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
    /// Expects JSON, or nothing: an empty body, null, or the status 202, which says that there is nothing yet.
    pub fn optional(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::optional)
    }
}

impl Call<()> {
    /// Expects success, without a body or with one in JSON that does not matter. Anything else is not the API's word: the
    /// page of a proxy, for instance.
    pub fn empty(request: Request) -> Self {
        Self::new(request, Form::Empty, Reply::nothing)
    }
}

impl Call<String> {
    /// Expects text, as in responses to exports.
    pub fn text(request: Request) -> Self {
        Self::new(request, Form::Text, Reply::text)
    }
}

impl Call<Bytes> {
    /// Expects text, and leaves it as it is.
    pub fn bytes(request: Request) -> Self {
        Self::new(request, Form::Text, Reply::bytes)
    }
}

impl Call<ByteStream> {
    /// Expects text, and gives it as it arrives.
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
            reply: Box::pin(execute(request, form)),
            read,
        }
    }

    /// The result, and the reply from which it was read.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(T, Reply), Error>> {
        let mut reply = ready!(self.reply.as_mut().poll(context))?;
        let value = (self.read)(&mut reply).inspect_err(|error| reply.span.failed(error))?;
        Poll::Ready(Ok((value, reply)))
    }

    /// The same call, giving the status and headers of the response too.
    pub fn with_response(self) -> ResponseCall<T> {
        ResponseCall(self)
    }

    /// Waits for the result on this thread, without a runtime.
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

/// A [`Call`] that gives the status and headers of the response too.
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
