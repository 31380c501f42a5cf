//! Decoded rows of exports.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::records::Records;
use crate::Error;
#[cfg(feature = "blocking")]
use crate::client::blocking::Blocking;
use crate::client::requests::Request;
use crate::codec::Decode;

/// The decoded rows of a CSV export with its default columns. For other columns, use [`Records`].
///
/// A [`Stream`] that also has the methods [`next`](Self::next) and [`try_next`](Self::try_next), so no other crate is
/// needed.
///
/// A row that cannot be decoded is returned as [`Error::Export`], which names the row and column; then the stream
/// continues. Any other error ends the stream.
#[must_use = "a stream does nothing until it is polled"]
pub struct Rows<R> {
    records: Records,
    row: PhantomData<fn() -> R>,
}

impl<R: Decode> Rows<R> {
    /// Creates a stream of the rows of an export request. For generated code.
    pub fn new(request: Request) -> Self {
        Self {
            records: Records::new(request),
            row: PhantomData,
        }
    }

    /// Returns the next row; `None` after the last one. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<R, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the next row; `None` after the last one. Cancel safe.
    ///
    /// # Errors
    /// Errors of the call, and [`Error::Export`] for an invalid row.
    pub async fn try_next(&mut self) -> Result<Option<R>, Error> {
        self.next().await.transpose()
    }

    /// Returns a blocking iterator over the rows.
    #[cfg(feature = "blocking")]
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.records.operation(), self)
    }
}

impl<R: Decode> Stream for Rows<R> {
    type Item = Result<R, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let record = Pin::new(&mut self.get_mut().records).poll_next(context);
        record.map(|record| Some(record?.and_then(|record| record.read())))
    }
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("records", &self.records)
            .finish()
    }
}
