//! The intermediate representation: what one version of the API is, in terms a client author thinks in.
//!
//! Plain data. `lower` makes it, `check` proves its invariants, `emit` turns it into source.
//! Wire facts only: nothing here knows about OpenAPI, and nothing here is Rust syntax beyond the identifiers of
//! [`Name`].

use std::collections::BTreeMap;

use crate::names::Name;

/// One version of the API.
#[derive(Debug, Clone)]
pub struct Api {
    /// The file the contract came from, for error messages.
    pub file: String,
    /// `YYYY-MM`.
    pub version: String,
    /// Where the API is served.
    pub servers: Vec<Server>,
    /// Every type, indexed by [`TypeId`].
    pub types: Vec<TypeDef>,
    /// The root services, in the order of their names.
    pub services: Vec<Service>,
    /// Every value of the `error` key that the contract documents, with the statuses it comes with.
    pub error_codes: BTreeMap<String, Vec<u16>>,
    /// The union over all webhook payloads, if the contract has webhooks.
    pub webhook_event: Option<TypeId>,
}

impl Api {
    /// The definition behind an id.
    pub fn def(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0]
    }

    /// All operations, services and their sub-services depth first.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        let mut stack: Vec<&Service> = self.services.iter().rev().collect();
        std::iter::from_fn(move || {
            let service = stack.pop()?;
            stack.extend(service.children.iter().rev());
            Some(&service.operations)
        })
        .flatten()
    }

    /// All unions with their definitions.
    pub fn unions(&self) -> impl Iterator<Item = (&TypeDef, &Union)> {
        self.types.iter().filter_map(|def| match &def.shape {
            Shape::Union(union) => Some((def, union)),
            _ => None,
        })
    }
}

/// A server the API is reachable at.
#[derive(Debug, Clone)]
pub struct Server {
    /// `production`, `sandbox`.
    pub name: Name,
    /// Base URL without a trailing slash.
    pub url: String,
}

/// Index of a type in [`Api::types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub usize);

/// A named type of the API.
#[derive(Debug, Clone)]
pub struct TypeDef {
    /// Rust name and schema name.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// Which way the type travels.
    pub usage: Usage,
    /// Whether fields that accept null are cleared by it: the type is (part of) the body of a partial update.
    pub role: Role,
    /// The file of `models/` the type belongs to.
    pub module: String,
    /// What the type is made of.
    pub shape: Shape,
    /// JSON pointer into the contract.
    pub at: String,
}

impl TypeDef {
    /// Whether the contract names the type, rather than leaving it inline somewhere.
    pub fn is_component(&self) -> bool {
        let name = self.at.strip_prefix("/components/schemas/");
        name.is_some_and(|name| !name.contains('/'))
    }
}

/// Which way a type travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Only sent.
    Input,
    /// Only received.
    Output,
    /// Sent and received.
    Both,
}

impl Usage {
    /// Whether values are received, and so decoded.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Output | Self::Both)
    }

    /// Whether values are built by the user, and so need constructors.
    pub fn is_built(self) -> bool {
        matches!(self, Self::Input | Self::Both)
    }
}

/// What sending null in a field of the type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Null is the same as leaving the field out.
    Plain,
    /// Null clears the stored value: part of the body of a `PATCH`.
    Patch,
}

/// What a type is made of.
#[derive(Debug, Clone)]
pub enum Shape {
    /// An object with known fields.
    Struct(Struct),
    /// A set of texts.
    Enum(Enum),
    /// One of several types.
    Union(Union),
    /// Another name for a type.
    Alias(Type),
}

/// An object with known fields.
#[derive(Debug, Clone)]
pub struct Struct {
    /// In the order of the contract.
    pub fields: Vec<Field>,
    /// The type of further entries, where the contract gives them one.
    pub rest: Option<Type>,
}

/// A field of a struct.
#[derive(Debug, Clone)]
pub struct Field {
    /// Rust name and key.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// What it holds.
    pub ty: Type,
    /// Whether the key must be there.
    pub presence: Presence,
    /// What else the contract says of it.
    pub facts: Facts,
    /// JSON pointer into the contract.
    pub at: String,
}

/// Whether a field or parameter must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always there.
    Required,
    /// May be left out.
    Optional,
}

/// What the contract says of a value beyond its type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Limits on the value.
    pub limits: Limits,
    /// The value the server takes when there is none, as it would stand in JSON.
    pub default: Option<String>,
    /// Whether it still should be used.
    pub lifecycle: Lifecycle,
    /// Whether it may appear in `Debug` output.
    pub sensitivity: Sensitivity,
}

/// Limits on a value; those of list items, map values and map keys are nested.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Fewest characters.
    pub min_length: Option<u64>,
    /// Most characters.
    pub max_length: Option<u64>,
    /// Regular expression (ECMA 262) that the text matches.
    pub pattern: Option<String>,
    /// Name of a textual format that has no Rust type of its own (`email`, `uri`).
    pub format: Option<String>,
    /// Lower bound.
    pub minimum: Option<Bound>,
    /// Upper bound.
    pub maximum: Option<Bound>,
    /// Fewest items or entries.
    pub min_items: Option<u64>,
    /// Most items or entries.
    pub max_items: Option<u64>,
    /// Limits on each item of a list or value of a map.
    pub items: Option<Box<Limits>>,
    /// Limits on each key of a map.
    pub keys: Option<Box<Limits>>,
}

impl Limits {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A numeric bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The number, as it stands in JSON.
    pub value: String,
    /// Whether the number itself is allowed.
    pub edge: Edge,
}

/// Whether a bound includes its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `<=`, `>=`.
    Inclusive,
    /// `<`, `>`.
    Exclusive,
}

/// Whether something still should be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lifecycle {
    /// Yes.
    #[default]
    Active,
    /// No: it will go.
    Deprecated,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// Yes.
    #[default]
    Public,
    /// No: it grants access.
    Secret,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// A single value.
    Scalar(Scalar),
    /// A type of [`Api::types`].
    Named(TypeId),
    /// A JSON array.
    List(Box<Type>),
    /// A JSON object with free keys.
    Map(Box<Type>),
    /// A JSON array of fixed length.
    Tuple(Vec<Type>),
    /// A value or null.
    Nullable(Box<Type>),
    /// A value on the heap: a struct that contains itself.
    Boxed(Box<Type>),
    /// Always the same value.
    Const(Constant),
    /// Anything.
    Json,
}

impl Type {
    /// The type without its null.
    pub fn non_null(&self) -> &Type {
        match self {
            Self::Nullable(inner) => inner.non_null(),
            other => other,
        }
    }

    /// Whether null is a value of it.
    pub fn is_nullable(&self) -> bool {
        matches!(self, Self::Nullable(_))
    }

    /// The same type, null included.
    pub fn nullable(self) -> Type {
        if self.is_nullable() {
            self
        } else {
            Self::Nullable(Box::new(self))
        }
    }

    /// Calls `visit` with every named type in it.
    pub fn visit_named(&self, visit: &mut impl FnMut(TypeId)) {
        match self {
            Self::Named(id) => visit(*id),
            Self::List(inner) | Self::Map(inner) | Self::Nullable(inner) | Self::Boxed(inner) => {
                inner.visit_named(visit);
            }
            Self::Tuple(items) => items.iter().for_each(|item| item.visit_named(visit)),
            Self::Scalar(_) | Self::Const(_) | Self::Json => {}
        }
    }
}

/// A single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// Text.
    String,
    /// Signed 64-bit integer; money in cents.
    Integer,
    /// Double.
    Float,
    /// Integer or double, kept apart.
    Number,
    /// Exact decimal: a string out, number or string in.
    Decimal,
    /// True or false.
    Boolean,
    /// UUID.
    Uuid,
    /// Instant.
    Timestamp,
    /// Calendar date.
    Date,
}

/// A constant of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constant {
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Null.
    Null,
}

/// A set of texts. The client keeps texts it does not know.
#[derive(Debug, Clone)]
pub struct Enum {
    /// In the order of the contract.
    pub values: Vec<EnumValue>,
}

/// One text of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// Variant name and text.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
}

/// One of several types.
#[derive(Debug, Clone)]
pub struct Union {
    /// Nested unions are flattened.
    pub variants: Vec<Variant>,
    /// How a value is told apart.
    pub resolution: Resolution,
}

/// One of the types of a union.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Variant name; the wire part is the schema's or scalar's name.
    pub name: Name,
    /// What it holds.
    pub ty: Type,
    /// Limits on the value.
    pub limits: Limits,
    /// JSON pointers into the contract: the members of the union that it stands for.
    pub at: Vec<String>,
}

/// How the variants of a union are told apart when a value is decoded.
#[derive(Debug, Clone)]
pub enum Resolution {
    /// By a decision that can be taken from the value alone.
    Decided(Decision),
    /// Never decoded.
    WriteOnly,
    /// Not at all, for a reason given with the corrections; the raw JSON is kept.
    Ambiguous {
        /// Why that is right.
        reason: String,
    },
}

impl Resolution {
    /// The word for it in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.label(),
            Self::WriteOnly => "write-only",
            Self::Ambiguous { .. } => "ambiguous",
        }
    }
}

/// A decision over the properties of a JSON value. Variants are indices into [`Union::variants`].
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It is this variant.
    Variant(usize),
    /// It is none of them: keep the raw JSON.
    Unknown,
    /// By the constant at a path of object keys.
    Tag {
        /// The keys.
        path: Vec<String>,
        /// Constants and what follows from them; every constant occurs once.
        arms: Vec<(Vec<Constant>, Decision)>,
        /// What follows from another constant, or none.
        otherwise: Box<Decision>,
    },
    /// By whether one of several keys is there (and not null).
    Key {
        /// Paths of object keys, any of which decides.
        any_of: Vec<Vec<String>>,
        /// If one is there.
        present: Box<Decision>,
        /// If none is.
        absent: Box<Decision>,
    },
    /// By the type of the JSON value.
    Kind {
        /// Types and what follows from them.
        arms: Vec<(Vec<Kind>, Decision)>,
    },
    /// By whether a text reads as a value of this variant's scalar, and writes back as the same text.
    Text {
        /// The variant.
        variant: usize,
        /// If it does not.
        otherwise: Box<Decision>,
    },
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `true`, `false`.
    Boolean,
    /// A number without fraction or exponent.
    Integer,
    /// Any other number.
    Number,
    /// A text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

impl Decision {
    /// The word for it in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Variant(_) | Self::Unknown => "single",
            Self::Key { .. } => "keys",
            Self::Kind { .. } | Self::Text { .. } => "kind",
            Self::Tag {
                arms, otherwise, ..
            } => match **otherwise {
                Self::Unknown if arms.iter().all(|(_, then)| then.is_pure()) => "tag",
                Self::Unknown => "guard",
                _ => "fallback",
            },
        }
    }

    /// Whether it is taken by constants that leave nothing open.
    fn is_pure(&self) -> bool {
        matches!(self, Self::Variant(_)) || self.label() == "tag"
    }

    /// The properties it looks at, in the order it looks at them, as dotted paths.
    pub fn deciding(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_deciding(&mut found);
        found
    }

    fn collect_deciding(&self, found: &mut Vec<String>) {
        let mut add = |path: String| {
            if !found.contains(&path) {
                found.push(path);
            }
        };
        match self {
            Self::Variant(_) | Self::Unknown => {}
            Self::Tag {
                path,
                arms,
                otherwise,
            } => {
                add(path.join("."));
                arms.iter()
                    .for_each(|(_, then)| then.collect_deciding(found));
                otherwise.collect_deciding(found);
            }
            Self::Key {
                any_of,
                present,
                absent,
            } => {
                any_of
                    .iter()
                    .for_each(|path| add(format!("{}?", path.join("."))));
                present.collect_deciding(found);
                absent.collect_deciding(found);
            }
            Self::Kind { arms } => {
                add("(type)".to_owned());
                arms.iter()
                    .for_each(|(_, then)| then.collect_deciding(found));
            }
            Self::Text { otherwise, .. } => {
                add("(text)".to_owned());
                otherwise.collect_deciding(found);
            }
        }
    }

    /// The variants it can lead to.
    pub fn outcomes(&self) -> Vec<usize> {
        match self {
            Self::Variant(variant) => vec![*variant],
            Self::Unknown => vec![],
            Self::Tag {
                arms, otherwise, ..
            } => arms
                .iter()
                .flat_map(|(_, then)| then.outcomes())
                .chain(otherwise.outcomes())
                .collect(),
            Self::Key {
                present, absent, ..
            } => [present.outcomes(), absent.outcomes()].concat(),
            Self::Kind { arms } => arms.iter().flat_map(|(_, then)| then.outcomes()).collect(),
            Self::Text { variant, otherwise } => [vec![*variant], otherwise.outcomes()].concat(),
        }
    }
}

/// A group of operations: `customers`, and within it `members`.
#[derive(Debug, Clone)]
pub struct Service {
    /// Accessor (`customer_seats`) and segment of the operation id (`customer-seats`).
    pub name: Name,
    /// Type name: `CustomerSeats`.
    pub type_name: String,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// Whose credential the accessor takes.
    pub credential: ServiceCredential,
    /// In the order of their names.
    pub operations: Vec<Operation>,
    /// Sub-services, in the order of their names.
    pub children: Vec<Service>,
}

/// Whose credential a service acts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceCredential {
    /// The client's own, or its parent's.
    Inherited,
    /// One given to the accessor: a customer's or member's session.
    Given,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Method name and last segment of the operation id.
    pub name: Name,
    /// Type of the request value: `ListSeats`.
    pub type_name: String,
    /// `customer-seats:list_seats`.
    pub id: String,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// HTTP method.
    pub method: Method,
    /// Path template.
    pub path: String,
    /// In the order of the template.
    pub path_params: Vec<Param>,
    /// In the order of the contract.
    pub query: Vec<Param>,
    /// What is sent.
    pub body: Option<Body>,
    /// What comes back when it works.
    pub success: Success,
    /// What comes back when it does not: status, and the error codes it comes with.
    pub errors: BTreeMap<u16, Vec<String>>,
    /// Who may call it.
    pub access: Access,
    /// Scopes of which the credential needs one.
    pub scopes: Vec<String>,
    /// How its answer is paged.
    pub paging: Option<Paging>,
    /// Whether it may be repeated.
    pub safety: Safety,
    /// Whether it still should be used.
    pub lifecycle: Lifecycle,
    /// JSON pointer into the contract.
    pub at: String,
}

impl Operation {
    /// The types of what it sends and of what it answers, errors not counted.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        let params = self.path_params.iter().chain(&self.query);
        let success = match &self.success {
            Success::Json(ty) | Success::JsonOrEmpty(ty) => Some(ty),
            Success::Empty | Success::Csv => None,
        };
        params
            .map(|param| &param.ty)
            .chain(self.body.iter().map(|body| &body.ty))
            .chain(success)
            .chain(self.paging.iter().map(|paging| &paging.item))
    }
}

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A path or query parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// Rust name and wire name.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// What it holds; lists of a query are [`Type::List`].
    pub ty: Type,
    /// Whether it must be given.
    pub presence: Presence,
    /// How it is written.
    pub style: ParamStyle,
    /// What else the contract says of it.
    pub facts: Facts,
    /// JSON pointer into the contract.
    pub at: String,
}

/// How a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamStyle {
    /// `name=value`, repeated for lists; or a path segment.
    Plain,
    /// `name[key]=value`.
    DeepObject,
    /// `name=<JSON text>`.
    Json,
}

/// What an operation sends.
#[derive(Debug, Clone)]
pub struct Body {
    /// What it holds.
    pub ty: Type,
    /// How it is written.
    pub encoding: Encoding,
    /// Whether it must be there.
    pub presence: Presence,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// What comes back when an operation works.
#[derive(Debug, Clone, PartialEq)]
pub enum Success {
    /// A JSON value.
    Json(Type),
    /// A JSON value, or an empty body while there is none yet.
    JsonOrEmpty(Type),
    /// No body, or one that means nothing.
    Empty,
    /// CSV.
    Csv,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a credential.
    Public,
    /// Anybody, without a credential or with a personal or OpenID Connect access token.
    Optional,
    /// An organization access token, a personal access token, or an OpenID Connect access token.
    Account,
    /// A personal access token or an OpenID Connect access token; no organization access token.
    Personal,
    /// An OpenID Connect access token.
    OpenIdConnect,
    /// A customer session or a member session.
    Portal,
    /// A member session.
    Member,
}

/// How an answer is paged.
#[derive(Debug, Clone, PartialEq)]
pub struct Paging {
    /// What the pages hold.
    pub item: Type,
}

/// Whether sending an operation twice does the same as sending it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// Yes.
    Repeatable,
    /// No.
    Once,
}
