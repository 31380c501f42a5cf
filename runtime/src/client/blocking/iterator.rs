//! Lists, and bodies in pieces, without a runtime of one's own.

use std::fmt;
use std::pin::Pin;

use futures_core::Stream;

use super::runtime::run;
use crate::Error;
use crate::client::operation::Operation;

/// The items or pages of a list, or the pieces of a body, for a thread that blocks until they are
/// there. Inside an async task they are errors.
#[must_use = "an iterator does nothing until it is asked"]
pub struct Blocking<S> {
    operation: &'static Operation,
    /// Nothing after the end.
    stream: Option<S>,
}

impl<S> Blocking<S> {
    pub(in crate::client) fn new(operation: &'static Operation, stream: S) -> Self {
        Self {
            operation,
            stream: Some(stream),
        }
    }
}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> Iterator for Blocking<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        let next = std::future::poll_fn(|context| Pin::new(&mut *stream).poll_next(context));
        match run(self.operation, next) {
            Ok(Some(next)) => Some(next),
            Ok(None) => {
                self.stream = None;
                None
            }
            Err(error) => {
                self.stream = None;
                Some(Err(error))
            }
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Blocking<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
