//! The operations of the API, and the services they are grouped in.

use std::collections::BTreeMap;

use super::{Facts, Lifecycle, Limits, Presence, Type, TypeId};
use crate::names::Name;

/// A group of operations: `customers`, and within it `members`.
#[derive(Debug, Clone)]
pub struct Service {
    /// Accessor (`customer_seats`) and segment of the operation id (`customer-seats`).
    pub name: Name,
    /// Type name: `CustomerSeats`.
    pub type_name: String,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// The credential of the accessor.
    pub credential: ServiceCredential,
    /// In the order of their names.
    pub operations: Vec<Operation>,
    /// Sub-services, in the order of their names.
    pub children: Vec<Service>,
}

impl Service {
    /// Returns its operation with this ID.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }
}

/// The credential that the operations of a service use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceCredential {
    /// That of the client, or of the parent service.
    Inherited,
    /// One that is passed to the accessor: a customer's or member's session.
    Given,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Method name and last segment of the operation id.
    pub name: Name,
    /// Type of the request value: `ListSeats`.
    pub type_name: String,
    /// `customer-seats:list_seats`.
    pub id: String,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// A program that calls it, if it exists. `MODULE` stands for the module of the default version.
    pub example: Option<String>,
    /// HTTP method.
    pub method: Method,
    /// Path template.
    pub path: String,
    /// In the order of the template.
    pub path_params: Vec<Param>,
    /// In the order of the contract.
    pub query: Vec<Param>,
    /// The request body.
    pub body: Option<Body>,
    /// The result of a success.
    pub success: Success,
    /// The status of a success with a body: 200, or 201 for a created resource.
    pub status: u16,
    /// The documented errors: status and error codes.
    pub errors: BTreeMap<u16, Vec<String>>,
    /// The causes of these errors from the documentation, by status.
    pub causes: BTreeMap<u16, String>,
    /// The credentials that it accepts.
    pub access: Access,
    /// The scopes, one of which the credential needs.
    pub scopes: Vec<String>,
    /// How its response is paged.
    pub paging: Option<Paging>,
    /// Whether it is safe to retry.
    pub safety: Safety,
    /// Sets of optional parameters and properties of the body, of each of which at least one is required.
    pub at_least_one_of: Vec<Vec<String>>,
    /// The workflows that it is part of.
    pub flow: Option<Flow>,
    /// Whether it is deprecated.
    pub lifecycle: Lifecycle,
    /// JSON pointer into the contract.
    pub at: String,
}

impl Operation {
    /// Returns the types of its request and of its response, without errors.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        let params = self.path_params.iter().chain(&self.query);
        let success = match &self.success {
            Success::Json(ty) | Success::JsonOrEmpty(ty) => Some(ty),
            Success::Csv(row) => row.as_ref(),
            Success::Empty => None,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Rust name and wire name.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// Its type; lists of a query are [`Type::List`].
    pub ty: Type,
    /// Whether it is required.
    pub presence: Presence,
    /// How it is encoded.
    pub style: ParamStyle,
    /// Other facts that the contract states.
    pub facts: Facts,
    /// JSON pointer into the contract.
    pub at: String,
}

/// How a parameter is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamStyle {
    /// `name=value`, repeated for lists; or a path segment.
    Plain,
    /// `name=a,b`: one value, in which commas separate the items of a list.
    Joined,
    /// `name[key]=value`.
    DeepObject,
    /// `name=<JSON text>`.
    Json,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Its type.
    pub ty: Type,
    /// How it is encoded.
    pub encoding: Encoding,
    /// Whether it is required.
    pub presence: Presence,
    /// Constraints on the value as a whole; the fields of its type have their own.
    pub limits: Limits,
    /// JSON pointer of its schema.
    pub at: String,
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// The result of an operation on success.
#[derive(Debug, Clone, PartialEq)]
pub enum Success {
    /// A JSON value.
    Json(Type),
    /// A JSON value, or an empty body while the value does not exist yet.
    JsonOrEmpty(Type),
    /// No body, or one without a meaning.
    Empty,
    /// CSV, and the type of its rows if the columns are known.
    Csv(Option<Type>),
}

/// The credentials that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// None: unauthenticated.
    Public,
    /// None, or a personal or OpenID Connect access token.
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
    /// The registration access token of an OAuth2 client.
    Registration,
}

/// How a response is paged.
#[derive(Debug, Clone, PartialEq)]
pub struct Paging {
    /// The type of the items.
    pub item: Type,
    /// The type of a page, one of [`Api::pages`](super::Api::pages).
    pub page: TypeId,
}

/// A type that is a page of a list: it has `items` and a `pagination`.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The type of its items.
    pub item: Type,
    /// What it states about the following pages.
    pub form: PageForm,
}

/// What a page states about the following pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageForm {
    /// The number of the last one, in `pagination.max_page`.
    Last,
    /// Whether a next page exists, in `pagination.has_next_page`.
    More,
    /// Depends on its variant: the type is a union of pages.
    OneOf,
}

/// Whether an operation is safe to retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Safety {
    /// It is idempotent.
    Idempotent,
    /// It is not.
    NotIdempotent,
    /// It is if the body has an idempotency key everywhere at the end of this path. Lists on the path are traversed.
    Keyed(Vec<String>),
}

/// A workflow of an operation and related ones: an additional method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Method name, and its origin.
    pub name: Name,
    /// The kind of workflow.
    pub kind: FlowKind,
}

/// The kind of a workflow. Its other operations are given by ID, and belong to the same service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowKind {
    /// The operation creates a file, whose parts are then sent to a file storage.
    Upload {
        /// The operation that completes the upload, and returns the file.
        completed_by: String,
    },
    /// The operation returns the URL of a document, once the document exists.
    Document {
        /// The operation that generates the document, if the server does not do so automatically.
        generated_by: Option<String>,
    },
    /// The operation ingests events in batches, and deduplicates them by their IDs: it is [`Keyed`](Safety::Keyed) by
    /// the ID of each item of a list.
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
    /// The operation lists the balances of customers by meter. The client itself has its method.
    Metering {
        /// The operation that ingests the counted events, of another service.
        events: String,
    },
    /// The operation creates a checkout, to which visitors are redirected.
    CheckoutRoute,
    /// The operation creates a session of the customer portal, to which customers are redirected.
    PortalRoute,
}
