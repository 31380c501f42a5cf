//! Typed access to what the downgraded document says beyond OpenAPI 3.0. JSON values stay behind these methods.

use std::collections::BTreeMap;

use openapiv3::{
    OpenAPI, Operation, ParameterData, ReferenceOr, Schema, SchemaData, SchemaKind, Server, Type,
};
use serde::Deserialize;
use serde_json::Value;

use super::literal::Literal;

/// Marks a one-valued `enum` that was written as `const`.
pub(super) const CONST: &str = "x-const";
/// `prefixItems` of an array: one schema per position.
pub(super) const PREFIX_ITEMS: &str = "x-prefix-items";
/// `propertyNames` of an object.
pub(super) const PROPERTY_NAMES: &str = "x-property-names";
/// `true` on a schema with `default: null`, which `openapiv3` takes for no default.
pub(super) const DEFAULT_NULL: &str = "x-default-null";
/// `true` on a schema whose values must never be printed.
pub(super) const SECRET: &str = "x-secret";
/// What a UUID identifies where the rules do not find it: the name of an entity, or `false` for none.
pub(super) const ID_OF: &str = "x-id-of";
/// Why a union cannot be decided; it is accepted nevertheless.
pub(super) const AMBIGUOUS: &str = "x-ambiguous";
/// Where beside such a union stands what it is, as dotted paths from the object that holds the union.
pub(super) const CHOSEN_BY: &str = "x-chosen-by";
/// Which schema each text found there stands for.
pub(super) const CHOICES: &str = "x-choices";
/// Methods of a type that find an item of one of its lists.
pub(super) const LOOKUP: &str = "x-lookup";
/// How an operation's answer is paged.
pub(super) const PAGINATION: &str = "x-polar-pagination";
/// Who may call an operation.
pub(super) const ALLOWED_SUBJECTS: &str = "x-polar-allowed-subjects";
/// Where in an operation's body the server finds the keys by which it knows a repetition.
pub(super) const IDEMPOTENCY_KEY: &str = "x-idempotency-key";
/// Sets of optional parameters and properties of the body, of each of which an operation needs one.
pub(super) const ONE_OF: &str = "x-require-one-of";
/// What the client makes of an operation and of others around it.
pub(super) const FLOW: &str = "x-flow";
/// The name in Rust of a type, field, parameter or operation; at the root of a contract, those of its services.
pub(super) const RUST_NAME: &str = "x-rust-name";
/// Which environment a server is.
pub(super) const ENVIRONMENT: &str = "x-polar-environment";

/// What a schema's data says beyond OpenAPI 3.0.
pub trait SchemaDataExt {
    /// Written as `const`: the only value of the schema's `enum`.
    fn is_const(&self) -> bool;
    /// Values must never be printed.
    fn is_secret(&self) -> bool;
    /// What the type or the field is called in Rust, if the corrections say so.
    fn rust_name(&self) -> Option<&str>;
    /// What a UUID identifies, if the corrections say so.
    fn id_of(&self) -> Option<IdOf>;
    /// Why no decision between the members of this union exists, if that is accepted.
    fn ambiguous(&self) -> Option<&str>;
    /// Dotted paths, from the object that holds this union, to a text that says what the union's value is.
    fn chosen_by(&self) -> Vec<&str>;
    /// Those texts, each with the name of the schema it stands for.
    fn choices(&self) -> Vec<(&str, &str)>;
    /// Methods that find an item of a list, by name.
    fn lookups(&self) -> BTreeMap<String, Lookup>;
    /// Returns the schemas of an array's positions, if it is a tuple.
    fn prefix_items(&self) -> Option<Vec<ReferenceOr<Schema>>>;
    /// Returns the schema of an object's keys, if it says one.
    fn property_names(&self) -> Option<ReferenceOr<Schema>>;
    /// Returns the default, if there is one.
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

/// What a UUID identifies, by the corrections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdOf {
    /// An entity, by its name.
    Entity(String),
    /// Something that is no entity, whatever the rules say.
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

/// What a schema says beyond OpenAPI 3.0.
pub trait SchemaExt {
    /// Returns the one value that a schema written as `const` allows. `Literal::Null` for a schema that is only null.
    fn constant(&self) -> Option<Literal>;
}

impl SchemaExt for Schema {
    fn constant(&self) -> Option<Literal> {
        if !self.schema_data.is_const() {
            return None;
        }
        match &self.schema_kind {
            SchemaKind::Type(Type::String(string)) => {
                Some(Literal::Text(string.enumeration.first()?.clone()?))
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

/// How the items of an operation's answer are paged.
#[derive(Debug, Clone, PartialEq)]
pub struct Pagination {
    /// The way of asking for the next page.
    pub kind: PaginationKind,
    /// The schema of one item.
    pub item: ReferenceOr<Schema>,
}

/// A way of asking for the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaginationKind {
    /// `page` counts from 1, `limit` is the size of a page.
    PageLimit,
}

impl PaginationKind {
    /// The wire names of all kinds.
    pub(super) const WIRE: &[&str] = &["page_limit"];

    /// Returns the kind with this wire name.
    pub(super) fn from_wire(name: &str) -> Option<Self> {
        match name {
            "page_limit" => Some(Self::PageLimit),
            _ => None,
        }
    }
}

/// What the client makes of an operation and of others around it. Operations are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The operation announces a file, whose parts then go to a storage.
    Upload {
        /// The operation that completes the upload.
        completed_by: String,
    },
    /// The operation returns the URL of a document, once it exists.
    Document {
        /// What makes the document, if the server does not do it by itself.
        generated_by: Option<String>,
    },
    /// The operation takes events, many at a time, and knows those it has by their ids.
    Ingest {
        /// The property of an event that says when it happened.
        time: String,
        /// The property of the response that counts the events that were new.
        accepted: String,
        /// The property of the response that counts the events that were not.
        duplicates: String,
    },
    /// The items of the operation's list hold files with their addresses.
    Download {
        /// The property of an item that is the file.
        file: String,
    },
    /// The operation lists what meters have counted for customers.
    Metering {
        /// What takes the events that they count.
        events: String,
    },
    /// The operation creates a checkout, to which visitors are sent.
    CheckoutRoute {},
    /// The operation creates a session of the customer portal, to which customers are sent.
    PortalRoute {},
}

/// What an operation says beyond OpenAPI 3.0.
pub trait OperationExt {
    /// How its answer is paged, if it is.
    fn pagination(&self) -> Option<Pagination>;
    /// Returns the subjects that may call it, as on the wire; none if it does not say.
    fn allowed_subjects(&self) -> Vec<String>;
    /// Returns the path to the idempotency keys in the request body; empty if there are none.
    fn idempotency_key(&self) -> Vec<String>;
    /// Sets of optional parameters and properties of the body, of each of which it needs one.
    fn one_of(&self) -> Vec<Vec<String>>;
    /// What the client makes of it beyond a call, if it does.
    fn flow(&self) -> Option<Flow>;
    /// What it is called in Rust, if the corrections say so.
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

    fn one_of(&self) -> Vec<Vec<String>> {
        self.extensions
            .get(ONE_OF)
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

/// What a parameter says beyond OpenAPI 3.0.
pub trait ParameterExt {
    /// What it is called in Rust, if the corrections say so.
    fn rust_name(&self) -> Option<&str>;
}

impl ParameterExt for ParameterData {
    fn rust_name(&self) -> Option<&str> {
        self.extensions.get(RUST_NAME)?.as_str()
    }
}

/// What a document says beyond OpenAPI 3.0.
pub trait DocumentExt {
    /// What its services are called in Rust where the corrections say so, by the segments of operation ids (`a:b`).
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

/// What a server says beyond OpenAPI 3.0.
pub trait ServerExt {
    /// Returns the environment it is, as on the wire (`production`).
    fn environment(&self) -> Option<&str>;
}

impl ServerExt for Server {
    fn environment(&self) -> Option<&str> {
        self.extensions.get(ENVIRONMENT)?.as_str()
    }
}

/// Reads an extension. Loading has checked the shape of every extension, so this succeeds on a loaded document.
fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}
