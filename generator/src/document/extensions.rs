//! Typed access to the extensions (`x-...`) of the downgraded document. Other modules read them by the traits of this
//! module, so that they need not handle JSON values.

use std::collections::BTreeMap;

use openapiv3::{
    OpenAPI, Operation, ParameterData, ReferenceOr, Schema, SchemaData, SchemaKind, Server, Type,
};
use serde::Deserialize;
use serde_json::Value;

use super::literal::Literal;

/// `true` on a schema that was written as `const`, and is now an `enum` with one value.
pub(super) const CONST: &str = "x-const";
/// `prefixItems` of an array: one schema per position.
pub(super) const PREFIX_ITEMS: &str = "x-prefix-items";
/// `propertyNames` of an object.
pub(super) const PROPERTY_NAMES: &str = "x-property-names";
/// `true` on a schema with `default: null`, which `openapiv3` reads as no default.
pub(super) const DEFAULT_NULL: &str = "x-default-null";
/// `true` on a schema whose values are secret.
pub(super) const SECRET: &str = "x-secret";
/// The entity that a UUID identifies, if the rules determine none or a wrong one: its name, or `false` for none.
pub(super) const ID_OF: &str = "x-id-of";
/// The reason why a union is accepted although its variants cannot be discriminated.
pub(super) const AMBIGUOUS: &str = "x-ambiguous";
/// The strings that select the variant of an `x-ambiguous` union: dotted paths from the object that contains the union.
pub(super) const CHOSEN_BY: &str = "x-chosen-by";
/// The schema that each string at these paths selects.
pub(super) const CHOICES: &str = "x-choices";
/// Methods of a type that find an item of a list in the type.
pub(super) const LOOKUP: &str = "x-lookup";
/// How the items of an operation's response are paged.
pub(super) const PAGINATION: &str = "x-polar-pagination";
/// The kinds of callers that may call an operation, such as `Anonymous`.
pub(super) const ALLOWED_SUBJECTS: &str = "x-polar-allowed-subjects";
/// The path of the idempotency keys in an operation's body.
pub(super) const IDEMPOTENCY_KEY: &str = "x-idempotency-key";
/// Sets of optional parameters and body properties. An operation requires at least one of each set.
pub(super) const REQUIRE_ANY_OF: &str = "x-require-any-of";
/// The flow that starts at an operation.
pub(super) const FLOW: &str = "x-flow";
/// The Rust name of a type, field, parameter or operation; at the root of a contract, those of its services.
pub(super) const RUST_NAME: &str = "x-rust-name";
/// The environment of a server.
pub(super) const ENVIRONMENT: &str = "x-polar-environment";

/// The extensions of a schema's data.
pub trait SchemaDataExt {
    /// Returns whether the schema was written as `const`: the only value of its `enum`.
    fn is_const(&self) -> bool;
    /// Returns whether the values are secret.
    fn is_secret(&self) -> bool;
    /// Returns the Rust name of the type or field, if the overlay sets one.
    fn rust_name(&self) -> Option<&str>;
    /// Returns the entity that a UUID identifies, if the overlay sets it.
    fn id_of(&self) -> Option<IdOf>;
    /// Returns the reason why this union is accepted although its variants cannot be discriminated, if it is.
    fn ambiguous(&self) -> Option<&str>;
    /// Returns dotted paths, from the object that contains this union, to the strings that may select its variant.
    fn chosen_by(&self) -> Vec<&str>;
    /// Returns the strings that select a variant, each with the name of its schema.
    fn choices(&self) -> Vec<(&str, &str)>;
    /// Returns the methods that find an item of a list, by name.
    fn lookups(&self) -> BTreeMap<String, Lookup>;
    /// Returns the schemas of an array's positions, if it is a tuple.
    fn prefix_items(&self) -> Option<Vec<ReferenceOr<Schema>>>;
    /// Returns the schema of an object's keys, if it has one.
    fn property_names(&self) -> Option<ReferenceOr<Schema>>;
    /// Returns the default value, if the schema has one.
    fn default_value(&self) -> Option<Literal>;
}

impl SchemaDataExt for SchemaData {
    fn is_const(&self) -> bool {
        self.extensions.get(CONST) == Some(&Value::Bool(true))
    }

    fn is_secret(&self) -> bool {
        self.extensions.get(SECRET) == Some(&Value::Bool(true))
    }

    fn rust_name(&self) -> Option<&str> {
        self.extensions.get(RUST_NAME)?.as_str()
    }

    fn id_of(&self) -> Option<IdOf> {
        self.extensions
            .get(ID_OF)
            .map(|value| match value.as_str() {
                Some(entity) => IdOf::Entity(entity.to_owned()),
                None => IdOf::Anything,
            })
    }

    fn ambiguous(&self) -> Option<&str> {
        self.extensions.get(AMBIGUOUS)?.as_str()
    }

    fn chosen_by(&self) -> Vec<&str> {
        let paths = self.extensions.get(CHOSEN_BY).and_then(Value::as_array);
        paths
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    fn choices(&self) -> Vec<(&str, &str)> {
        let choices = self.extensions.get(CHOICES).and_then(Value::as_object);
        let entries = choices.into_iter().flatten();
        entries
            .filter_map(|(text, schema)| Some((text.as_str(), schema.as_str()?)))
            .collect()
    }

    fn lookups(&self) -> BTreeMap<String, Lookup> {
        self.extensions
            .get(LOOKUP)
            .and_then(read)
            .unwrap_or_default()
    }

    fn prefix_items(&self) -> Option<Vec<ReferenceOr<Schema>>> {
        read(self.extensions.get(PREFIX_ITEMS)?)
    }

    fn property_names(&self) -> Option<ReferenceOr<Schema>> {
        read(self.extensions.get(PROPERTY_NAMES)?)
    }

    fn default_value(&self) -> Option<Literal> {
        if self.extensions.get(DEFAULT_NULL) == Some(&Value::Bool(true)) {
            return Some(Literal::Null);
        }
        self.default.as_ref().map(Literal::from)
    }
}

/// The entity that a UUID identifies, as set by the overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdOf {
    /// An entity, by its name.
    Entity(String),
    /// No entity, regardless of the rules.
    Anything,
}

/// A method that finds an item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The property that is the list.
    pub list: String,
    /// The property of its items that is compared with the argument.
    pub by: String,
}

/// The extensions of a schema.
pub trait SchemaExt {
    /// Returns the only value of a schema that was written as `const`; `Literal::Null` for a schema that only permits
    /// null.
    fn constant(&self) -> Option<Literal>;
}

impl SchemaExt for Schema {
    fn constant(&self) -> Option<Literal> {
        if !self.schema_data.is_const() {
            return None;
        }
        match &self.schema_kind {
            SchemaKind::Type(Type::String(string)) => {
                Some(Literal::String(string.enumeration.first()?.clone()?))
            }
            SchemaKind::Type(Type::Integer(integer)) => {
                Some(Literal::Integer((*integer.enumeration.first()?)?))
            }
            SchemaKind::Type(Type::Boolean(boolean)) => {
                Some(Literal::Bool((*boolean.enumeration.first()?)?))
            }
            SchemaKind::Any(any) => any.enumeration.first().map(Literal::from),
            _ => None,
        }
    }
}

/// How the items of an operation's response are paged.
#[derive(Debug, Clone, PartialEq)]
pub struct Pagination {
    /// How the next page is requested.
    pub kind: PaginationKind,
    /// The schema of one item.
    pub item: ReferenceOr<Schema>,
}

/// How the next page is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaginationKind {
    /// The query parameter `page` counts from 1, and `limit` is the size of a page.
    PageLimit,
}

impl PaginationKind {
    /// The wire names of all kinds.
    pub(super) const WIRE: &[&str] = &["page_limit"];

    /// Returns the kind with this wire name, if it exists.
    pub(super) fn from_wire(name: &str) -> Option<Self> {
        match name {
            "page_limit" => Some(Self::PageLimit),
            _ => None,
        }
    }
}

/// A feature on top of calls that starts at an operation. Related operations are named by their IDs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The operation creates a file, whose parts are then sent to a file storage.
    Upload {
        /// The operation that completes the upload.
        completed_by: String,
    },
    /// The operation returns the URL of a document, once the document exists.
    Document {
        /// The operation that generates the document, if the server does not do so automatically.
        generated_by: Option<String>,
    },
    /// The operation ingests events in batches, and deduplicates them by their IDs.
    Ingest {
        /// The property of an event that contains its timestamp.
        time: String,
        /// The property of the response that counts the new events.
        accepted: String,
        /// The property of the response that counts the duplicates.
        duplicates: String,
    },
    /// The items of the operation's list contain files with their URLs.
    Download {
        /// The property of an item that contains the file.
        file: String,
    },
    /// The operation lists the balances of customers by meter.
    Metering {
        /// The operation that ingests the events that meters count.
        events: String,
    },
    /// The operation creates a checkout, to which visitors are redirected.
    CheckoutRoute {},
    /// The operation creates a session of the customer portal, to which customers are redirected.
    PortalRoute {},
}

/// The extensions of an operation.
pub trait OperationExt {
    /// Returns how the response is paged, if it is.
    fn pagination(&self) -> Option<Pagination>;
    /// Returns the wire names of the subjects that may call the operation; empty without this extension.
    fn allowed_subjects(&self) -> Vec<String>;
    /// Returns the path of the property of the request body with the idempotency key, in every item of lists on the way;
    /// empty if there is none.
    fn idempotency_key(&self) -> Vec<String>;
    /// Returns sets of optional parameters and body properties. The operation requires at least one of each set.
    fn at_least_one_of(&self) -> Vec<Vec<String>>;
    /// Returns the flow that starts at the operation, if there is one.
    fn flow(&self) -> Option<Flow>;
    /// Returns the Rust name of the operation, if the overlay sets one.
    fn rust_name(&self) -> Option<&str>;
}

impl OperationExt for Operation {
    fn pagination(&self) -> Option<Pagination> {
        let pagination = self.extensions.get(PAGINATION)?;
        Some(Pagination {
            kind: PaginationKind::from_wire(pagination.get("type")?.as_str()?)?,
            item: read(pagination.get("item_schema")?)?,
        })
    }

    fn allowed_subjects(&self) -> Vec<String> {
        self.extensions
            .get(ALLOWED_SUBJECTS)
            .and_then(read)
            .unwrap_or_default()
    }

    fn idempotency_key(&self) -> Vec<String> {
        self.extensions
            .get(IDEMPOTENCY_KEY)
            .and_then(read)
            .unwrap_or_default()
    }

    fn at_least_one_of(&self) -> Vec<Vec<String>> {
        self.extensions
            .get(REQUIRE_ANY_OF)
            .and_then(read)
            .unwrap_or_default()
    }

    fn flow(&self) -> Option<Flow> {
        self.extensions.get(FLOW).and_then(read)
    }

    fn rust_name(&self) -> Option<&str> {
        self.extensions.get(RUST_NAME)?.as_str()
    }
}

/// The extensions of a parameter.
pub trait ParameterExt {
    /// Returns the Rust name of the parameter, if the overlay sets one.
    fn rust_name(&self) -> Option<&str>;
}

impl ParameterExt for ParameterData {
    fn rust_name(&self) -> Option<&str> {
        self.extensions.get(RUST_NAME)?.as_str()
    }
}

/// The extensions of a document.
pub trait DocumentExt {
    /// Returns pairs of a service, written as in operation IDs (`customers:members`), and its Rust name. They are the
    /// `x-rust-name` at the root of the overlay.
    fn service_names(&self) -> Vec<(&str, &str)>;
}

impl DocumentExt for OpenAPI {
    fn service_names(&self) -> Vec<(&str, &str)> {
        let names = self.extensions.get(RUST_NAME).and_then(Value::as_object);
        let entries = names.into_iter().flatten();
        entries
            .filter_map(|(service, name)| Some((service.as_str(), name.as_str()?)))
            .collect()
    }
}

/// The extensions of a server.
pub trait ServerExt {
    /// Returns the wire name of the server's environment (`production`).
    fn environment(&self) -> Option<&str>;
}

impl ServerExt for Server {
    fn environment(&self) -> Option<&str> {
        self.extensions.get(ENVIRONMENT)?.as_str()
    }
}

/// Decodes an extension. `keywords.rs` and `grammar.rs` have validated all extensions of a loaded document, so it is never
/// `None` there.
fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}
