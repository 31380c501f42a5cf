//! The grammar of a contract, as a table: all keys that may occur outside of schemas. Any other key is rejected with its
//! JSON pointer.

use serde_json::Value;

use super::extensions::{
    ALLOWED_SUBJECTS, ENVIRONMENT, FLOW, IDEMPOTENCY_KEY, PAGINATION, PaginationKind,
    REQUIRE_ANY_OF, RUST_NAME,
};
use super::keywords::describe;
use super::pointer::At;
use super::schema::Schemas;

/// Validates a contract against the grammar, and downgrades its schemas to OpenAPI 3.0.
pub(super) fn downgrade(tree: &mut Value, schemas: &mut Schemas<'_>) {
    walk(tree, &DOCUMENT, &At::Root, schemas);
}

/// The permitted values at a place.
pub(super) enum Part {
    String,
    Flag,
    Strings,
    /// One of these strings. The error message lists them.
    OneOf(&'static [&'static str]),
    /// A schema, which is downgraded.
    Schema,
    /// An object with these keys only.
    Object(&'static [Key]),
    /// An object with exactly one of these keys.
    Choice(&'static [Key]),
    /// An object with any keys.
    Map(&'static Part),
    List(&'static Part),
}

pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) part: &'static Part,
    pub(super) need: Need,
}

#[derive(PartialEq)]
pub(super) enum Need {
    Required,
    Optional,
}

const fn required(name: &'static str, part: &'static Part) -> Key {
    Key {
        name,
        part,
        need: Need::Required,
    }
}

const fn optional(name: &'static str, part: &'static Part) -> Key {
    Key {
        name,
        part,
        need: Need::Optional,
    }
}

/// The grammar of a document. `tests/coverage/` tests that every entry has an effect on the emitted code, or gives the
/// reason why it needs none.
pub(super) static DOCUMENT: Part = Part::Object(&[
    required("openapi", &Part::String),
    optional(RUST_NAME, &Part::Map(&Part::String)),
    required(
        "info",
        &Part::Object(&[
            required("title", &Part::String),
            required("version", &Part::String),
        ]),
    ),
    optional(
        "servers",
        &Part::List(&Part::Object(&[
            required("url", &Part::String),
            optional(ENVIRONMENT, &Part::String),
        ])),
    ),
    required("paths", &Part::Map(&PATH)),
    optional("webhooks", &Part::Map(&WEBHOOK)),
    optional(
        "components",
        &Part::Object(&[
            optional("schemas", &Part::Map(&Part::Schema)),
            optional("securitySchemes", &Part::Map(&SECURITY_SCHEME)),
        ]),
    ),
]);

static SECURITY_SCHEME: Part = Part::Object(&[
    required("type", &Part::OneOf(&["http", "openIdConnect"])),
    optional("scheme", &Part::String),
    optional("openIdConnectUrl", &Part::String),
]);

static PATH: Part = Part::Object(&[
    optional("get", &OPERATION),
    optional("put", &OPERATION),
    optional("post", &OPERATION),
    optional("delete", &OPERATION),
    optional("patch", &OPERATION),
]);

static OPERATION: Part = Part::Object(&[
    required("operationId", &Part::String),
    optional(RUST_NAME, &Part::String),
    optional("deprecated", &Part::Flag),
    optional("security", &Part::List(&Part::Map(&Part::Strings))),
    optional(ALLOWED_SUBJECTS, &Part::Strings),
    optional(IDEMPOTENCY_KEY, &Part::Strings),
    optional(REQUIRE_ANY_OF, &Part::List(&Part::Strings)),
    optional(FLOW, &FLOWS),
    optional(
        PAGINATION,
        &Part::Object(&[
            required("type", &Part::OneOf(PaginationKind::WIRE)),
            required("item_schema", &Part::Schema),
        ]),
    ),
    optional("parameters", &Part::List(&PARAMETER)),
    optional("requestBody", &BODY),
    required(
        "responses",
        &Part::Map(&Part::Object(&[
            required("description", &Part::String),
            optional("content", &CONTENT),
        ])),
    ),
]);

/// The variants of [`Flow`](super::extensions::Flow).
static FLOWS: Part = Part::Choice(&[
    optional(
        "upload",
        &Part::Object(&[required("completed_by", &Part::String)]),
    ),
    optional(
        "document",
        &Part::Object(&[optional("generated_by", &Part::String)]),
    ),
    optional(
        "ingest",
        &Part::Object(&[
            required("time", &Part::String),
            required("accepted", &Part::String),
            required("duplicates", &Part::String),
        ]),
    ),
    optional(
        "download",
        &Part::Object(&[required("file", &Part::String)]),
    ),
    optional(
        "metering",
        &Part::Object(&[required("events", &Part::String)]),
    ),
    optional("checkout_route", &Part::Object(&[])),
    optional("portal_route", &Part::Object(&[])),
]);

static PARAMETER: Part = Part::Object(&[
    required("name", &Part::String),
    optional(RUST_NAME, &Part::String),
    required("in", &Part::OneOf(&["path", "query", "header"])),
    optional("required", &Part::Flag),
    optional("style", &Part::OneOf(&["form", "deepObject", "simple"])),
    optional("explode", &Part::Flag),
    optional("deprecated", &Part::Flag),
    // `openapiv3` requires exactly one of `schema` and `content`.
    optional("schema", &Part::Schema),
    optional("content", &CONTENT),
]);

static BODY: Part = Part::Object(&[
    optional("required", &Part::Flag),
    required("content", &CONTENT),
]);

static CONTENT: Part = Part::Map(&Part::Object(&[optional("schema", &Part::Schema)]));

static WEBHOOK: Part = Part::Object(&[required(
    "post",
    &Part::Object(&[required(
        "requestBody",
        &Part::Object(&[
            optional("required", &Part::Flag),
            required(
                "content",
                &Part::Object(&[required(
                    "application/json",
                    &Part::Object(&[required("schema", &Part::Schema)]),
                )]),
            ),
        ]),
    )]),
)]);

fn walk(node: &mut Value, part: &Part, at: &At<'_>, schemas: &mut Schemas<'_>) {
    match (part, node) {
        (Part::Schema, node) => *node = schemas.downgrade(node.take(), at),
        (Part::String, Value::String(_)) | (Part::Flag, Value::Bool(_)) => {}
        (Part::Strings, Value::Array(items)) if items.iter().all(Value::is_string) => {}
        (Part::OneOf(known), Value::String(text)) if known.contains(&text.as_str()) => {}
        (Part::Choice(keys), Value::Object(entries)) if entries.len() != 1 => {
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            let message = format!("expected exactly one of {}", names.join(", "));
            schemas.problem(at, message);
        }
        (Part::Object(keys) | Part::Choice(keys), Value::Object(entries)) => {
            for key in *keys {
                if key.need == Need::Required && !entries.contains_key(key.name) {
                    schemas.problem(at, format!("`{}` is missing", key.name));
                }
            }
            for (name, entry) in entries {
                match keys.iter().find(|key| key.name == name) {
                    Some(key) => walk(entry, key.part, &at.key(name), schemas),
                    None => schemas.problem(&at.key(name), "is not supported by this generator"),
                }
            }
        }
        (Part::Map(part), Value::Object(entries)) => {
            for (name, entry) in entries {
                walk(entry, part, &at.key(name), schemas);
            }
        }
        (Part::List(part), Value::Array(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, part, &at.index(index), schemas);
            }
        }
        (part, node) => {
            let message = format!("expected {}, found {}", part.expected(), describe(node));
            schemas.problem(at, message);
        }
    }
}

impl Part {
    fn expected(&self) -> String {
        match self {
            Self::String => "a string".to_owned(),
            Self::Flag => "a boolean".to_owned(),
            Self::Strings => "strings".to_owned(),
            Self::OneOf(known) => format!("one of {}", known.join(", ")),
            Self::Schema | Self::Object(_) | Self::Choice(_) | Self::Map(_) => {
                "a mapping".to_owned()
            }
            Self::List(_) => "a sequence".to_owned(),
        }
    }
}
