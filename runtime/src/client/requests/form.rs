//! The expected content of a response.

/// The expected content of a successful response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Form {
    /// JSON, or an empty body if the operation permits it.
    Json,
    /// An empty body, or JSON that is ignored.
    Empty,
    /// Text.
    Text,
    /// Text, streamed.
    Stream,
}

impl Form {
    /// Returns the `Accept` header.
    pub(in crate::client) fn accept(self) -> &'static str {
        match self {
            Self::Json | Self::Empty => "application/json",
            Self::Text | Self::Stream => "text/csv, */*;q=0.1",
        }
    }
}
