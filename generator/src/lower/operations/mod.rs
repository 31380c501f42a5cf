//! Converts the paths of a document to operations.

mod credentials;
mod errors;
mod media;
mod request;
mod responses;

use std::collections::BTreeMap;

use openapiv3::{Operation as Source, PathItem};

use super::draft::{Draft, DraftOperation, DraftWebhook};
use super::location::{Location, Node};
use super::{Lowering, renamed};
use crate::document::{self, OperationExt as _};
use crate::error::escape_pointer;
use crate::ir::{Flow, FlowKind, Lifecycle, Method, Operation, Safety};
use crate::names;

pub(super) use errors::name_errors;

pub(super) fn draft(cx: &mut Lowering<'_, '_>) -> Draft {
    let document = cx.document;
    let mut operations = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (path, item) in &document.api.paths.paths {
        let Some(item) = item.as_item() else { continue };
        for (method, source) in methods(item) {
            let at = format!(
                "/paths/{}/{}",
                escape_pointer(path),
                method.as_str().to_lowercase()
            );
            let Some(drafted) = operation(cx, path, method, source, &at) else {
                continue;
            };
            if let Some(first) = seen.insert(drafted.operation.id.clone(), at.clone()) {
                let message = format!(
                    "the operation id `{}` is already taken by {first}",
                    drafted.operation.id
                );
                cx.problem(&format!("{at}/operationId"), message);
            }
            operations.push(drafted);
        }
    }
    let webhooks = document
        .webhooks
        .iter()
        .map(|webhook| {
            let location = Location::new(&webhook.at, format!("webhook {} payload", webhook.name));
            let payload = cx.value(Node::from(&webhook.schema), &location).0;
            DraftWebhook {
                name: webhook.name.clone(),
                payload,
                at: webhook.at.clone(),
            }
        })
        .collect();
    Draft {
        operations,
        webhooks,
    }
}

fn methods(item: &PathItem) -> impl Iterator<Item = (Method, &Source)> {
    let known = [
        (Method::Get, &item.get),
        (Method::Post, &item.post),
        (Method::Put, &item.put),
        (Method::Patch, &item.patch),
        (Method::Delete, &item.delete),
    ];
    known
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn operation(
    cx: &mut Lowering<'_, '_>,
    path: &str,
    method: Method,
    source: &Source,
    at: &str,
) -> Option<DraftOperation> {
    let id = source.operation_id.clone().unwrap_or_default();
    let segments: Vec<&str> = id.split(':').collect();
    let [group @ .., last] = segments.as_slice() else {
        return None;
    };
    if group.is_empty() || segments.iter().any(|segment| segment.is_empty()) {
        cx.problem(
            &format!("{at}/operationId"),
            format!("`{id}` is not of the form `service:method`"),
        );
        return None;
    }
    let given = source.rust_name();
    let name = renamed::name(cx, last, given, names::method, at);
    let type_name = names::request_type(given.unwrap_or(last));
    let location = Location::new(at, &type_name);
    let (path_params, query) = request::parameters(cx, &id, path, source, &location);
    let body = source
        .request_body
        .as_ref()
        .and_then(|body| request::body(cx, body, &location));
    let ((success, status), errors) = responses::responses(cx, source, &location);
    let statuses = errors::statuses(source);
    let causes = errors::causes(cx, &id, &statuses);
    let (access, scopes) = credentials::accepted(cx, source, at);
    let paged_item = source.pagination().map(|pagination| {
        let location = location.below("x-polar-pagination", "item");
        cx.value(Node::from(&pagination.item), &location).0
    });
    let operation = Operation {
        docs: cx.glossary.operation(&id),
        example: cx.glossary.example(&id),
        name,
        type_name,
        id: id.clone(),
        method,
        path: path.to_owned(),
        path_params,
        query,
        body,
        success,
        status,
        errors: statuses,
        causes,
        access,
        scopes,
        paging: None,
        safety: safety(method, source),
        at_least_one_of: source.at_least_one_of(),
        flow: source.flow().map(|kind| flow(last, kind)),
        lifecycle: if source.deprecated {
            Lifecycle::Deprecated
        } else {
            Lifecycle::Active
        },
        at: at.to_owned(),
    };
    let group = group.iter().map(|&segment| segment.to_owned()).collect();
    Some(DraftOperation {
        group,
        operation,
        paged_item,
        errors,
    })
}

/// Returns the flow that starts at an operation. `last` is the last segment of the operation's ID, by which the method of
/// the flow may be named.
fn flow(last: &str, kind: document::Flow) -> Flow {
    let (name, kind) = match kind {
        document::Flow::Upload { completed_by } => {
            ("upload".to_owned(), FlowKind::Upload { completed_by })
        }
        document::Flow::Document { generated_by } => (
            format!("download_{last}"),
            FlowKind::Document { generated_by },
        ),
        document::Flow::Ingest {
            time,
            accepted,
            duplicates,
        } => (
            "ingester".to_owned(),
            FlowKind::Ingest {
                time,
                accepted,
                duplicates,
            },
        ),
        document::Flow::Download { file } => ("download".to_owned(), FlowKind::Download { file }),
        document::Flow::Metering { events } => {
            ("metering".to_owned(), FlowKind::Metering { events })
        }
        document::Flow::CheckoutRoute {} => ("axum_route".to_owned(), FlowKind::CheckoutRoute),
        document::Flow::PortalRoute {} => ("axum_route".to_owned(), FlowKind::PortalRoute),
    };
    Flow {
        name: names::method(&name),
        kind,
    }
}

/// Returns whether the operation is safe to retry. `GET` and `DELETE` operations are. A retry of any other operation may
/// perform it again, even if it looks like a query: validating a license key can count as a use of the key.
fn safety(method: Method, source: &Source) -> Safety {
    let key = source.idempotency_key();
    match method {
        Method::Get | Method::Delete => Safety::Idempotent,
        Method::Post | Method::Put | Method::Patch if key.is_empty() => Safety::NotIdempotent,
        Method::Post | Method::Put | Method::Patch => Safety::Keyed(key),
    }
}
