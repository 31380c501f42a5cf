//! Blocking iterators over lists and chunks.

use std::fmt;
use std::pin::Pin;

use futures_core::Stream;

use super::runtime::run;
use crate::Error;
use crate::client::operation::Operation;

/// A blocking iterator over the items or pages of a list, the rows of an export, or the chunks of a body. Inside an
/// async task, it returns an error.
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Blocking<S> {
    operation: &'static Operation,
    /// `None` after the end.
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
