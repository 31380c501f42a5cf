//! Operations and webhooks while their types are declared, but not yet defined.

use crate::ir::{Operation, Type, TypeId};

/// The operations and webhooks of a document while their types are declared, but not yet defined.
pub(super) struct Draft {
    pub(super) operations: Vec<DraftOperation>,
    pub(super) webhooks: Vec<DraftWebhook>,
}

pub(super) struct DraftOperation {
    /// The path of the service: the segments of the operation ID except for the last.
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
