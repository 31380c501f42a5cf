//! Errors of transports.

use std::error::Error;
use std::fmt;

use super::shown::Chain;

/// The error of a request that got no response.
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was established, or it was closed before anything was written to it. Nothing was sent.
    Connect,
    /// The timeout elapsed while the request waited for the rate limit or for the token. Nothing was sent.
    NotSent,
    /// The response did not arrive within the timeout. The server may have processed the request.
    Timeout,
    /// The connection broke. The server may have processed the request.
    Interrupted,
    /// The transport does not work in this environment, or violates the contract of
    /// [`Transport`](crate::transport::Transport). Calls fail with
    /// [`Error::Configuration`](crate::Error::Configuration).
    ///
    /// Usually nothing was sent. A request may have been sent if the call was moved to another runtime while it was in
    /// progress, or if the transport followed a redirect.
    Unavailable,
}

impl TransportError {
    /// Creates an error with its cause. The cause is shown in error messages, so it must not contain data of the
    /// request.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// Describes the cause, including its sources.
    pub(crate) fn reason(&self) -> String {
        let causes = std::iter::successors(self.source(), |cause| (*cause).source());
        let texts: Vec<String> = causes.map(ToString::to_string).collect();
        texts.join(": ")
    }

    /// Returns how far the request got before it failed.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Creates the error of a future that needs a tokio runtime and is polled without one.
    pub(crate) fn no_runtime() -> Self {
        const REASON: &str = "no tokio runtime is available";
        Self::new(TransportErrorKind::Unavailable, REASON)
    }

    /// Changes the kind for an error after the response headers arrived. The request was sent then, whatever the
    /// transport reports.
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
