//! The intermediate representation (IR): one version of the API as services, operations and Rust types.
//!
//! The IR is plain data. `lower` creates it, `check` verifies its invariants, and `emit` converts it to source. It
//! contains no OpenAPI types, and no Rust syntax except for the identifiers in [`Name`].

mod decision;
mod facts;
mod limits;
mod operations;
mod types;
mod values;

use std::collections::{BTreeMap, BTreeSet};

pub use decision::{Decision, Kind, Needed, Sought};
pub use facts::{Direction, Facts, Lifecycle, Presence, Sensitivity};
pub use limits::{Bound, Digits, Edge, Limits, Pattern, PatternSupport, ValueClass};
pub use operations::{
    Access, Body, Encoding, Flow, FlowKind, Method, Operation, Page, PageForm, Paging, Param,
    ParamStyle, Safety, Service, ServiceCredential, Success,
};
pub use types::{
    Absence, Choices, Enum, EnumValue, Field, Lookup, Representation, Resolution, Role, Shape,
    Struct, TypeDef, Union, Usage, Variant,
};
pub use values::{Constant, Identified, Scalar, Type, TypeId};

use crate::names::Name;

/// One version of the API.
#[derive(Debug, Clone)]
pub struct Api {
    /// The file of the contract, for error messages.
    pub file: String,
    /// The version: `YYYY-MM`.
    pub version: String,
    /// The servers of the API.
    pub servers: Vec<Server>,
    /// All types, indexed by [`TypeId`].
    pub types: Vec<TypeDef>,
    /// The services that are not children of another one, sorted by name.
    pub services: Vec<Service>,
    /// The page types.
    pub pages: BTreeMap<TypeId, Page>,
    /// All documented error codes, each with the HTTP statuses that it occurs with. An error code is a value of `error` in
    /// error responses.
    pub error_codes: BTreeMap<String, Vec<u16>>,
    /// The events that are delivered to webhook endpoints.
    pub webhooks: Vec<Webhook>,
}

impl Api {
    /// Returns the definition with an ID.
    pub fn def(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0]
    }

    /// Returns all operations. Services and their children are traversed depth first.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        let mut stack: Vec<&Service> = self.services.iter().rev().collect();
        std::iter::from_fn(move || {
            let service = stack.pop()?;
            stack.extend(service.children.iter().rev());
            Some(&service.operations)
        })
        .flatten()
    }

    /// Returns the type that a type refers to, through aliases and boxes.
    pub fn target<'a>(&'a self, mut ty: &'a Type) -> &'a Type {
        loop {
            ty = match ty {
                Type::Named(id) => match &self.def(*id).shape {
                    Shape::Alias(inner) => inner,
                    _ => return ty,
                },
                Type::Boxed(inner) => inner,
                other => return other,
            }
        }
    }

    /// Returns the type of a property of a struct, without null.
    pub fn property<'a>(&'a self, ty: &'a Type, name: &str) -> Option<&'a Type> {
        let Type::Named(id) = ty.non_null() else {
            return None;
        };
        match &self.def(*id).shape {
            Shape::Struct(object) => {
                let mut fields = object.fields.iter();
                let field = fields.find(|field| field.name.wire == name)?;
                Some(field.ty.non_null())
            }
            Shape::Alias(inner) => self.property(inner, name),
            Shape::Enum(_) | Shape::Union(_) => None,
        }
    }

    /// Returns the struct of an optional field, if it represents a map with some well-known keys: the struct permits
    /// additional entries and has only optional fields.
    pub fn open_struct(&self, field: &Field) -> Option<&Struct> {
        let Type::Named(id) = self.target(field.ty.non_null()) else {
            return None;
        };
        let Shape::Struct(object) = &self.def(*id).shape else {
            return None;
        };
        let mut fields = object.fields.iter();
        let is_open = object.rest.is_some()
            && !object.fields.is_empty()
            && fields.all(|field| field.representation == Representation::OrAbsent);
        (is_open && field.representation == Representation::OrAbsent).then_some(object)
    }

    /// Returns the list in the body of an operation that ingests items: the key of the list, and the type of its items.
    /// `None` unless the path of the operation's idempotency keys leads into a list of the body.
    pub fn ingested<'a>(&'a self, operation: &'a Operation) -> Option<(&'a str, &'a Type)> {
        let Safety::Keyed(path) = &operation.safety else {
            return None;
        };
        let list = path.first()?;
        match self.property(&operation.body.as_ref()?.ty, list)? {
            Type::List(item) => Some((list, item)),
            _ => None,
        }
    }

    /// Returns all fields (`Order.customer_id`) and parameters (`orders:list.customer_id`) that are a UUID or a list of
    /// UUIDs, each with the entity that it identifies.
    pub fn identifiers(&self) -> impl Iterator<Item = (String, Identified<'_>)> {
        let fields = self.types.iter().flat_map(|def| {
            let fields = match &def.shape {
                Shape::Struct(object) => object.fields.as_slice(),
                _ => &[],
            };
            fields
                .iter()
                .map(move |field| (&def.name.rust, &field.name.wire, &field.ty))
        });
        let params = self.operations().flat_map(|operation| {
            let params = operation.path_params.iter().chain(&operation.query);
            params.map(move |param| (&operation.id, &param.name.wire, &param.ty))
        });
        fields.chain(params).filter_map(|(holder, name, ty)| {
            let identified = ty.identified()?;
            Some((format!("{holder}.{name}"), identified))
        })
    }

    /// Returns the names of all entities that an identifier in the API refers to.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        let places = self.identifiers();
        let entities = places.filter_map(|(_, identified)| match identified {
            Identified::Entity(name) => Some(name),
            Identified::Anything => None,
        });
        entities.collect::<BTreeSet<_>>().into_iter()
    }

    /// Returns all unions with their definitions.
    pub fn unions(&self) -> impl Iterator<Item = (&TypeDef, &Union)> {
        self.types.iter().filter_map(|def| match &def.shape {
            Shape::Union(union) => Some((def, union)),
            _ => None,
        })
    }
}

/// An event that is delivered to webhook endpoints.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The Rust name (`OrderPaid`), and the event type (`order.paid`), which is the `type` of the payload.
    pub name: Name,
    /// The struct of the payload.
    pub payload: TypeId,
    /// JSON pointer of the payload's schema.
    pub at: String,
}

/// A base URL of the API.
#[derive(Debug, Clone)]
pub struct Server {
    /// The environment of the server: `production` or `sandbox`.
    pub name: Name,
    /// Base URL without a trailing slash.
    pub url: String,
}
