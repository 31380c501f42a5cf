//! Phase 1, document: parses YAML, applies the overlay, and downgrades the result to OpenAPI 3.0.
//!
//! Later phases read the document as types of the library `openapiv3`, never as JSON. These types keep what they cannot
//! represent as extensions (`x-...`), which the traits in `extensions.rs` read: [`SchemaExt`], [`SchemaDataExt`],
//! [`OperationExt`] and others.

mod brackets;
mod corrections;
mod extensions;
mod grammar;
mod keywords;
mod literal;
mod overlay;
mod pointer;
mod round_trip;
mod schema;
#[cfg(test)]
mod tests;
mod yaml;

pub(crate) use corrections::Applied;
pub use corrections::{Correction, Effect};
pub use extensions::{
    DocumentExt, Flow, IdOf, Lookup, OperationExt, Pagination, PaginationKind, ParameterExt,
    SchemaDataExt, SchemaExt, ServerExt,
};
pub use literal::Literal;
pub(crate) use overlay::named_versions;

use openapiv3::{OpenAPI, ReferenceOr, Schema};
use serde::Deserialize;

use serde_json::{Value, json};

use crate::error::{Problem, Report};
use pointer::At;
use schema::Schemas;

/// An input file: its name in messages, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The path of the file, as shown in messages.
    pub name: &'a str,
    /// The YAML text.
    pub text: &'a str,
}

/// A corrected contract as OpenAPI 3.0. Every `$ref` resolves to a schema in `components`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The contract's [`Source::name`].
    pub file: String,
    /// The document as OpenAPI 3.0.
    pub api: OpenAPI,
    /// The webhooks, which OpenAPI 3.0 lacks.
    pub webhooks: Vec<Webhook>,
    /// The effect of each action of the overlay, in order.
    pub(crate) applied: Vec<Applied>,
}

/// An event that the API delivers to webhook endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// The event's name (`order.paid`).
    pub name: String,
    /// The schema of the delivered body.
    pub schema: ReferenceOr<Schema>,
    /// The JSON pointer of the schema.
    pub at: String,
}

const SCHEMAS: &str = "#/components/schemas/";

/// The maximum nesting of mappings and sequences in a contract. Every phase uses some stack for each level.
pub const MAX_DEPTH: usize = 120;

impl Document {
    /// Returns the name and the schema that a `$ref` of this document refers to.
    pub fn schema(&self, reference: &str) -> Option<(&str, &Schema)> {
        let name = reference.strip_prefix(SCHEMAS)?;
        let (name, schema) = self.api.components.as_ref()?.schemas.get_key_value(name)?;
        Some((name, schema.as_item()?))
    }
}

/// Parses a contract, applies the overlay, and downgrades the result to OpenAPI 3.0. Each of these steps reports all of its
/// problems together.
pub fn load(contract: Source<'_>, overlay: Option<Source<'_>>) -> Result<Document, Report> {
    let (mut tree, applied) = correct(contract, overlay)?;
    downgrade(&mut tree, contract.name)?;
    let webhooks = take_webhooks(&mut tree);
    let api = OpenAPI::deserialize(&tree).map_err(|error| openapi_error(contract.name, &error))?;
    round_trip::check(contract.name, &tree, &api)?;
    Ok(Document {
        file: contract.name.to_owned(),
        webhooks: webhooks.map_err(|error| openapi_error(contract.name, &error))?,
        api,
        applied,
    })
}

/// Parses a file of YAML, such as a contract, and applies the overlay. The result is still in OpenAPI 3.1.
///
/// # Errors
/// Invalid YAML, or all actions that cannot be applied.
pub fn corrected(contract: Source<'_>, overlay: Option<Source<'_>>) -> Result<Value, Report> {
    correct(contract, overlay).map(|(tree, _)| tree)
}

fn correct(
    contract: Source<'_>,
    overlay: Option<Source<'_>>,
) -> Result<(Value, Vec<Applied>), Report> {
    let mut tree = yaml::parse(contract)?;
    if let Some(place) = nested_deeper_than(&tree, &At::Root, MAX_DEPTH) {
        let message = format!("is nested more than {MAX_DEPTH} levels deep");
        return Err(Problem::new(contract.name, place, message).into());
    }
    let applied = match overlay {
        Some(overlay) => overlay::apply(overlay, contract.name, &mut tree)?,
        None => Vec::new(),
    };
    Ok((tree, applied))
}

/// Returns the JSON pointer of the first mapping or sequence that is nested deeper than this number of levels.
fn nested_deeper_than(tree: &Value, at: &At<'_>, levels: usize) -> Option<String> {
    match (tree, levels) {
        (Value::Object(_) | Value::Array(_), 0) => Some(at.to_string()),
        (Value::Object(entries), _) => {
            let mut entries = entries.iter();
            entries.find_map(|(key, value)| nested_deeper_than(value, &at.key(key), levels - 1))
        }
        (Value::Array(items), _) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, value)| nested_deeper_than(value, &at.index(index), levels - 1))
        }
        _ => None,
    }
}

/// Wraps every component that is only a `$ref` in `allOf`, so that no component is a mere reference. `lower` can then look
/// up a component in one step.
fn wrap_aliases(tree: &mut Value) {
    let schemas = tree
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(|schemas| schemas.values_mut()) {
        if schema.get("$ref").is_some() {
            *schema = json!({ "allOf": [schema.take()] });
        }
    }
}

/// Downgrades the tree to OpenAPI 3.0, without its webhooks.
fn downgrade(tree: &mut Value, file: &str) -> Result<(), Report> {
    let mut schemas = Schemas::new(file);
    grammar::downgrade(tree, &mut schemas);
    match tree.get_mut("openapi") {
        Some(Value::String(version)) if version.starts_with("3.1.") => *version = "3.0.3".into(),
        Some(Value::String(version)) => {
            let message = format!("expected OpenAPI 3.1, found `{version}`");
            schemas.problem(&At::Root.key("openapi"), message);
        }
        _ => {}
    }
    let known = tree
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (at, reference) in std::mem::take(&mut schemas.references) {
        let name = reference.strip_prefix(SCHEMAS);
        if !name.is_some_and(|name| known.is_some_and(|known| known.contains_key(name))) {
            let message = format!("`{reference}` does not resolve to a schema of this document");
            schemas.problems.push(Problem::new(file, at, message));
        }
    }
    wrap_aliases(tree);
    Report::check(schemas.problems)
}

fn take_webhooks(tree: &mut Value) -> Result<Vec<Webhook>, serde_json::Error> {
    let Some(Value::Object(webhooks)) = tree
        .as_object_mut()
        .and_then(|tree| tree.shift_remove("webhooks"))
    else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (name, webhook) in webhooks {
        const BODY: &str = "/post/requestBody/content/application~1json/schema";
        let schema = webhook.pointer(BODY).unwrap_or(&Value::Null);
        found.push(Webhook {
            schema: ReferenceOr::deserialize(schema)?,
            at: format!("{}{BODY}", At::Root.key("webhooks").key(&name)),
            name,
        });
    }
    Ok(found)
}

/// Returns an error of `openapiv3` as a problem of the whole file. It only occurs if `grammar.rs` accepts something that
/// `openapiv3` rejects, which is a bug of the generator.
fn openapi_error(file: &str, error: &serde_json::Error) -> Report {
    Problem::new(file, "", format!("not readable as OpenAPI 3.0: {error}")).into()
}
