//! The response to a batch of events whose types are not generated.

use super::event::Counts;
use crate::codec::{Decode, Node};

/// The counts of the response to a batch.
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
