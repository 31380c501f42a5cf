//! Bodies of responses.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::TransportError;

/// The body of a response: bytes that are there, or a stream of bytes still to come.
///
/// Made from bytes or text with `into()`, from a stream with [`Body::stream`].
pub struct Body(Content);

enum Content {
    Full(Bytes),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>),
}

/// Why a body was not read to its end.
pub(crate) enum Unread {
    /// There is more than the limit.
    TooLarge,
    /// It broke off.
    Broken(TransportError),
}

impl Body {
    /// A body that arrives piece by piece. It ends with the stream, or with the stream's first error.
    pub fn stream(
        stream: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static,
    ) -> Self {
        Self(Content::Stream(Box::pin(stream)))
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Reads the rest, up to `limit` bytes. What was read stays in `read`, also when the future is dropped.
    pub(crate) async fn read(mut self, limit: usize, read: &mut Pieces) -> Result<(), Unread> {
        while let Some(piece) = self.next().await {
            let mut piece = piece.map_err(Unread::Broken)?;
            let room = limit - read.len;
            let too_large = piece.len() > room;
            piece.truncate(room);
            read.push(piece);
            if too_large {
                return Err(Unread::TooLarge);
            }
        }
        Ok(())
    }
}

/// The pieces of a body so far.
#[derive(Default)]
pub(crate) struct Pieces {
    pieces: Vec<Bytes>,
    len: usize,
}

impl Pieces {
    fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        self.pieces.push(piece);
    }

    /// All of them as one. Most bodies are one piece, which is not copied.
    pub(crate) fn join(mut self) -> Bytes {
        match self.pieces.len() {
            0 | 1 => self.pieces.pop().unwrap_or_default(),
            _ => self.pieces.concat().into(),
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
                // A stream that ended or failed is not asked again, and its connection is let go.
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
