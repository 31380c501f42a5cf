//! `ByteCounter`: tracks numbers of bytes.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::ingest::NotQueued;
use crate::metering::event::UsageEvent;
use crate::metering::metadata::MetadataValue;
use crate::metering::track::Track;

/// Counts the bytes of a reader, stream or HTTP body, and tracks an event with their number when it is dropped or
/// [finished](Self::finish).
///
/// It wraps an `AsyncRead` of tokio (feature `tokio`), a `Stream` of chunks or an `http_body::Body`, and implements the
/// same trait. The wrapped value must be `Unpin`: pin others with `Box::pin`.
///
/// The event has the metadata entry `bytes`, which may be 0. If the counter is dropped, errors are handled as described
/// at [`UsageTimer`](super::UsageTimer). Returned by
/// [`CustomerMetering::count_bytes`](crate::metering::CustomerMetering::count_bytes).
#[derive(Debug)]
pub struct ByteCounter<T> {
    inner: T,
    count: Count,
}

/// Implements `Drop`. A separate type, so that `finish` can move the wrapped value out of `ByteCounter`.
#[derive(Debug)]
struct Count {
    track: Option<Track>,
    bytes: i64,
}

impl<T> ByteCounter<T> {
    pub(in crate::metering) fn new(track: Track, inner: T) -> Self {
        let track = Some(track);
        Self {
            inner,
            count: Count { track, bytes: 0 },
        }
    }

    /// Sets an entry of the event's metadata.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        let track = self.count.track.take();
        self.count.track = track.map(|track| track.metadata(key, value));
        self
    }

    /// Returns the number of bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        u64::try_from(self.count.bytes).unwrap_or(0)
    }

    /// Tracks the event, and returns the wrapped value. Waits while the queue is full.
    ///
    /// # Errors
    /// Those of [`Metering::track`](crate::metering::Metering::track).
    pub async fn finish(mut self) -> Result<T, NotQueued<UsageEvent>> {
        if let Some(track) = self.count.take() {
            track.send().await?;
        }
        Ok(self.inner)
    }
}

impl Count {
    fn add(&mut self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn take(&mut self) -> Option<Track> {
        Some(self.track.take()?.metadata("bytes", self.bytes))
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        if let Some(track) = self.take() {
            track.send_now();
        }
    }
}

impl<S, B, E> Stream for ByteCounter<S>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    type Item = Result<B, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let poll = Pin::new(&mut self.inner).poll_next(context);
        if let Poll::Ready(Some(Ok(chunk))) = &poll {
            self.count.add(chunk.as_ref().len());
        }
        poll
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<B: http_body::Body + Unpin> http_body::Body for ByteCounter<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<B::Data>, B::Error>>> {
        let poll = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &poll
            && let Some(data) = frame.data_ref()
        {
            self.count.add(bytes::Buf::remaining(data));
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(feature = "tokio")]
impl<R: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for ByteCounter<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.count.add(buffer.filled().len().saturating_sub(before));
        poll
    }
}
