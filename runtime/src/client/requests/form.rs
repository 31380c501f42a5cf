//! The kind of response that a call expects.

/// The kind of content that is expected of a successful response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Form {
    /// JSON. Calls of some operations also accept an empty body.
    Json,
    /// An empty body, or JSON that is ignored.
    Empty,
    /// Text.
    Text,
    /// Text, as a stream of chunks.
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
