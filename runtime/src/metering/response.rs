//! The response to a batch of events.

use crate::codec::{Decode, Node};
use crate::ingest::Counts;

/// The counts of the response to a batch.
#[derive(Clone, Copy, Debug)]
pub struct IngestResponse(pub(super) Counts);

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
