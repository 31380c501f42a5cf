//! Why a transport has no response.

use std::error::Error;
use std::fmt;

use super::shown::Chain;

/// Why there is no response.
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

/// How far a request without a response came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// It was not sent: there was no connection to the server, or it was closed before anything was written to it.
    Connect,
    /// It was not sent: its time was over before its turn came, or its token.
    NotSent,
    /// It took too long. The server may have acted on it.
    Timeout,
    /// The connection broke. The server may have acted on it.
    Interrupted,
    /// The transport does not work here, or not as it must. Nothing was sent, unless the call was taken off its runtime
    /// midway, or the transport followed a redirect. Calls end with [`Error::Configuration`](crate::Error::Configuration).
    Unavailable,
}

impl TransportError {
    /// An error with its cause. The cause is shown, so it must not show the request.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// What happened, in the words of the cause and of what is behind it.
    pub(crate) fn reason(&self) -> String {
        let causes = std::iter::successors(self.source(), |cause| (*cause).source());
        let texts: Vec<String> = causes.map(ToString::to_string).collect();
        texts.join(": ")
    }

    /// How far the request came.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// What was begun on a tokio runtime is polled where there is none.
    pub(crate) fn no_runtime() -> Self {
        const REASON: &str = "this needs a tokio runtime, and there is none here";
        Self::new(TransportErrorKind::Unavailable, REASON)
    }

    /// The same, when the head of a response has arrived: the request was sent, whatever the transport says.
    pub(crate) fn after_head(mut self) -> Self {
        if let TransportErrorKind::Connect | TransportErrorKind::NotSent = self.kind {
            self.kind = TransportErrorKind::Interrupted;
        }
        self
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "no connection to the server",
            TransportErrorKind::NotSent => "not sent in time",
            TransportErrorKind::Timeout => "no response in time",
            TransportErrorKind::Interrupted => "the connection broke",
            TransportErrorKind::Unavailable => "cannot send requests",
        })
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("source", &Chain(&*self.source))
            .finish()
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
