//! Builds the doc comments of operations: endpoint, result, arguments, accepted credentials, retries and errors.

use super::{Docs, code, facts};
use crate::emit::types::rust_type;
use crate::ir::{Access, Api, Lifecycle, Operation, Param, Presence, Safety, Success, Type, Usage};
use crate::names;

/// Returns the doc comment of an operation's method.
pub(in crate::emit) fn method_docs(api: &Api, operation: &Operation) -> Docs {
    let request = format!("`{} {}`", operation.method.as_str(), operation.path);
    let (summary, fact) = match &operation.docs {
        Some(summary) => (
            Some(summary.as_str()),
            format!("{request}, operation `{}`.", operation.id),
        ),
        None => (None, String::new()),
    };
    Docs::new(
        summary,
        format!("Calls {request}, operation `{}`.", operation.id),
    )
    .paragraph(fact)
    .paragraph(returns(api, operation))
    .paragraph(arguments(operation))
    .paragraph(at_least_one_of(operation))
    .paragraph(if operation.lifecycle == Lifecycle::Deprecated {
        "Deprecated."
    } else {
        ""
    })
    .paragraph(credential(operation))
    .paragraph(idempotence(&operation.safety))
    .paragraph(errors(operation))
}

/// Describes what a call returns, with the response type as a link.
pub(in crate::emit) fn returns(api: &Api, operation: &Operation) -> String {
    let (ty, rest) = match &operation.success {
        Success::Json(ty) => (ty, "."),
        Success::JsonOrEmpty(ty) => (ty, ", or `None` if the response has no content."),
        Success::Csv(Some(row)) => {
            let row = rust_type(api, row).to_string();
            return format!(
                "Returns CSV. `rows()` is a stream of its rows, each decoded as [`{row}`]."
            );
        }
        Success::Csv(None) => return "Returns CSV as a string.".to_owned(),
        Success::Empty => return String::new(),
    };
    let name = rust_type(api, ty).to_string();
    if !name.chars().all(char::is_alphanumeric) {
        return String::new();
    }
    match operation.paging {
        Some(_) => {
            format!("Returns [`{name}`], one page. `stream()` reads the items of all pages.")
        }
        None => format!("Returns [`{name}`]{rest}"),
    }
}

fn arguments(operation: &Operation) -> String {
    let required = operation
        .query
        .iter()
        .filter(|param| param.presence == Presence::Required);
    let described = operation
        .path_params
        .iter()
        .chain(required)
        .filter_map(argument);
    let body = operation
        .body
        .as_ref()
        .map(|body| facts::limits(&body.limits, Usage::Input));
    let body = body.filter(|limits| !limits.is_empty());
    let body = body.map(|limits| format!("- `body`: {limits} Validated by the server."));
    described.chain(body).collect::<Vec<_>>().join("\n")
}

fn argument(param: &Param) -> Option<String> {
    let summary = match (&param.docs, &param.ty) {
        (Some(summary), _) => summary.clone(),
        (None, Type::Id(entity)) => format!("ID of the {}.", names::spoken(entity)),
        (None, _) => String::new(),
    };
    let text = [summary, facts::sentences(&param.facts, Usage::Input)].join(" ");
    let text = text.trim();
    (!text.is_empty()).then(|| format!("- `{}`: {text}", param.name.wire))
}

/// Describes the sets of optional parameters of which at least one is required.
fn at_least_one_of(operation: &Operation) -> String {
    let sentences = operation.at_least_one_of.iter().map(|names| {
        let names: Vec<String> = names.iter().map(|name| code(name)).collect();
        let names = match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} or {last}", others.join(", "))
            }
            _ => names.concat(),
        };
        format!("Requires at least one of {names}, which the server validates.")
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// Describes the accepted credentials, as a sentence.
pub(in crate::emit) fn credential(operation: &Operation) -> String {
    let who = match operation.access {
        Access::Public => return "Unauthenticated: no `Authorization` header is sent.".to_owned(),
        Access::Optional => {
            return "Unauthenticated, or with a personal access token. With an organization access token, call it on \
                    `with_credential(Anonymous)`."
                .to_owned();
        }
        Access::Account => "an organization or personal access token",
        Access::Personal => "a personal (not an organization) access token",
        Access::OpenIdConnect => "an OpenID Connect access token",
        Access::Portal => "a customer or member session",
        Access::Member => "a member session",
        Access::Registration => "the registration access token of the OAuth2 client",
    };
    match operation.scopes.as_slice() {
        [] => format!("Requires {who}."),
        [scope] => format!("Requires {who} with the scope `{scope}`."),
        scopes => format!(
            "Requires {who} with one of the scopes `{}`.",
            scopes.join("`, `")
        ),
    }
}

/// The clause that says when the client retries an operation that is not idempotent.
const UNPROCESSED: &str = "retried only if the server cannot have processed the request";

/// Describes when the client retries an operation.
fn idempotence(safety: &Safety) -> String {
    match safety {
        Safety::Idempotent => "Idempotent: retried after transient errors.".to_owned(),
        Safety::NotIdempotent => format!("Not idempotent: {UNPROCESSED}."),
        Safety::Keyed(path) => format!(
            "Idempotent if `{}` is set, and then retried after transient errors; otherwise {UNPROCESSED}.",
            path.join(".")
        ),
    }
}

/// Returns the standard phrase of a status.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        _ => "(error)",
    }
}

/// Lists each documented status with links to its error classes, and the cause.
///
/// The links are URLs relative to the rendered page: a method may be shown in several versions, each with its own
/// `ErrorCode`.
fn errors(operation: &Operation) -> String {
    // One level for `services`, and one for each segment of the operation ID but the last.
    let up = "../".repeat(operation.id.split(':').count());
    let lines = operation.errors.iter().map(|(status, classes)| {
        let class = |class: &String| {
            let variant = names::variant("ErrorCode", class).rust;
            format!("[`{class}`]({up}enum.ErrorCode.html#variant.{variant})")
        };
        let what = match classes.as_slice() {
            [] => meaning(*status).to_owned(),
            classes => {
                let links: Vec<String> = classes.iter().map(class).collect();
                format!("{}, {}", meaning(*status), links.join(", "))
            }
        };
        match operation.causes.get(status) {
            Some(cause) => format!("- {status} {what}: {cause}"),
            None => format!("- {status} {what}"),
        }
    });
    let lines: Vec<String> = lines.collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("# Errors\n{}", lines.join("\n")),
    }
}
