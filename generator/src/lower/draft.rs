//! Operations and webhooks while their types are not filled in.

use crate::ir::{Operation, Type, TypeId};

/// Operations and webhooks before their types are filled in.
pub(super) struct Draft {
    pub(super) operations: Vec<DraftOperation>,
    pub(super) webhooks: Vec<DraftWebhook>,
}

pub(super) struct DraftOperation {
    /// Segments of the operation id without the last one.
    pub(super) group: Vec<String>,
    pub(super) operation: Operation,
    /// What the response is a list of, if the contract marks it as paged.
    pub(super) paged_item: Option<Type>,
    /// Types of the documented errors, by status.
    pub(super) errors: Vec<(u16, TypeId)>,
}

pub(super) struct DraftWebhook {
    pub(super) name: String,
    pub(super) payload: Type,
    /// JSON pointer of the payload's schema.
    pub(super) at: String,
}
