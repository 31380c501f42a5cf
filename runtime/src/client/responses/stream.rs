//! Response bodies as streams.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use crate::Error;
#[cfg(feature = "blocking")]
use crate::client::blocking::Blocking;
use crate::client::operation::Operation;
use crate::transport::{Body, Clock, Deadline, TransportError, TransportErrorKind};

/// A response body as a stream of chunks.
///
/// The stream ends with the first error. It fails if no chunk arrives within the attempt timeout of the call, or if the
/// body is not complete within the [stream timeout](crate::client::CallOptions::stream_timeout). Dropping the stream
/// closes the connection.
pub struct ByteStream {
    operation: &'static Operation,
    body: Body,
    timeouts: Option<Timeouts>,
    inspection: Option<Box<dyn Inspect>>,
}

/// The deadlines of a stream.
struct Timeouts {
    clock: Clock,
    longest_pause: Duration,
    /// The deadline for the next chunk.
    pause: Option<Deadline>,
    /// The deadline for the complete body.
    total: Deadline,
}

/// Inspects the chunks of a stream. Can end the stream with an error.
pub(crate) trait Inspect: Send {
    /// Inspects the next chunk.
    fn chunk(&mut self, chunk: &Bytes) -> Result<(), Error>;

    /// Is called when the body is complete.
    fn end(&mut self) -> Result<(), Error>;
}

impl ByteStream {
    /// Creates a stream with timeouts: the maximum time between two chunks, and the maximum time for the complete body.
    pub(in crate::client) fn new(
        operation: &'static Operation,
        body: Body,
        clock: Option<Clock>,
        longest_pause: Duration,
        total: Duration,
    ) -> Self {
        let timeouts = clock.map(|clock| Timeouts {
            total: Deadline::after(&clock, total),
            clock,
            longest_pause,
            pause: None,
        });
        Self {
            operation,
            body,
            timeouts,
            inspection: None,
        }
    }

    /// Returns the ID of the operation of the response.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation.id
    }

    /// Adds an inspection of all chunks.
    pub(crate) fn inspected(mut self, inspection: impl Inspect + 'static) -> Self {
        self.inspection = Some(Box::new(inspection));
        self
    }

    /// Returns the next chunk; `None` at the end of the body.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns a blocking iterator over the chunks.
    #[cfg(feature = "blocking")]
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation, self)
    }

    /// Inspects the next chunk, or the end of the body (`None`).
    fn inspect(&mut self, chunk: Option<&Bytes>) -> Result<(), Error> {
        let Some(inspection) = &mut self.inspection else {
            return Ok(());
        };
        let result = match chunk {
            Some(chunk) => inspection.chunk(chunk),
            None => inspection.end(),
        };
        if result.is_err() {
            self.close();
        }
        result
    }

    /// Ends the stream.
    fn close(&mut self) {
        self.body = Body::default();
        self.timeouts = None;
        self.inspection = None;
    }

    /// Ends the stream with an error.
    fn fail(&mut self, error: TransportError) -> Poll<Option<Result<Bytes, Error>>> {
        self.close();
        let error = Error::transport(self.operation.id, error.after_head());
        Poll::Ready(Some(Err(error)))
    }
}

impl Timeouts {
    /// Returns `Ready` with an error if a deadline has elapsed.
    fn poll(&mut self, is_waiting: bool, context: &mut Context<'_>) -> Poll<TransportError> {
        const PAUSE: &str = "the body paused for too long";
        const TOTAL: &str = "the body was not complete before the deadline";
        let Self {
            clock,
            longest_pause,
            pause,
            total,
        } = self;
        if !clock.is_available() {
            return Poll::Ready(TransportError::no_runtime());
        }
        let late = |reason| TransportError::new(TransportErrorKind::Timeout, reason);
        if total.poll(clock, context).is_ready() {
            return Poll::Ready(late(TOTAL));
        }
        if !is_waiting {
            *pause = None;
            return Poll::Pending;
        }
        let pause = pause.get_or_insert_with(|| Deadline::after(clock, *longest_pause));
        pause.poll(clock, context).map(|()| late(PAUSE))
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = self.get_mut();
        let chunk = match Pin::new(&mut stream.body).poll_next(context) {
            Poll::Ready(Some(Err(error))) => return stream.fail(error),
            Poll::Ready(chunk) => Poll::Ready(chunk.and_then(Result::ok)),
            Poll::Pending => Poll::Pending,
        };
        // An elapsed deadline does not matter if the body is complete.
        if !matches!(chunk, Poll::Ready(None))
            && let Some(timeouts) = &mut stream.timeouts
            && let Poll::Ready(error) = timeouts.poll(chunk.is_pending(), context)
        {
            return stream.fail(error);
        }
        let chunk = ready!(chunk);
        if let Err(error) = stream.inspect(chunk.as_ref()) {
            return Poll::Ready(Some(Err(error)));
        }
        if chunk.is_none() {
            stream.close();
        }
        Poll::Ready(chunk.map(Ok))
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream")
            .field("operation", &self.operation.id)
            .finish_non_exhaustive()
    }
}
