//! Converts the responses of an operation.

use openapiv3::{Operation as Source, ReferenceOr, Response, StatusCode};

use super::{errors, media};
use crate::ir::{Facts, Scalar, Success, Type, TypeId};
use crate::lower::location::{Location, Node};
use crate::lower::{Lowering, facts};

/// Returns the successful response with its status, and the types of the documented errors by status.
pub(super) fn responses(
    cx: &mut Lowering<'_, '_>,
    source: &Source,
    location: &Location,
) -> ((Success, u16), Vec<(u16, TypeId)>) {
    let mut successes = Vec::new();
    let mut statuses = Vec::new();
    let mut errors = Vec::new();
    for (status, response) in &source.responses.responses {
        let at = format!("{}/responses/{status}", location.at);
        let (StatusCode::Code(code), ReferenceOr::Item(response)) = (status, response) else {
            cx.problem(
                &at,
                "only single statuses with a response of their own are supported",
            );
            continue;
        };
        match code {
            200..=299 => {
                statuses.push(*code);
                successes.extend(success(cx, *code, response, location, &at));
            }
            400..=599 => errors::types(cx, response, location, &at)
                .into_iter()
                .for_each(|id| errors.push((*code, id))),
            _ => cx.problem(
                &at,
                "a status that is neither success nor error is not supported",
            ),
        }
    }
    let mut kinds: Vec<Success> = Vec::new();
    for success in successes {
        if !kinds.contains(&success) {
            kinds.push(success);
        }
    }
    let success = match kinds.as_slice() {
        [only] => only.clone(),
        [Success::Json(ty), Success::Empty] | [Success::Empty, Success::Json(ty)] => {
            Success::JsonOrEmpty(ty.clone())
        }
        [] => {
            cx.problem(&location.at, "the operation has no successful response");
            Success::Empty
        }
        _ => {
            cx.problem(
                &format!("{}/responses", location.at),
                "successes of several types are not supported",
            );
            Success::Empty
        }
    };
    // If several statuses mean success, the lowest one is that of a response with a body.
    let status = statuses.into_iter().min().unwrap_or(200);
    ((success, status), errors)
}

fn success(
    cx: &mut Lowering<'_, '_>,
    code: u16,
    response: &Response,
    location: &Location,
    at: &str,
) -> Option<Success> {
    let (media_type, media) = match response.content.iter().collect::<Vec<_>>().as_slice() {
        [] => return Some(Success::Empty),
        [only] => *only,
        _ => {
            media::reject_several(cx, at);
            return None;
        }
    };
    match media_type.as_str() {
        "application/json" => {
            let at = format!("{at}/content/application~1json/schema");
            let location = Location::new(at, format!("{} response", location.name));
            let (ty, facts) = match &media.schema {
                Some(schema) => cx.value(Node::from(schema), &location),
                None => (Type::Json, Facts::default()),
            };
            facts::reject_outside_properties(cx, &facts, &location.at);
            // For the status 202, a schema that permits any value means no content: the server sends `null`.
            Some(if code == 202 && ty == Type::Json {
                Success::Empty
            } else {
                Success::Json(ty)
            })
        }
        "text/csv" => {
            let at = format!("{at}/content/text~1csv/schema");
            let location = Location::new(at, format!("{} row", location.name));
            let row = media.schema.as_ref().map(Node::from);
            // A schema that is a plain string does not describe the rows of the CSV.
            let row = row.map(|row| cx.value(row, &location).0);
            Some(Success::Csv(
                row.filter(|row| *row != Type::Scalar(Scalar::String)),
            ))
        }
        other => {
            cx.problem(
                at,
                format!("the client does not support responses of type `{other}`"),
            );
            None
        }
    }
}
