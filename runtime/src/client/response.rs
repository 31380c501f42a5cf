//! What calls give: a value with its response, or a body as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode};

#[cfg(feature = "blocking")]
use super::Blocking;
use super::Operation;
use crate::Error;
use crate::checksum::Check;
use crate::error::{Headers, StorageError};
use crate::transport::{Body, Clock, End, TransportError, TransportErrorKind};

/// The result of a call together with the status and headers of the response.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
}

impl<T> Response<T> {
    pub(super) fn new(value: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            value,
            status,
            headers,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The result.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The result alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// Shows no result: texts are whole exports.
impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &Headers(&self.headers))
            .finish_non_exhaustive()
    }
}

/// A body that is read piece by piece, while it arrives.
///
/// An error ends it. So does a pause between two pieces that is longer than the call's attempt timeout. Dropping it closes
/// the connection.
pub struct ByteStream {
    operation: &'static Operation,
    body: Body,
    pause: Option<Pause>,
    check: Option<Check>,
}

/// How long to wait for a piece, and the end of the wait for the next one.
struct Pause {
    clock: Clock,
    longest: Duration,
    end: Option<End>,
}

impl ByteStream {
    pub(super) fn new(
        operation: &'static Operation,
        body: Body,
        clock: Option<Clock>,
        longest: Duration,
    ) -> Self {
        let pause = clock.map(|clock| Pause {
            clock,
            longest,
            end: None,
        });
        Self {
            operation,
            body,
            pause,
            check: None,
        }
    }

    /// What it is the answer to.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation.id
    }

    /// The same stream, ending with an error if the bytes are not the expected ones.
    pub(crate) fn checked(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The pieces, waited for on this thread.
    #[cfg(feature = "blocking")]
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation, self)
    }

    /// Holds a piece, or the end, against what is expected.
    fn check(&mut self, piece: Option<&Bytes>) -> Result<(), Error> {
        let Some(check) = &mut self.check else {
            return Ok(());
        };
        let result = match piece {
            Some(piece) => check.update(piece),
            None => self.check.take().map_or(Ok(()), Check::finish),
        };
        result.map_err(|reason| {
            self.body = Body::default();
            self.check = None;
            let error = StorageError::mismatch(self.operation.id, StatusCode::OK, reason);
            Error::storage_error(error)
        })
    }

    /// Ends the stream.
    fn fail(&mut self, error: TransportError) -> Poll<Option<Result<Bytes, Error>>> {
        self.body = Body::default();
        self.pause = None;
        self.check = None;
        let error = Error::transport(self.operation.id, error.after_head());
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = self.get_mut();
        match Pin::new(&mut stream.body).poll_next(context) {
            Poll::Ready(Some(Err(error))) => return stream.fail(error),
            Poll::Ready(piece) => {
                if let Some(pause) = &mut stream.pause {
                    pause.end = None;
                }
                let piece = piece.and_then(Result::ok);
                let checked = stream.check(piece.as_ref());
                return Poll::Ready(match checked {
                    Ok(()) => piece.map(Ok),
                    Err(error) => Some(Err(error)),
                });
            }
            Poll::Pending => {}
        }
        let Some(Pause {
            clock,
            longest,
            end,
        }) = &mut stream.pause
        else {
            return Poll::Pending;
        };
        if !clock.is_at_hand() {
            return stream.fail(TransportError::no_runtime());
        }
        let end = end.get_or_insert_with(|| End::after(clock, *longest));
        match end.poll(clock, context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                const REASON: &str = "the body paused for too long";
                stream.fail(TransportError::new(TransportErrorKind::Timeout, REASON))
            }
        }
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream")
            .field("operation", &self.operation.id)
            .finish_non_exhaustive()
    }
}
