//! The forms of deliveries that are no events.

use std::fmt;

use crate::codec::{Kind, Node};

/// The form in which an endpoint has its events delivered, where that is not `raw`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A message for a channel of Discord.
    Discord,
    /// A message for a channel of Slack.
    Slack,
}

impl Format {
    /// Events have a type, messages have not.
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
