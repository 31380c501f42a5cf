//! Converts the request of an operation: parameters and body.

use openapiv3::{
    Operation as Source, Parameter, ParameterData, ParameterSchemaOrContent, QueryStyle,
    ReferenceOr, RequestBody, Schema,
};

use crate::document::ParameterExt as _;
use crate::error::escape_pointer;
use crate::ir::{Body, Encoding, Facts, Lifecycle, Param, ParamStyle, Presence, Type};
use crate::lower::location::{Location, Node};
use crate::lower::{Lowering, facts, ids, renamed, union};
use crate::names;

/// Returns the path parameters, in the order of the template, and the query parameters.
pub(super) fn parameters(
    cx: &mut Lowering<'_, '_>,
    id: &str,
    path: &str,
    source: &Source,
    location: &Location,
) -> (Vec<Param>, Vec<Param>) {
    let (mut in_path, mut in_query) = (Vec::new(), Vec::new());
    for (index, parameter) in source.parameters.iter().enumerate() {
        let at = format!("{}/parameters/{index}", location.at);
        match parameter {
            ReferenceOr::Item(Parameter::Path { parameter_data, .. }) => {
                if !parameter_data.required {
                    cx.problem(&at, "a path parameter must be required");
                }
                in_path.push(param(
                    cx,
                    id,
                    parameter_data,
                    ParamStyle::Plain,
                    location,
                    &at,
                ));
            }
            ReferenceOr::Item(Parameter::Query {
                parameter_data,
                style,
                ..
            }) => {
                let style = query_style(cx, style, parameter_data, &at);
                in_query.push(param(cx, id, parameter_data, style, location, &at));
            }
            _ => cx.problem(&at, "only path and query parameters are supported"),
        }
    }
    let position = |param: &Param| path.find(&format!("{{{}}}", param.name.wire));
    in_path.sort_by_key(&position);
    for param in &in_path {
        if position(param).is_none() {
            cx.problem(
                &param.at,
                format!("`{}` is not in the path", param.name.wire),
            );
        }
    }
    let templates = path.matches('{').count();
    if templates != in_path.len() {
        cx.problem(
            &location.at,
            format!(
                "the path has {templates} parameters, the operation {}",
                in_path.len()
            ),
        );
    }
    (in_path, in_query)
}

/// Returns the encoding of a query parameter. Lists and objects are exploded unless the contract sets another style.
fn query_style(
    cx: &mut Lowering<'_, '_>,
    style: &QueryStyle,
    data: &ParameterData,
    at: &str,
) -> ParamStyle {
    match (style, data.explode.unwrap_or(true)) {
        (QueryStyle::DeepObject, true) => ParamStyle::DeepObject,
        (QueryStyle::Form, true) => ParamStyle::Plain,
        (QueryStyle::Form, false) => ParamStyle::Joined,
        _ => {
            cx.problem(
                at,
                "this combination of `style` and `explode` is not supported",
            );
            ParamStyle::Plain
        }
    }
}

fn param(
    cx: &mut Lowering<'_, '_>,
    id: &str,
    data: &ParameterData,
    style: ParamStyle,
    location: &Location,
    at: &str,
) -> Param {
    let location = Location::new(
        format!("{at}/schema"),
        format!("{} {}", location.name, data.name),
    );
    let (ty, facts, style) = match &data.format {
        ParameterSchemaOrContent::Schema(schema) => {
            let (ty, facts) = param_value(cx, schema, &location);
            (ty, facts, style)
        }
        ParameterSchemaOrContent::Content(content) => {
            let json = content
                .get("application/json")
                .filter(|_| content.len() == 1);
            match json.and_then(|media| media.schema.as_ref()) {
                Some(schema) => {
                    if style != ParamStyle::Plain {
                        cx.problem(
                            at,
                            "`style` and `explode` are not allowed on a parameter with `content`",
                        );
                    }
                    let location = Location::new(
                        format!("{at}/content/application~1json/schema"),
                        location.name.clone(),
                    );
                    let (ty, facts) = cx.value(Node::from(schema), &location);
                    (ty, facts, ParamStyle::Json)
                }
                None => {
                    cx.problem(
                        at,
                        "a parameter with content other than JSON is not supported",
                    );
                    (Type::Json, Facts::default(), style)
                }
            }
        }
    };
    facts::reject_direction(cx, &facts, &location.at);

    let (presence, make): (_, fn(&str) -> names::Name) = match data.required {
        true => (Presence::Required, names::argument),
        false => (Presence::Optional, names::field),
    };
    let docs = match presence {
        Presence::Required => cx.glossary.parameter(id, &data.name),
        _ => cx.glossary.filter(id, &data.name),
    };
    Param {
        docs,
        name: renamed::name(cx, &data.name, data.rust_name(), make, at),
        ty,
        presence,
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

/// Returns the type of a parameter. `anyOf` of a type and an array of that type becomes a list.
fn param_value(
    cx: &mut Lowering<'_, '_>,
    schema: &ReferenceOr<Schema>,
    location: &Location,
) -> (Type, Facts) {
    if let ReferenceOr::Item(item) = schema
        && let Some((ty, facts)) = union::one_or_many(cx, item, location)
    {
        ids::note(cx, item, &location.at);
        return (ty, facts::own_facts(item).merged_with(facts));
    }
    cx.value(Node::from(schema), location)
}

/// Returns the body of an operation, if there is one.
pub(super) fn body(
    cx: &mut Lowering<'_, '_>,
    body: &ReferenceOr<RequestBody>,
    location: &Location,
) -> Option<Body> {
    let at = format!("{}/requestBody", location.at);
    let Some(body) = body.as_item() else {
        cx.problem(&at, "a shared request body is not supported");
        return None;
    };
    let mut content = body.content.iter();
    let (Some((media_type, media)), None) = (content.next(), content.next()) else {
        cx.problem(&at, "a request body must have exactly one content type");
        return None;
    };
    let encoding = match media_type.as_str() {
        "application/json" => Encoding::Json,
        "application/x-www-form-urlencoded" => Encoding::Form,
        other => {
            cx.problem(
                &at,
                format!("a request body of type `{other}` is not supported"),
            );
            return None;
        }
    };
    let at = format!("{at}/content/{}/schema", escape_pointer(media_type));
    let location = Location::new(at, format!("{} body", location.name));
    let (ty, facts) = match &media.schema {
        Some(schema) => cx.value(Node::from(schema), &location),
        None => (Type::Json, Facts::default()),
    };
    facts::reject_outside_properties(cx, &facts, &location.at);
    let presence = if body.required {
        Presence::Required
    } else {
        Presence::Optional
    };
    Some(Body {
        ty,
        encoding,
        presence,
        limits: facts.limits,
        at: location.at,
    })
}
