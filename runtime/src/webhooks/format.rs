//! `Format`: the formats of deliveries that contain chat messages.

use std::fmt;

use crate::codec::{Kind, Node};

/// The format of a webhook endpoint that delivers chat messages instead of events (`raw`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Messages for a Discord channel.
    Discord,
    /// Messages for a Slack channel.
    Slack,
}

impl Format {
    /// Returns the chat format of a body. Returns `None` for an event, which has the property `type`.
    pub(super) fn of(body: Node<'_, '_>) -> Option<Self> {
        if body.kind() != Kind::Object || body.has_key(&["type"]) {
            return None;
        }
        let keys = [("embeds", Self::Discord), ("blocks", Self::Slack)];
        let mut found = keys.into_iter().filter(|(key, _)| body.has_key(&[key]));
        found.next().map(|(_, format)| format)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Discord => "Discord",
            Self::Slack => "Slack",
        })
    }
}
