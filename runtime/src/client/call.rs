//! Calls: requests on their way.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::execute::{Reply, execute};
use super::request::Request;
use crate::Error;
use crate::codec::{self, Decode};
use crate::transport::BoxFuture;

/// A request that is sent when the call is awaited, and whose response becomes a `T`.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    reply: BoxFuture<'static, Result<Reply, Error>>,
    read: fn(&Reply) -> Result<T, Error>,
}

impl<T: Decode> Call<T> {
    /// Expects JSON.
    pub fn json(request: Request) -> Self {
        Self::new(request, "application/json", read_json)
    }
}

impl<T: Decode> Call<Option<T>> {
    /// Expects JSON, or nothing: an empty body, or the status 202, which says that there is nothing yet.
    pub fn optional(request: Request) -> Self {
        Self::new(request, "application/json", |reply| {
            match reply.is_empty() {
                true => Ok(None),
                false => read_json(reply).map(Some),
            }
        })
    }
}

impl Call<()> {
    /// Expects success and ignores the body.
    pub fn empty(request: Request) -> Self {
        Self::new(request, "application/json", |_| Ok(()))
    }
}

impl Call<String> {
    /// Expects text, as the exports answer it.
    pub fn text(request: Request) -> Self {
        Self::new(request, "text/csv, */*;q=0.1", Reply::text)
    }
}

impl<T> Call<T> {
    fn new(request: Request, accept: &'static str, read: fn(&Reply) -> Result<T, Error>) -> Self {
        Self {
            reply: Box::pin(execute(request, accept)),
            read,
        }
    }
}

fn read_json<T: Decode>(reply: &Reply) -> Result<T, Error> {
    codec::from_slice(reply.body()).map_err(|error| reply.undecodable(error))
}

impl<T> Future for Call<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.get_mut();
        call.reply
            .as_mut()
            .poll(context)
            .map(|reply| (call.read)(&reply?))
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}
