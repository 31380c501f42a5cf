//! Minimal events.

#![allow(unreachable_pub, reason = "each test is a crate of its own")]

use polar_client_runtime::codec::{Decode, Node};
use polar_client_runtime::types::JsonObject;
use polar_client_runtime::webhooks::VersionedEvent;

/// An event with arbitrary content.
#[derive(Clone, Debug, PartialEq)]
pub struct Event(pub JsonObject);

impl Decode for Event {
    fn decode(node: Node<'_, '_>) -> Self {
        Self(JsonObject::decode(node))
    }
}

impl VersionedEvent for Event {
    const VERSIONS: &'static [&'static str] = &["2026-10"];

    fn event_type(&self) -> &str {
        self.0
            .get("type")
            .and_then(|r#type| r#type.as_str())
            .unwrap_or_default()
    }
}
