//! Reads `x-rust-name`, by which the overlay sets the Rust name of a type, field, parameter, operation or service.

use std::collections::BTreeSet;

use super::Lowering;
use crate::document::DocumentExt as _;
use crate::error::escape_pointer;
use crate::names::{self, Name};

const NO_NAME: &str =
    "expected a `snake_case` identifier, in ASCII, that neither Rust nor the client reserves";

/// Returns the name of a field, parameter or operation: the one of the overlay, or else the result of `make`.
pub(super) fn name(
    cx: &mut Lowering<'_, '_>,
    wire: &str,
    given: Option<&str>,
    make: fn(&str) -> Name,
    at: &str,
) -> Name {
    let name = given.and_then(|given| names::given(wire, given, make));
    if given.is_some() && name.is_none() {
        cx.problem(&format!("{at}/x-rust-name"), NO_NAME);
    }
    name.unwrap_or_else(|| make(wire))
}

/// Returns the name of a component.
pub(super) fn type_name(
    cx: &mut Lowering<'_, '_>,
    wire: &str,
    given: Option<&str>,
    at: &str,
) -> Name {
    let name = given.and_then(|given| names::given_type(wire, given));
    if given.is_some() && name.is_none() {
        cx.problem(
            &format!("{at}/x-rust-name"),
            "expected an `UpperCamelCase` identifier, in ASCII",
        );
    }
    name.unwrap_or_else(|| names::schema(wire))
}

/// Returns the name of the service with these segments of operation IDs.
pub(super) fn service(cx: &Lowering<'_, '_>, path: &[String]) -> Name {
    let (wire, path) = (path.last().map_or("", String::as_str), path.join(":"));
    let names = cx.document.api.service_names();
    let given = names.into_iter().find(|(service, _)| *service == path);
    given
        .and_then(|(_, rust)| names::given(wire, rust, names::service))
        .unwrap_or_else(|| names::service(wire))
}

/// Rejects names for services that do not exist, and invalid names.
pub(super) fn check_services(cx: &mut Lowering<'_, '_>, groups: &[&[String]]) {
    let known: BTreeSet<String> = groups
        .iter()
        .flat_map(|group| (1..=group.len()).map(|end| group[..end].join(":")))
        .collect();
    for (service, rust) in cx.document.api.service_names() {
        let at = format!("/x-rust-name/{}", escape_pointer(service));
        if !known.contains(service) {
            cx.problem(&at, "no operation belongs to this service");
        }
        if names::given(service, rust, names::service).is_none() {
            cx.problem(&at, NO_NAME);
        }
    }
}
