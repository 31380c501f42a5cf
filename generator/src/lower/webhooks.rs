//! Converts webhooks to events. Checks that the `type` of each payload is the name of its webhook.

use super::Lowering;
use super::draft::DraftWebhook;
use crate::ir::{Constant, Field, Presence, Shape, Type, TypeId, Webhook};
use crate::names;

/// Returns the webhooks. Must be called when the types of their payloads are defined.
pub(super) fn collect(cx: &mut Lowering<'_, '_>, drafts: &[DraftWebhook]) -> Vec<Webhook> {
    let mut webhooks = Vec::new();
    for draft in drafts {
        match payload(cx, draft) {
            Some(payload) => webhooks.push(Webhook {
                name: names::variant("Event", &draft.name),
                payload,
                at: draft.at.clone(),
            }),
            None => cx.problem(
                &draft.at,
                format!(
                    "the payload of a webhook needs a property `type` that is always its name, `{}`",
                    draft.name
                ),
            ),
        }
    }
    webhooks
}

fn payload(cx: &Lowering<'_, '_>, draft: &DraftWebhook) -> Option<TypeId> {
    let Type::Named(id) = draft.payload else {
        return None;
    };
    let Shape::Struct(object) = &cx.types[id.0].shape else {
        return None;
    };
    let is_name = |field: &Field| match &field.ty {
        Type::Const(Constant::String(text)) => *text == draft.name,
        _ => false,
    };
    object
        .fields
        .iter()
        .any(|field| {
            field.name.wire == "type" && field.presence == Presence::Required && is_name(field)
        })
        .then_some(id)
}
