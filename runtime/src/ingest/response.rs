//! The response to a request with event types that are not generated: those of metering and of the outbox.

use super::event::Counts;
use crate::codec::{Decode, Node};

/// The response to a batch of events: how many were new, and how many were duplicates.
#[derive(Clone, Copy, Debug)]
pub struct IngestResponse(Counts);

impl IngestResponse {
    pub(crate) fn counts(self) -> Counts {
        self.0
    }
}

impl Decode for IngestResponse {
    fn decode(node: Node<'_, '_>) -> Self {
        let accepted = node.member("inserted");
        let duplicates: Option<i64> = node.member("duplicates");
        Self(Counts {
            accepted,
            duplicates: duplicates.unwrap_or(0),
        })
    }
}
