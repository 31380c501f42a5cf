//! Operations and webhooks with unresolved types.

use crate::ir::{Operation, Type, TypeId};

/// Operations and webhooks whose types are not resolved yet.
pub(super) struct Draft {
    pub(super) operations: Vec<DraftOperation>,
    pub(super) webhooks: Vec<DraftWebhook>,
}

pub(super) struct DraftOperation {
    /// All segments of the operation ID but the last.
    pub(super) group: Vec<String>,
    pub(super) operation: Operation,
    /// The item type, if the contract marks the response as paged.
    pub(super) paged_item: Option<Type>,
    /// The types of the documented errors, by status.
    pub(super) errors: Vec<(u16, TypeId)>,
}

pub(super) struct DraftWebhook {
    pub(super) name: String,
    pub(super) payload: Type,
    /// The JSON pointer of the payload's schema.
    pub(super) at: String,
}
