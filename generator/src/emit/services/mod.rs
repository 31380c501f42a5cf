//! Emits services as a tree of modules. A version group contains the service types and the request types that belong to
//! it, which may be only some of a service.

mod arguments;
mod credential_bounds;
mod flows;
mod methods;
mod requests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::File;
use crate::emit::docs::Docs;
use crate::emit::group::GroupModule;
use crate::emit::imports::Scope;
use crate::emit::types::ident;
use crate::ir::{Operation, Service, ServiceCredential};
use crate::names;
use crate::share::Key;
use methods::{methods, service_type};
use requests::{operation_facts, request};

pub(super) use methods::child_type;

/// Returns whether a version group contains any part of a service.
pub(super) fn is_needed(group: GroupModule<'_>) -> bool {
    let mut services = group.api().services.iter();
    group.is_version() || services.any(|service| ServicePath::root(service).is_needed(group))
}

/// Adds the files of all services.
pub(super) fn add_files<'a>(group: GroupModule<'a>, files: &mut Vec<File<'a>>) {
    if !is_needed(group) {
        return;
    }
    let root = move || root(group);
    files.push(File::new("services/mod.rs", Scope::root(), root));
    for service in &group.api().services {
        ServicePath::root(service).add_files(group, "services", 1, files);
    }
}

fn root(group: GroupModule<'_>) -> TokenStream {
    let title = Docs::new(None, "Operations of the API, grouped by resource.");
    let title = title.inner_attributes();
    let services = || group.api().services.iter().map(ServicePath::root);
    let modules = services().filter_map(|spot| spot.declared(group));
    let elsewhere = services().filter(|_| group.is_version());
    let elsewhere = sorted(elsewhere.filter_map(|spot| spot.elsewhere(group)));
    quote!(#title #(#modules)* #(pub use #elsewhere;)*)
}

/// A service, with the path from the root of the services.
#[derive(Clone)]
struct ServicePath<'a> {
    path: Vec<String>,
    /// The calls by which users get the service from the client: `customer_portal(session).orders()`.
    accessors: String,
    service: &'a Service,
}

impl<'a> ServicePath<'a> {
    fn root(service: &'a Service) -> Self {
        let name = &service.name.rust;
        let argument = match service.credential {
            ServiceCredential::Inherited => "",
            ServiceCredential::Given => "session",
        };
        Self {
            path: vec![name.clone()],
            accessors: format!("{name}({argument})"),
            service,
        }
    }

    fn children(&self) -> impl Iterator<Item = ServicePath<'a>> {
        let children = self.service.children.iter();
        children.map(|service| ServicePath {
            path: [
                self.path.as_slice(),
                std::slice::from_ref(&service.name.rust),
            ]
            .concat(),
            accessors: format!("{}.{}()", self.accessors, service.name.rust),
            service,
        })
    }

    fn key(&self) -> Key {
        Key::Service(self.path.clone())
    }

    /// Returns whether the service has a file in a version group: for its type, its requests, or its children.
    fn is_needed(&self, group: GroupModule<'_>) -> bool {
        let mut operations = self.service.operations.iter();
        group.holds(&self.key())
            || operations.any(|operation| group.holds(&Key::Operation(operation.id.clone())))
            || self.children().any(|child| child.is_needed(group))
    }

    /// Emits the declaration of the service's module, if the version group has one.
    fn declared(&self, group: GroupModule<'_>) -> Option<TokenStream> {
        let name = ident(&self.service.name.rust);
        // A module that only contains requests is private.
        let visible = match group.holds(&self.key()) {
            true => quote!(pub),
            false => quote!(pub(crate)),
        };
        self.is_needed(group).then(|| quote!(#visible mod #name;))
    }

    /// Returns the path of the service's module, if it is in another version group.
    fn elsewhere(&self, group: GroupModule<'_>) -> Option<TokenStream> {
        let elsewhere = group.elsewhere(&self.key())?;
        (!self.is_needed(group)).then(|| self.path_in(elsewhere))
    }

    fn path_in(&self, group: GroupModule<'_>) -> TokenStream {
        let group = group.path();
        let path = self.path.iter().map(|name| ident(name));
        quote!(#group::services::#(#path)::*)
    }

    fn add_files(
        self,
        group: GroupModule<'a>,
        above: &str,
        depth: usize,
        files: &mut Vec<File<'a>>,
    ) {
        if !self.is_needed(group) {
            return;
        }
        let name = self.service.name.rust.trim_start_matches("r#");
        let path = format!("{above}/{name}");
        let file = match self.service.children.is_empty() {
            true => format!("{path}.rs"),
            false => format!("{path}/mod.rs"),
        };
        for child in self.children() {
            child.add_files(group, &path, depth + 1, files);
        }
        let scope = Scope::services(group, depth);
        files.push(File::new(file, scope, move || self.file(group)));
    }

    /// Emits the file of the service: its type with methods, if this is its version group, and the requests of this
    /// version group.
    fn file(&self, group: GroupModule<'_>) -> TokenStream {
        let (api, service) = (group.api(), self.service);
        let title = Docs::new(
            None,
            format!("Operations on {}.", names::spoken(&service.name.wire)),
        )
        .inner_attributes();
        let is_here = group.holds(&self.key());
        let modules = self.children().filter_map(|child| child.declared(group));
        let service_type = is_here.then(|| service_type(service));
        let methods = is_here.then(|| methods(group, service));
        let (own, others): (Vec<_>, Vec<_>) = service
            .operations
            .iter()
            .partition(|operation| group.holds(&Key::Operation(operation.id.clone())));
        // Only the version group of the service re-exports requests and child services of others.
        let others = others.into_iter().filter(|_| is_here);
        let (facts_elsewhere, requests_elsewhere): (Vec<_>, Vec<_>) = others
            .filter_map(|operation| self.operation_elsewhere(group, operation))
            .unzip();
        let children = self.children().filter(|_| is_here);
        let children = children.filter_map(|child| child.elsewhere(group));
        let reexports = sorted(children.chain(requests_elsewhere));
        let facts_elsewhere = sorted(facts_elsewhere);
        // Methods of another version group create these requests.
        let visible = match is_here {
            true => TokenStream::new(),
            false => quote!(pub(crate)),
        };
        let requests = own
            .iter()
            .map(|operation| request(api, operation, &self.accessors, &visible));
        let flows = own
            .iter()
            .filter_map(|operation| flows::implementation(api, operation));
        let facts = own
            .iter()
            .map(|operation| operation_facts(operation, &visible));
        quote! {
            #title
            #(use #facts_elsewhere;)*
            #(#modules)*
            #(pub use #reexports;)*
            #service_type
            #methods
            #(#requests)*
            #(#flows)*
            #(#facts)*
        }
    }

    /// Returns the paths of the operation's facts and request, if they are in another version group than the method.
    fn operation_elsewhere(
        &self,
        group: GroupModule<'_>,
        operation: &Operation,
    ) -> Option<(TokenStream, TokenStream)> {
        let group = group.elsewhere(&Key::Operation(operation.id.clone()))?;
        let path = self.path_in(group);
        let ty = ident(&operation.type_name);
        let facts = ident(&names::constant(&operation.name));
        Some((quote!(#path::#facts), quote!(#path::#ty)))
    }
}

/// Sorts paths as rustfmt does.
fn sorted(paths: impl IntoIterator<Item = TokenStream>) -> Vec<TokenStream> {
    let mut paths: Vec<TokenStream> = paths.into_iter().collect();
    paths.sort_by_key(ToString::to_string);
    paths
}
