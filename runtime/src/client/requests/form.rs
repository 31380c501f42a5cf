//! What a call expects in return.

/// What a call expects of a success.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Form {
    /// JSON, or nothing where the operation allows for that.
    Json,
    /// Nothing, or JSON that does not matter.
    Empty,
    /// Text.
    Text,
    /// Text, as it arrives.
    Stream,
}

impl Form {
    /// The `Accept` header.
    pub(in crate::client) fn accept(self) -> &'static str {
        match self {
            Self::Json | Self::Empty => "application/json",
            Self::Text | Self::Stream => "text/csv, */*;q=0.1",
        }
    }
}
