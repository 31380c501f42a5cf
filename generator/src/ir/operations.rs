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
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// Whose credential the accessor takes.
    pub credential: ServiceCredential,
    /// In the order of their names.
    pub operations: Vec<Operation>,
    /// Sub-services, in the order of their names.
    pub children: Vec<Service>,
}

impl Service {
    /// Its own operation with this id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }
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
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Method name and last segment of the operation id.
    pub name: Name,
    /// Type of the request value: `ListSeats`.
    pub type_name: String,
    /// `customer-seats:list_seats`.
    pub id: String,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// A program that calls it, if there is one. `MODULE` stands for the module of the default version.
    pub example: Option<String>,
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
    /// What it returns on success.
    pub success: Success,
    /// The status of a success with a body: 200, or 201 of what was created.
    pub status: u16,
    /// What it returns on failure: status and error codes.
    pub errors: BTreeMap<u16, Vec<String>>,
    /// Our words for the causes of these errors, by status.
    pub causes: BTreeMap<u16, String>,
    /// Who may call it.
    pub access: Access,
    /// Scopes of which the credential needs one.
    pub scopes: Vec<String>,
    /// How its answer is paged.
    pub paging: Option<Paging>,
    /// Whether it may be repeated.
    pub safety: Safety,
    /// Sets of optional parameters and properties of the body, of each of which it needs one.
    pub one_of: Vec<Vec<String>>,
    /// What the client makes of it beyond a call.
    pub flow: Option<Flow>,
    /// Whether it still should be used.
    pub lifecycle: Lifecycle,
    /// JSON pointer into the contract.
    pub at: String,
}

impl Operation {
    /// Returns the types of what it sends and of what it answers, errors not counted.
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
    /// `name=a,b`: one value, in which commas separate the items of a list.
    Joined,
    /// `name[key]=value`.
    DeepObject,
    /// `name=<JSON text>`.
    Json,
}

/// What an operation sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// What it holds.
    pub ty: Type,
    /// How it is written.
    pub encoding: Encoding,
    /// Whether it must be there.
    pub presence: Presence,
    /// Limits on the value as a whole; the fields of its type have their own.
    pub limits: Limits,
    /// JSON pointer of its schema.
    pub at: String,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// What an operation returns on success.
#[derive(Debug, Clone, PartialEq)]
pub enum Success {
    /// A JSON value.
    Json(Type),
    /// A JSON value, or an empty body while there is none yet.
    JsonOrEmpty(Type),
    /// No body, or one that means nothing.
    Empty,
    /// CSV, and what its rows are, where the columns are known.
    Csv(Option<Type>),
}

/// Who may call an operation.
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
    /// What the pages hold.
    pub item: Type,
    /// The type of a page, one of [`Api::pages`](super::Api::pages).
    pub page: TypeId,
}

/// A type that is a page of a list: it has `items` and a `pagination`.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What it holds.
    pub item: Type,
    /// What it says about the pages after it.
    pub form: PageForm,
}

/// What a page says about those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageForm {
    /// The number of the last one, in `pagination.max_page`.
    Last,
    /// Whether there is one, in `pagination.has_next_page`.
    More,
    /// What its variant says: it is a union of pages.
    OneOf,
}

/// Whether sending an operation twice does the same as sending it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Safety {
    /// Yes.
    Repeatable,
    /// No.
    Once,
    /// If the body has a key everywhere at the end of this path, by which the server knows what it already has. Lists on
    /// the way are not named.
    Keyed(Vec<String>),
}

/// What the client makes of an operation and of others around it: a method of its own, beside that of the operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Method name, and what it was made of.
    pub name: Name,
    /// What the method does.
    pub kind: FlowKind,
}

/// The workflow. Its other operations are given by ID, and belong to the same service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowKind {
    /// The operation announces a file, whose parts then go to a storage.
    Upload {
        /// The operation that completes the upload, and returns the file.
        completed_by: String,
    },
    /// The operation returns the URL of a document, once it exists.
    Document {
        /// What makes the document, if the server does not do it by itself.
        generated_by: Option<String>,
    },
    /// The operation takes events, many at a time, and knows those it has by their ids: it is
    /// [`Keyed`](Safety::Keyed) by the id of each item of a list.
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
    /// The operation lists what meters have counted for customers. Its method is one of the client.
    Metering {
        /// What takes the events that they count, of another service.
        events: String,
    },
    /// The operation creates a checkout, to which visitors are sent.
    CheckoutRoute,
    /// The operation creates a session of the customer portal, to which customers are sent.
    PortalRoute,
}
