//! Errors of transports.

use std::error::Error;
use std::fmt;

use super::shown::Chain;

/// The error of a request without a response.
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

/// How far a request without a response got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// Not sent: no connection was established, or it was closed before anything was written to it.
    Connect,
    /// Not sent: the deadline elapsed while it waited for the rate limit or for the token.
    NotSent,
    /// Timed out. The server may have acted on it.
    Timeout,
    /// The connection broke. The server may have acted on it.
    Interrupted,
    /// The transport does not work here, or does not behave as it must. Nothing was sent, unless the call was moved to
    /// another runtime midway, or the transport followed a redirect. Calls fail with
    /// [`Error::Configuration`](crate::Error::Configuration).
    Unavailable,
}

impl TransportError {
    /// Creates an error with its cause. The cause is shown to users, so it must not contain the request.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// Describes the cause, with its sources.
    pub(crate) fn reason(&self) -> String {
        let causes = std::iter::successors(self.source(), |cause| (*cause).source());
        let texts: Vec<String> = causes.map(ToString::to_string).collect();
        texts.join(": ")
    }

    /// Returns how far the request got.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Creates the error of a future that needs a tokio runtime and is polled without one.
    pub(crate) fn no_runtime() -> Self {
        const REASON: &str = "no tokio runtime is available";
        Self::new(TransportErrorKind::Unavailable, REASON)
    }

    /// Adjusts the kind after the head of a response has arrived: the request was sent, whatever the transport reports.
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
            TransportErrorKind::NotSent => "not sent before the deadline",
            TransportErrorKind::Timeout => "timed out without a response",
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
