//! The operations of the API, grouped in services.

use std::collections::BTreeMap;

use super::{Facts, Lifecycle, Limits, Presence, Type, TypeId};
use crate::names::Name;

/// A group of operations: `customers`, and within it `members`.
#[derive(Debug, Clone)]
pub struct Service {
    /// The name of the method that returns the service (`customer_seats`), and the segment of operation IDs
    /// (`customer-seats`).
    pub name: Name,
    /// The name of the type: `CustomerSeats`.
    pub type_name: String,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// The credential that the service uses.
    pub credential: ServiceCredential,
    /// The operations, sorted by name.
    pub operations: Vec<Operation>,
    /// The child services, sorted by name.
    pub children: Vec<Service>,
}

impl Service {
    /// Returns the operation with this ID, if the service contains it.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }
}

/// The credential that the operations of a service use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceCredential {
    /// The credential of the client or of the parent service.
    Inherited,
    /// A credential that is passed to the method that returns the service: the session of a customer or member.
    Given,
}

/// An operation of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The name of the method, and the last segment of the operation ID.
    pub name: Name,
    /// The name of the request type: `ListSeats`.
    pub type_name: String,
    /// The operation ID: `customer-seats:list_seats`.
    pub id: String,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// A program that calls the operation, if one exists. `MODULE` stands for the module of the default version.
    pub example: Option<String>,
    /// HTTP method.
    pub method: Method,
    /// The path template.
    pub path: String,
    /// The path parameters, in the order of the template.
    pub path_params: Vec<Param>,
    /// The query parameters, in the order of the contract.
    pub query: Vec<Param>,
    /// The request body.
    pub body: Option<Body>,
    /// The response on success.
    pub success: Success,
    /// The status of the successful response with a body: 200, or 201 for a created resource.
    pub status: u16,
    /// The documented errors: the error codes of each status.
    pub errors: BTreeMap<u16, Vec<String>>,
    /// The causes of errors from the documentation, by status.
    pub causes: BTreeMap<u16, String>,
    /// The credentials that the operation accepts.
    pub access: Access,
    /// The scopes, of which the credential needs one. If empty, it needs none.
    pub scopes: Vec<String>,
    /// How the response is paged, if it is.
    pub paging: Option<Paging>,
    /// Whether the operation is safe to retry.
    pub safety: Safety,
    /// Sets of optional parameters and body properties. A request must have at least one of each set.
    pub at_least_one_of: Vec<Vec<String>>,
    /// The flow that starts at the operation, if there is one.
    pub flow: Option<Flow>,
    /// Whether the operation is deprecated.
    pub lifecycle: Lifecycle,
    /// JSON pointer into the contract.
    pub at: String,
}

impl Operation {
    /// Returns the types of the request and of the successful response.
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
    /// Returns the method as it is sent.
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
    /// The Rust name and the wire name.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// The type. A list in a query is a [`Type::List`].
    pub ty: Type,
    /// Whether the parameter is required.
    pub presence: Presence,
    /// How the parameter is encoded.
    pub style: ParamStyle,
    /// Further facts about the parameter.
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
    /// The type of the body.
    pub ty: Type,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// Whether the body is required.
    pub presence: Presence,
    /// Constraints on the body as a whole. The fields of its type have their own.
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

/// The response of an operation on success.
#[derive(Debug, Clone, PartialEq)]
pub enum Success {
    /// A JSON value.
    Json(Type),
    /// A JSON value, or an empty body while the resource does not exist yet.
    JsonOrEmpty(Type),
    /// No body, or a body that the client ignores.
    Empty,
    /// CSV, with the row type if the columns are known.
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
    /// The item type.
    pub item: Type,
    /// The page type, which is one of [`Api::pages`](super::Api::pages).
    pub page: TypeId,
}

/// A page type: it has `items` and a `pagination`.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The item type.
    pub item: Type,
    /// What the page states about the following pages.
    pub form: PageForm,
}

/// What a page states about the following pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageForm {
    /// The number of the last page, in `pagination.max_page`.
    Last,
    /// Whether another page follows, in `pagination.has_next_page`.
    More,
    /// Depends on the variant: the type is a union of pages.
    OneOf,
}

/// Whether an operation is safe to retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Safety {
    /// The operation is idempotent.
    Idempotent,
    /// The operation is not idempotent.
    NotIdempotent,
    /// The operation is idempotent if the body has an idempotency key at every place that this path leads to. Lists on
    /// the path are traversed.
    Keyed(Vec<String>),
}

/// A feature that takes several calls, such as a file upload. It becomes an additional method of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The name of the method, and the name that it is derived from.
    pub name: Name,
    /// The kind of flow.
    pub kind: FlowKind,
}

/// The kind of a flow. The operation with the flow is its first call. The other operations are given by ID, and belong to
/// the same service unless stated otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowKind {
    /// The operation creates a file, whose parts are then sent to a file storage.
    Upload {
        /// The operation that completes the upload and returns the file.
        completed_by: String,
    },
    /// The operation returns the URL of a document, once the document exists.
    Document {
        /// The operation that generates the document, if the server does not do so automatically.
        generated_by: Option<String>,
    },
    /// The operation ingests events in batches, and deduplicates them by ID. It is [`Keyed`](Safety::Keyed) by the ID
    /// of each event in a list.
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
    /// The operation lists the balances of customers by meter. The method belongs to the client.
    Metering {
        /// The operation that ingests the counted events. It belongs to another service.
        events: String,
    },
    /// The operation creates a checkout, to which visitors are redirected.
    CheckoutRoute,
    /// The operation creates a session of the customer portal, to which customers are redirected.
    PortalRoute,
}
