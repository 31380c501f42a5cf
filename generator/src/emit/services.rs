//! Services: the methods that begin requests, and the request values with their setters.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::File;
use super::argument::argument;
use super::docs::{self, Docs};
use super::flows;
use super::imports::Scope;
use super::site::Site;
use super::type_docs::deprecated;
use super::types::{ident, rust_type};
use crate::ir::{
    Access, Api, Body, Encoding, Lifecycle, Method, Operation, Param, ParamStyle, Presence, Safety,
    Service, Success, Type,
};
use crate::names;
use crate::share::Key;

/// Whether anything of the services is in a home.
pub(super) fn is_needed(site: Site<'_>) -> bool {
    let mut services = site.api().services.iter();
    site.is_version() || services.any(|service| Spot::root(service).is_needed(site))
}

/// Adds the files of the services.
pub(super) fn add_files<'a>(site: Site<'a>, files: &mut Vec<File<'a>>) {
    if !is_needed(site) {
        return;
    }
    let root = move || root(site);
    files.push(File::new("services/mod.rs", Scope::root(), root));
    for service in &site.api().services {
        Spot::root(service).add_files(site, "services", 1, files);
    }
}

fn root(site: Site<'_>) -> TokenStream {
    let title = Docs::new(None, "The operations of the API, by what they act on.");
    let title = title.inner_attributes();
    let services = || site.api().services.iter().map(Spot::root);
    let modules = services().filter_map(|spot| spot.declared(site));
    let elsewhere = services().filter(|_| site.is_version());
    let elsewhere = sorted(elsewhere.filter_map(|spot| spot.elsewhere(site)));
    quote!(#title #(#modules)* #(pub use #elsewhere;)*)
}

/// A service, and the accessors that lead to it.
#[derive(Clone)]
struct Spot<'a> {
    path: Vec<String>,
    service: &'a Service,
}

impl<'a> Spot<'a> {
    fn root(service: &'a Service) -> Self {
        Self {
            path: vec![service.name.rust.clone()],
            service,
        }
    }

    fn children(&self) -> impl Iterator<Item = Spot<'a>> {
        let children = self.service.children.iter();
        children.map(|service| Spot {
            path: [self.path.as_slice(), &[service.name.rust.clone()]].concat(),
            service,
        })
    }

    fn key(&self) -> Key {
        Key::Service(self.path.clone())
    }

    /// Whether it has a file in a home: for its type, for requests, or for those of its children.
    fn is_needed(&self, site: Site<'_>) -> bool {
        let mut operations = self.service.operations.iter();
        site.holds(&self.key())
            || operations.any(|operation| site.holds(&Key::Operation(operation.id.clone())))
            || self.children().any(|child| child.is_needed(site))
    }

    /// The declaration of its module, if that is in the home.
    fn declared(&self, site: Site<'_>) -> Option<TokenStream> {
        let name = ident(&self.service.name.rust);
        // Where only requests are, no user looks into it.
        let visible = match site.holds(&self.key()) {
            true => quote!(pub),
            false => quote!(pub(crate)),
        };
        self.is_needed(site).then(|| quote!(#visible mod #name;))
    }

    /// The path of its module, if that is elsewhere.
    fn elsewhere(&self, site: Site<'_>) -> Option<TokenStream> {
        let home = site.elsewhere(&self.key())?;
        (!self.is_needed(site)).then(|| self.path_in(home))
    }

    fn path_in(&self, site: Site<'_>) -> TokenStream {
        let home = site.path();
        let path = self.path.iter().map(|name| ident(name));
        quote!(#home::services::#(#path)::*)
    }

    fn add_files(self, site: Site<'a>, above: &str, depth: usize, files: &mut Vec<File<'a>>) {
        if !self.is_needed(site) {
            return;
        }
        let name = self.service.name.rust.trim_start_matches("r#");
        let path = format!("{above}/{name}");
        let file = match self.service.children.is_empty() {
            true => format!("{path}.rs"),
            false => format!("{path}/mod.rs"),
        };
        for child in self.children() {
            child.add_files(site, &path, depth + 1, files);
        }
        let scope = Scope::services(site.api(), depth);
        files.push(File::new(file, scope, move || self.file(site)));
    }

    /// The type with its methods if this is its home, and the requests whose home it is.
    fn file(&self, site: Site<'_>) -> TokenStream {
        let (api, service) = (site.api(), self.service);
        let title = Docs::new(
            None,
            format!("Operations on {}.", names::spoken(&service.name.wire)),
        )
        .inner_attributes();
        let is_here = site.holds(&self.key());
        let modules = self.children().filter_map(|child| child.declared(site));
        let service_type = is_here.then(|| service_type(service));
        let methods = is_here.then(|| methods(api, service));
        let (own, others): (Vec<_>, Vec<_>) = service
            .operations
            .iter()
            .partition(|operation| site.holds(&Key::Operation(operation.id.clone())));
        // Only the module that users look into shows what is elsewhere.
        let others = others.into_iter().filter(|_| is_here);
        let (facts_elsewhere, requests_elsewhere): (Vec<_>, Vec<_>) = others
            .filter_map(|operation| self.operation_elsewhere(site, operation))
            .unzip();
        let children = self.children().filter(|_| is_here);
        let children = children.filter_map(|child| child.elsewhere(site));
        let shown = sorted(children.chain(requests_elsewhere));
        let facts_elsewhere = sorted(facts_elsewhere);
        // Another home's methods begin requests that are here.
        let visible = match is_here {
            true => TokenStream::new(),
            false => quote!(pub(crate)),
        };
        let requests = own
            .iter()
            .map(|operation| request(api, operation, &visible));
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
            #(pub use #shown;)*
            #service_type
            #methods
            #(#requests)*
            #(#flows)*
            #(#facts)*
        }
    }

    /// The paths of the facts and of the request of an operation whose home is another one than that of the method.
    fn operation_elsewhere(
        &self,
        site: Site<'_>,
        operation: &Operation,
    ) -> Option<(TokenStream, TokenStream)> {
        let home = site.elsewhere(&Key::Operation(operation.id.clone()))?;
        let path = self.path_in(home);
        let ty = ident(&operation.type_name);
        let facts = ident(&names::constant(&operation.name));
        Some((quote!(#path::#facts), quote!(#path::#ty)))
    }
}

/// Paths as formatters sort them.
fn sorted(paths: impl IntoIterator<Item = TokenStream>) -> Vec<TokenStream> {
    let mut paths: Vec<TokenStream> = paths.into_iter().collect();
    paths.sort_by_key(ToString::to_string);
    paths
}

/// The type of a child service, as seen from its parent.
pub(super) fn child_type(service: &Service) -> TokenStream {
    let (module, name) = (ident(&service.name.rust), ident(&service.type_name));
    quote!(#module::#name)
}

fn service_type(service: &Service) -> TokenStream {
    let name = ident(&service.type_name);
    let fallback = format!("Operations on {}.", names::spoken(&service.name.wire));
    let docs = Docs::new(service.docs.as_deref(), fallback).attributes();
    let children = service.children.iter().map(|child| {
        let accessor = ident(&child.name.rust);
        let ty = child_type(child);
        let fallback = format!("Operations on {}.", names::spoken(&child.name.wire));
        let docs = Docs::new(child.docs.as_deref(), fallback).attributes();
        quote! {
            #docs
            #[must_use]
            pub fn #accessor(&self) -> #ty<C> {
                #ty::new(self.client.clone())
            }
        }
    });
    quote! {
        #docs
        #[derive(Clone, Debug)]
        pub struct #name<C> {
            client: Client<C>,
        }
        impl<C: Credential> #name<C> {
            pub(crate) fn new(client: Client<C>) -> Self {
                Self { client }
            }
            #(#children)*
        }
    }
}

/// Methods in one block for each kind of credential.
fn methods(api: &Api, service: &Service) -> TokenStream {
    let name = ident(&service.type_name);
    let mut by_access: BTreeMap<Access, Vec<&Operation>> = BTreeMap::new();
    for operation in &service.operations {
        by_access
            .entry(operation.access)
            .or_default()
            .push(operation);
    }
    let blocks = by_access.into_iter().map(|(access, own)| {
        let methods = own.into_iter().map(|operation| {
            let flow = flows::method(api, service, operation);
            let method = method(api, operation);
            quote!(#method #flow)
        });
        let bound = ident(access_bound(access));
        quote! {
            impl<C: #bound> #name<C> { #(#methods)* }
        }
    });
    blocks.collect()
}

fn access_bound(access: Access) -> &'static str {
    match access {
        Access::Public => "Credential",
        Access::Optional => "OptionalAccess",
        Access::Account => "AccountAccess",
        Access::Personal => "PersonalAccess",
        Access::OpenIdConnect => "OpenIdAccess",
        Access::Portal => "PortalAccess",
        Access::Member => "MemberAccess",
        Access::Registration => "RegistrationAccess",
    }
}

fn method(api: &Api, operation: &Operation) -> TokenStream {
    let docs = docs::operation(operation).attributes();
    let deprecation = deprecated(operation.lifecycle);
    let (name, ty) = (ident(&operation.name.rust), ident(&operation.type_name));
    let facts = ident(&names::constant(&operation.name));
    let required = operation
        .query
        .iter()
        .filter(|param| param.presence == Presence::Required);
    let params: Vec<&Param> = operation
        .path_params
        .iter()
        .chain(required.clone())
        .collect();
    let body = operation
        .body
        .as_ref()
        .filter(|body| body.presence == Presence::Required);
    let arguments = params.iter().map(|param| {
        let name = ident(&param.name.rust);
        let (ty, _) = argument(api, param, &name);
        quote!(#name: #ty)
    });
    let body_argument = body.map(|body| {
        let ty = rust_type(api, &body.ty);
        quote!(body: impl Body<#ty>)
    });
    let arguments: Vec<TokenStream> = arguments.chain(body_argument).collect();
    let path = operation.path_params.iter().map(|param| {
        let (wire, name) = (&param.name.wire, ident(&param.name.rust));
        let (_, value) = argument(api, param, &name);
        quote!(request.path(#wire, #value);)
    });
    let query = required.map(|param| push(api, param, &quote!(request)));
    let body = body.map(|body| push_body(body, &quote!(request)));
    let steps: Vec<TokenStream> = path.chain(query).chain(body).collect();
    let begin = quote!(self.client.request(&#facts));
    let content = if steps.is_empty() {
        quote!(#ty(#begin))
    } else {
        quote! {
            let mut request = #begin;
            #(#steps)*
            #ty(request)
        }
    };
    quote! {
        #docs
        #deprecation
        pub fn #name(&self, #(#arguments),*) -> #ty {
            #content
        }
    }
}

/// The statement that puts a query parameter into a request.
fn push(api: &Api, param: &Param, request: &TokenStream) -> TokenStream {
    let (wire, name) = (&param.name.wire, ident(&param.name.rust));
    let (_, value) = argument(api, param, &name);
    let values = match api.target(param.ty.non_null()).non_null() {
        Type::List(_) => quote!(let values: OneOrMany<_> = #name.into();),
        Type::Map(item) => {
            let item = rust_type(api, item);
            // Pairs, not a map: a key may come twice.
            quote!(let values: Pairs<#item> = #name.into_map();)
        }
        _ => TokenStream::new(),
    };
    match param.style {
        ParamStyle::DeepObject => quote!(#values #request.deep_object(#wire, #value);),
        ParamStyle::Json => quote!(#values #request.json_query(#wire, #value);),
        ParamStyle::Joined => quote!(#values #request.joined_query(#wire, #value);),
        ParamStyle::Plain => quote!(#values #request.query(#wire, #value);),
    }
}

fn push_body(body: &Body, request: &TokenStream) -> TokenStream {
    match body.encoding {
        Encoding::Json => quote!(#request.json_body(&body);),
        Encoding::Form => quote!(#request.form_body(&body);),
    }
}

/// The request value of an operation.
fn request(api: &Api, operation: &Operation, visible: &TokenStream) -> TokenStream {
    let ty = ident(&operation.type_name);
    let docs = Docs::new(None, format!("A request to `{}`.", operation.id)).attributes();
    let setters = operation
        .query
        .iter()
        .filter(|param| param.presence == Presence::Optional)
        .map(|param| setter(api, param));
    let body = operation
        .body
        .as_ref()
        .filter(|body| body.presence == Presence::Optional)
        .map(|body| {
            let ty = rust_type(api, &body.ty);
            let push = push_body(body, &quote!(self.0));
            quote! {
                #[doc = " The body, which may be left out."]
                pub fn body(mut self, body: impl Body<#ty>) -> Self {
                    #push
                    self
                }
            }
        });
    let setters: Vec<TokenStream> = setters.chain(body).collect();
    let setters = (!setters.is_empty()).then(|| quote!(impl #ty { #(#setters)* }));
    let output = output(api, operation);
    let facts = ident(&names::constant(&operation.name));
    quote! {
        #docs
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #ty(#visible Request);
        #setters
        polar_client_runtime::operation! { #ty as #facts => #output }
    }
}

fn setter(api: &Api, param: &Param) -> TokenStream {
    let name = ident(&param.name.rust);
    let method = ident(&names::param_setter(&param.name));
    let (ty, _) = argument(api, param, &name);
    let push = push(api, param, &quote!(self.0));
    let docs = Docs::new(
        param.docs.as_deref(),
        format!("The parameter `{}`.", param.name.wire),
    )
    .paragraph(docs::facts(&param.facts))
    .attributes();
    let deprecation = match param.facts.lifecycle {
        Lifecycle::Active => TokenStream::new(),
        Lifecycle::Deprecated => deprecated(Lifecycle::Deprecated),
    };
    quote! {
        #docs
        #deprecation
        pub fn #method(mut self, #name: #ty) -> Self {
            #push
            self
        }
    }
}

fn output(api: &Api, operation: &Operation) -> TokenStream {
    match &operation.success {
        Success::Json(ty) if operation.paging.is_some() => {
            let ty = rust_type(api, ty);
            quote!(pages #ty)
        }
        Success::Json(ty) => {
            let ty = rust_type(api, ty);
            quote!(json #ty)
        }
        Success::JsonOrEmpty(ty) => {
            let ty = rust_type(api, ty);
            quote!(optional #ty)
        }
        Success::Empty => quote!(empty),
        Success::Csv(None) => quote!(text),
        Success::Csv(Some(row)) => {
            let row = rust_type(api, row);
            quote!(csv #row)
        }
    }
}

fn operation_facts(operation: &Operation, visible: &TokenStream) -> TokenStream {
    let name = ident(&names::constant(&operation.name));
    let (id, path) = (&operation.id, &operation.path);
    let method = match operation.method {
        Method::Get => quote!(Get),
        Method::Post => quote!(Post),
        Method::Put => quote!(Put),
        Method::Patch => quote!(Patch),
        Method::Delete => quote!(Delete),
    };
    let safety = match &operation.safety {
        Safety::Repeatable => quote!(Safe),
        Safety::Once => quote!(Unsafe),
        Safety::Keyed(path) => quote!(Keyed(&[#(#path),*])),
    };
    let access = match operation.access {
        Access::Public => quote!(Public),
        Access::Optional => quote!(Optional),
        Access::Account => quote!(Account),
        Access::Personal => quote!(Personal),
        Access::OpenIdConnect => quote!(OpenIdConnect),
        Access::Portal => quote!(Portal),
        Access::Member => quote!(Member),
        Access::Registration => quote!(Registration),
    };
    quote! {
        #visible static #name: Operation = Operation {
            id: #id,
            method: Method::#method,
            path: #path,
            access: Access::#access,
            safety: Safety::#safety,
        };
    }
}
