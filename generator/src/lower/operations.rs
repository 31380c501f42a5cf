//! Paths become operations.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{
    Operation as Source, Parameter, ParameterData, ParameterSchemaOrContent, PathItem, QueryStyle,
    ReferenceOr, RequestBody, Response, StatusCode,
};

use super::place::{Node, Place};
use super::{Lowering, types, union};
use crate::document::OperationExt as _;
use crate::error::escape_pointer;
use crate::ir::{
    Access, Body, Constant, Encoding, Facts, Lifecycle, Method, Operation, Paging, Param,
    ParamStyle, Presence, Safety, Shape, Success, Type, TypeId,
};
use crate::names;

/// Operations and webhooks before their types are filled in.
pub(super) struct Draft {
    pub(super) operations: Vec<DraftOperation>,
    pub(super) webhooks: Vec<DraftWebhook>,
}

pub(super) struct DraftOperation {
    /// Segments of the operation id without the last one.
    pub(super) group: Vec<String>,
    pub(super) operation: Operation,
    /// Types of the documented errors, by status.
    pub(super) errors: Vec<(u16, TypeId)>,
}

pub(super) struct DraftWebhook {
    pub(super) name: String,
    pub(super) payload: Type,
    /// JSON pointer of the payload's schema.
    pub(super) at: String,
}

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
            let place = Place::new(&webhook.at, format!("webhook {} payload", webhook.name));
            let payload = types::value(cx, Node::from(&webhook.schema), &place).0;
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
    let name = names::field(last);
    let type_name = names::request_type(&name);
    let place = Place::new(at, &type_name);
    let (path_params, query) = parameters(cx, &id, path, source, &place);
    let body = source
        .request_body
        .as_ref()
        .and_then(|body| request_body(cx, body, &place));
    let (success, errors) = responses(cx, source, &place);
    let statuses = error_statuses(source);
    let (access, scopes) = access(cx, source, at);
    let paging = source.pagination().map(|pagination| Paging {
        item: types::value(
            cx,
            Node::from(&pagination.item),
            &place.below("x-polar-pagination", "item"),
        )
        .0,
    });
    let operation = Operation {
        docs: cx.glossary.operation(&id),
        name,
        type_name,
        id: id.clone(),
        method,
        path: path.to_owned(),
        path_params,
        query,
        body,
        success,
        errors: statuses,
        access,
        scopes,
        paging,
        safety: match method {
            Method::Get | Method::Delete => Safety::Repeatable,
            Method::Post | Method::Put | Method::Patch => Safety::Once,
        },
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
        errors,
    })
}

fn parameters(
    cx: &mut Lowering<'_, '_>,
    id: &str,
    path: &str,
    source: &Source,
    place: &Place,
) -> (Vec<Param>, Vec<Param>) {
    let (mut in_path, mut in_query) = (Vec::new(), Vec::new());
    for (index, parameter) in source.parameters.iter().enumerate() {
        let at = format!("{}/parameters/{index}", place.at);
        match parameter {
            ReferenceOr::Item(Parameter::Path { parameter_data, .. }) => {
                in_path.push(param(cx, id, parameter_data, ParamStyle::Plain, place, &at));
            }
            ReferenceOr::Item(Parameter::Query {
                parameter_data,
                style,
                ..
            }) => {
                let style = match style {
                    QueryStyle::DeepObject => ParamStyle::DeepObject,
                    _ => ParamStyle::Plain,
                };
                in_query.push(param(cx, id, parameter_data, style, place, &at));
            }
            _ => cx.problem(
                &at,
                "only path and query parameters have a counterpart in the client",
            ),
        }
    }
    let position = |param: &Param| path.find(&format!("{{{}}}", param.name.wire));
    in_path.sort_by_key(&position);
    for param in &in_path {
        if position(param).is_none() {
            cx.problem(
                &param.at,
                format!("`{}` does not stand in the path", param.name.wire),
            );
        }
    }
    let templates = path.matches('{').count();
    if templates != in_path.len() {
        cx.problem(
            &place.at,
            format!(
                "the path has {templates} parameters, the operation {}",
                in_path.len()
            ),
        );
    }
    (in_path, in_query)
}

fn param(
    cx: &mut Lowering<'_, '_>,
    id: &str,
    data: &ParameterData,
    style: ParamStyle,
    place: &Place,
    at: &str,
) -> Param {
    let place = Place::new(
        format!("{at}/schema"),
        format!("{} {}", place.name, data.name),
    );
    let (ty, facts, style) = match &data.format {
        ParameterSchemaOrContent::Schema(schema) => {
            let (ty, facts) = param_value(cx, schema, &place);
            (ty, facts, style)
        }
        ParameterSchemaOrContent::Content(content) => {
            let schema = content
                .get("application/json")
                .and_then(|media| media.schema.as_ref());
            match schema {
                Some(schema) => {
                    let (ty, facts) = types::value(cx, Node::from(schema), &place);
                    (ty, facts, ParamStyle::Json)
                }
                None => {
                    cx.problem(
                        at,
                        "a parameter with content other than JSON has no counterpart in the client",
                    );
                    (Type::Json, Facts::default(), style)
                }
            }
        }
    };
    Param {
        docs: cx.glossary.parameter(id, &data.name),
        name: names::field(&data.name),
        ty,
        presence: if data.required {
            Presence::Required
        } else {
            Presence::Optional
        },
        style,
        facts: Facts {
            lifecycle: if data.deprecated == Some(true) {
                Lifecycle::Deprecated
            } else {
                facts.lifecycle
            },
            ..facts
        },
        at: at.to_owned(),
    }
}

/// The type of a parameter: one value or several of the same type are a list.
fn param_value(
    cx: &mut Lowering<'_, '_>,
    schema: &ReferenceOr<Schema>,
    place: &Place,
) -> (Type, Facts) {
    if let ReferenceOr::Item(item) = schema
        && let Some((ty, limits)) = union::one_or_many(cx, item, place)
    {
        return (
            ty,
            Facts {
                limits,
                ..Facts::default()
            },
        );
    }
    types::value(cx, Node::from(schema), place)
}

type Schema = openapiv3::Schema;

fn request_body(
    cx: &mut Lowering<'_, '_>,
    body: &ReferenceOr<RequestBody>,
    place: &Place,
) -> Option<Body> {
    let at = format!("{}/requestBody", place.at);
    let Some(body) = body.as_item() else {
        cx.problem(
            &at,
            "a shared request body has no counterpart in the client",
        );
        return None;
    };
    let mut content = body.content.iter();
    let (Some((media_type, media)), None) = (content.next(), content.next()) else {
        cx.problem(&at, "a request body has exactly one content type");
        return None;
    };
    let encoding = match media_type.as_str() {
        "application/json" => Encoding::Json,
        "application/x-www-form-urlencoded" => Encoding::Form,
        other => {
            cx.problem(
                &at,
                format!("a request body of type `{other}` has no counterpart in the client"),
            );
            return None;
        }
    };
    let at = format!("{at}/content/{}/schema", escape_pointer(media_type));
    let ty = match &media.schema {
        Some(schema) => {
            types::value(
                cx,
                Node::from(schema),
                &Place::new(at, format!("{} body", place.name)),
            )
            .0
        }
        None => Type::Json,
    };
    let presence = if body.required {
        Presence::Required
    } else {
        Presence::Optional
    };
    Some(Body {
        ty,
        encoding,
        presence,
    })
}

fn responses(
    cx: &mut Lowering<'_, '_>,
    source: &Source,
    place: &Place,
) -> (Success, Vec<(u16, TypeId)>) {
    let mut successes = Vec::new();
    let mut errors = Vec::new();
    for (status, response) in &source.responses.responses {
        let at = format!("{}/responses/{status}", place.at);
        let (StatusCode::Code(code), ReferenceOr::Item(response)) = (status, response) else {
            cx.problem(&at, "only single statuses with a response of their own have a counterpart in the client");
            continue;
        };
        match code {
            200..=299 => successes.extend(success(cx, *code, response, place, &at)),
            400..=599 => error_types(cx, response, &at)
                .into_iter()
                .for_each(|id| errors.push((*code, id))),
            _ => cx.problem(
                &at,
                "a status that is neither success nor error has no counterpart in the client",
            ),
        }
    }
    let success = match successes.as_slice() {
        [only] => only.clone(),
        [Success::Json(ty), Success::Empty] | [Success::Empty, Success::Json(ty)] => {
            Success::JsonOrEmpty(ty.clone())
        }
        [] => {
            cx.problem(&place.at, "the operation documents no success");
            Success::Empty
        }
        _ => {
            cx.problem(
                &place.at,
                "successes of several kinds have no counterpart in the client",
            );
            Success::Empty
        }
    };
    (success, errors)
}

/// The documented error statuses; their codes are filled in by [`name_errors`].
fn error_statuses(source: &Source) -> BTreeMap<u16, Vec<String>> {
    let codes = source
        .responses
        .responses
        .keys()
        .filter_map(|status| match status {
            StatusCode::Code(code @ 400..=599) => Some((*code, Vec::new())),
            _ => None,
        });
    codes.collect()
}

fn success(
    cx: &mut Lowering<'_, '_>,
    code: u16,
    response: &Response,
    place: &Place,
    at: &str,
) -> Option<Success> {
    let Some((media_type, media)) = response.content.first() else {
        return Some(Success::Empty);
    };
    match media_type.as_str() {
        "application/json" => {
            let at = format!("{at}/content/application~1json/schema");
            let place = Place::new(at, format!("{} response", place.name));
            let ty = match &media.schema {
                Some(schema) => types::value(cx, Node::from(schema), &place).0,
                None => Type::Json,
            };
            // An accepted request with a free answer has none to speak of: the server sends `null`.
            Some(if code == 202 && ty == Type::Json {
                Success::Empty
            } else {
                Success::Json(ty)
            })
        }
        "text/csv" => Some(Success::Csv),
        other => {
            cx.problem(
                at,
                format!("an answer of type `{other}` has no counterpart in the client"),
            );
            None
        }
    }
}

/// The components an error response is made of: itself, or the members of its union, and theirs.
fn error_types(cx: &mut Lowering<'_, '_>, response: &Response, at: &str) -> Vec<TypeId> {
    let schema = response
        .content
        .get("application/json")
        .and_then(|media| media.schema.as_ref());
    let mut found = Vec::new();
    if let Some(schema) = schema {
        let place = Place::new(format!("{at}/content/application~1json/schema"), "error");
        collect_error_types(cx, schema, &place, &mut found);
    }
    found
}

fn collect_error_types(
    cx: &mut Lowering<'_, '_>,
    schema: &ReferenceOr<Schema>,
    place: &Place,
    found: &mut Vec<TypeId>,
) {
    let document = cx.document;
    let target = match schema {
        ReferenceOr::Reference { reference } => {
            if let Type::Named(id) = types::reference(cx, reference, place) {
                found.push(id);
            }
            document.schema(reference).map(|(_, schema)| schema)
        }
        ReferenceOr::Item(schema) => Some(schema),
    };
    if let Some(
        openapiv3::SchemaKind::OneOf { one_of: members }
        | openapiv3::SchemaKind::AnyOf { any_of: members },
    ) = target.map(|schema| &schema.schema_kind)
    {
        members
            .iter()
            .for_each(|member| collect_error_types(cx, member, place, found));
    }
}

fn access(cx: &mut Lowering<'_, '_>, source: &Source, at: &str) -> (Access, Vec<String>) {
    let alternatives = source.security.iter().flatten().flatten();
    let (mut schemes, mut scopes) = (BTreeSet::new(), Vec::new());
    for (scheme, wanted) in alternatives {
        schemes.insert(scheme.as_str());
        for scope in wanted {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
    }
    let schemes: Vec<&str> = schemes.into_iter().collect();
    let open_to_all = source
        .allowed_subjects()
        .iter()
        .any(|subject| subject == "Anonymous");
    let access = match schemes.as_slice() {
        [] => Access::Public,
        ["oat", "oidc", "pat"] => Access::Account,
        ["oidc", "pat"] if open_to_all => Access::Optional,
        ["oidc", "pat"] => Access::Personal,
        ["oidc"] => Access::OpenIdConnect,
        ["customer_session", "member_session"] => Access::Portal,
        ["member_session"] => Access::Member,
        other => {
            let message = format!(
                "no credential of the client stands for this set: {}",
                other.join(", ")
            );
            cx.problem(&format!("{at}/security"), message);
            Access::Public
        }
    };
    (access, scopes)
}

/// Writes the error codes into the operations, now that the error types are filled in; returns all of them.
pub(super) fn name_errors(cx: &Lowering<'_, '_>, draft: &mut Draft) -> BTreeMap<String, Vec<u16>> {
    let mut all: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for DraftOperation {
        operation, errors, ..
    } in &mut draft.operations
    {
        for (status, id) in errors.iter() {
            let codes = operation.errors.entry(*status).or_default();
            let Some(code) = error_code(cx, *id) else {
                continue;
            };
            if !codes.contains(&code) {
                codes.push(code.clone());
            }
            let statuses = all.entry(code).or_default();
            if !statuses.contains(status) {
                statuses.push(*status);
                statuses.sort_unstable();
            }
        }
    }
    all
}

fn error_code(cx: &Lowering<'_, '_>, id: TypeId) -> Option<String> {
    let Shape::Struct(object) = &cx.types[id.0].shape else {
        return None;
    };
    let field = object
        .fields
        .iter()
        .find(|field| field.name.wire == "error")?;
    match field.ty.non_null() {
        Type::Const(Constant::Text(code)) => Some(code.clone()),
        _ => None,
    }
}
