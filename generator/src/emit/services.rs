//! Services: the methods that begin requests, and the request values with their setters.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::docs::{self, Docs};
use super::flows;
use super::models::deprecated;
use super::types::{ident, is_copy, rust_type, target};
use crate::ir::{
    Access, Api, Body, Encoding, Lifecycle, Method, Operation, Param, ParamStyle, Presence, Safety,
    Scalar, Service, Shape, Success, Type,
};
use crate::names;

/// The file of a service: its type, its methods, the requests they begin, and the facts about the operations.
pub(super) fn file(api: &Api, service: &Service) -> TokenStream {
    let title = Docs::new(
        None,
        format!("Operations on {}.", names::spoken(&service.name.wire)),
    )
    .inner_attributes();
    let modules = service.children.iter().map(|child| {
        let name = ident(&child.name.rust);
        quote!(pub mod #name;)
    });
    let service_type = service_type(service);
    let methods = methods(api, service);
    let requests = service
        .operations
        .iter()
        .map(|operation| request(api, operation));
    let flows = service.operations.iter();
    let flows = flows.filter_map(|operation| flows::implementation(api, operation));
    let facts = service.operations.iter().map(operation_facts);
    quote! {
        #title
        #(#modules)*
        #service_type
        #methods
        #(#requests)*
        #(#flows)*
        #(#facts)*
    }
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
            pub(in super::super) fn new(client: Client<C>) -> Self {
                Self { client }
            }
            #(#children)*
        }
    }
}

/// Methods in one block for each kind of credential.
fn methods(api: &Api, service: &Service) -> TokenStream {
    let name = ident(&service.type_name);
    let bounds = [
        "Credential",
        "OptionalAccess",
        "AccountAccess",
        "PersonalAccess",
        "OpenIdAccess",
        "PortalAccess",
        "MemberAccess",
    ];
    let blocks = bounds.iter().filter_map(|bound| {
        let own: Vec<_> = service
            .operations
            .iter()
            .filter(|operation| access_bound(operation.access) == *bound)
            .collect();
        if own.is_empty() {
            return None;
        }
        let methods = own.into_iter().map(|operation| {
            let flow = flows::method(api, service, operation);
            let method = method(api, operation);
            quote!(#method #flow)
        });
        let bound = ident(bound);
        Some(quote! {
            impl<C: #bound> #name<C> { #(#methods)* }
        })
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
    let facts = ident(&names::constant(&operation.name.wire));
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

/// The type of a parameter's argument, and the reference that the request takes.
pub(super) fn argument(api: &Api, param: &Param, name: &Ident) -> (TokenStream, TokenStream) {
    let ty = param.ty.non_null();
    let rust = rust_type(api, ty);
    match target(api, ty).non_null() {
        Type::Scalar(Scalar::String) => (quote!(&str), quote!(&#name)),
        Type::List(item) => {
            let item = rust_type(api, item);
            (quote!(impl Into<OneOrMany<#item>>), quote!(&values))
        }
        Type::Map(value) => {
            let value = rust_type(api, value);
            (quote!(impl Entries<#value>), quote!(&values))
        }
        inner if is_copy(api, inner) => (rust, quote!(&#name)),
        Type::Named(id) if matches!(api.def(*id).shape, Shape::Enum(_)) => (rust, quote!(&#name)),
        _ => (quote!(impl Body<#rust>), quote!(&#name)),
    }
}

/// The statement that puts a query parameter into a request.
fn push(api: &Api, param: &Param, request: &TokenStream) -> TokenStream {
    let (wire, name) = (&param.name.wire, ident(&param.name.rust));
    let (_, value) = argument(api, param, &name);
    let values = match target(api, param.ty.non_null()).non_null() {
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
fn request(api: &Api, operation: &Operation) -> TokenStream {
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
    let facts = ident(&names::constant(&operation.name.wire));
    quote! {
        #docs
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #ty(Request);
        #setters
        polar_client_runtime::operation! { #ty as #facts => #output }
    }
}

fn setter(api: &Api, param: &Param) -> TokenStream {
    let name = ident(&param.name.rust);
    let method = ident(&names::setter(&param.name));
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

fn operation_facts(operation: &Operation) -> TokenStream {
    let name = ident(&names::constant(&operation.name.wire));
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
        static #name: Operation = Operation {
            id: #id,
            method: Method::#method,
            path: #path,
            access: Access::#access,
            safety: Safety::#safety,
        };
    }
}
