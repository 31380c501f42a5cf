//! Response bodies.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::error::TransportError;

/// The body of a response: bytes in memory, or a stream of chunks.
///
/// Bytes and strings convert with `into()`. For a stream, use [`Body::stream`].
pub struct Body(Content);

enum Content {
    Full(Bytes),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>),
}

/// The reason why a body was not read completely.
pub(crate) enum ReadError {
    /// The body exceeds the limit.
    TooLarge,
    /// The connection broke.
    Broken(TransportError),
}

impl Body {
    /// Creates a body from a stream of chunks. The body ends after the first error of the stream.
    pub fn stream(
        stream: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static,
    ) -> Self {
        Self(Content::Stream(Box::pin(stream)))
    }

    /// Returns the next chunk; `None` at the end of the body.
    pub async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Reads the rest of the body into `read`, up to `limit` bytes. If the future is dropped, `read` keeps the chunks
    /// that have arrived.
    pub(crate) async fn read(mut self, limit: usize, read: &mut Chunks) -> Result<(), ReadError> {
        while let Some(chunk) = self.next().await {
            let mut chunk = chunk.map_err(ReadError::Broken)?;
            let room = limit - read.len;
            let too_large = chunk.len() > room;
            chunk.truncate(room);
            read.push(chunk);
            if too_large {
                return Err(ReadError::TooLarge);
            }
        }
        Ok(())
    }
}

/// The chunks of a body that have arrived.
///
/// The chunks take little more memory than the body has bytes, however the body is divided, and twice as much while
/// they are joined. Small chunks are copied into larger ones, because each chunk has an overhead of 32 bytes and may
/// keep a whole read buffer alive. Chunks of at least [`SMALL`](Self::SMALL) bytes are not copied, and may share a
/// larger buffer. Tests measure the memory without such shared buffers.
#[derive(Default)]
pub(crate) struct Chunks {
    chunks: Vec<Bytes>,
    /// The bytes of small chunks that arrived after `chunks`.
    small: Vec<u8>,
    len: usize,
}

impl Chunks {
    /// Chunks with fewer bytes are copied.
    const SMALL: usize = 2048;

    /// The size at which the buffer of small chunks becomes a chunk.
    const SMALL_BUFFER: usize = 16 * 1024;

    fn push(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        self.len += chunk.len();
        // The body of most responses is a single chunk, which is not copied.
        if chunk.len() >= Self::SMALL || self.len == chunk.len() {
            self.flush();
            self.chunks.push(chunk);
            return;
        }
        self.small.extend_from_slice(&chunk);
        if self.small.len() >= Self::SMALL_BUFFER {
            self.flush();
        }
    }

    /// Appends the buffer of small chunks to `chunks`.
    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.chunks.push(Bytes::copy_from_slice(&self.small));
            self.small.clear();
        }
    }

    /// Joins all chunks. A single chunk is not copied.
    pub(crate) fn join(mut self) -> Bytes {
        self.flush();
        match self.chunks.len() {
            0 | 1 => self.chunks.pop().unwrap_or_default(),
            _ => self.chunks.concat().into(),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Bytes::new().into()
    }
}

macro_rules! from_bytes {
    ($($from:ty),+) => {
        $(impl From<$from> for Body {
            fn from(bytes: $from) -> Self {
                Self(Content::Full(bytes.into()))
            }
        })+
    };
}

from_bytes!(Bytes, Vec<u8>, String, &'static [u8], &'static str);

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = self.get_mut();
        match &mut body.0 {
            Content::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Full(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Content::Stream(stream) => {
                let next = stream.as_mut().poll_next(context);
                // A stream must not be polled after its end or an error. Dropping it releases the connection.
                if matches!(next, Poll::Ready(None | Some(Err(_)))) {
                    *body = Self::default();
                }
                next
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Content::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the memory that chunks take, without buffers that they share.
    fn taken(chunks: &Chunks) -> usize {
        let contents: usize = chunks.chunks.iter().map(Bytes::len).sum();
        contents + chunks.chunks.capacity() * size_of::<Bytes>() + chunks.small.capacity()
    }

    #[test]
    fn chunks_of_any_size_take_little_more_than_their_bytes() {
        const LEN: usize = 1 << 20;
        let body: Bytes = (0..LEN)
            .map(|index| u8::try_from(index % 251).unwrap_or_default())
            .collect();
        for sizes in [
            &[1][..],
            &[7],
            &[2047],
            &[2048],
            &[1, 2048],
            &[2047, 2048],
            &[LEN],
        ] {
            let (mut chunks, mut rest, mut peak) = (Chunks::default(), body.clone(), 0);
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                chunks.push(rest.split_to(rest.len().min(*size)));
                peak = peak.max(taken(&chunks));
            }
            assert!(peak <= LEN + LEN / 8, "{sizes:?}: {peak}");
            assert_eq!(chunks.join(), body, "{sizes:?}");
        }
    }

    #[test]
    fn one_chunk_is_not_copied() {
        let body = Bytes::from_static(b"small");
        let mut chunks = Chunks::default();
        chunks.push(Bytes::new());
        chunks.push(body.clone());
        assert_eq!(chunks.join().as_ptr(), body.as_ptr());
    }
}
