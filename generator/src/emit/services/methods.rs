//! Emits the type of a service, with a method for each child service and for each operation. The method of an operation
//! returns a request.

use proc_macro2::TokenStream;
use quote::quote;

use super::arguments::{argument, push, push_body, push_path};
use super::credential_bounds::where_clause;
use crate::emit::docs::Docs;
use crate::emit::docs::operations;
use crate::emit::docs::types::deprecated;
use crate::emit::group::{GroupModule, Parent};
use crate::emit::types::{ident, rust_type};
use crate::ir::{Operation, Param, Presence, Service};
use crate::names;

/// Emits the path of a child service's type, from the module of its parent.
pub(in crate::emit) fn child_type(service: &Service) -> TokenStream {
    let (module, name) = (ident(&service.name.rust), ident(&service.type_name));
    quote!(#module::#name)
}

/// Emits the type of a service, with a method for each child service.
pub(super) fn service_type(service: &Service) -> TokenStream {
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

/// Emits the methods of the service's operations.
pub(super) fn methods(group: GroupModule<'_>, service: &Service) -> TokenStream {
    if service.operations.is_empty() {
        return TokenStream::new();
    }
    let api = group.api();
    let name = ident(&service.type_name);
    let methods = service.operations.iter().map(|operation| {
        let flow = super::flows::method(api, service, operation);
        let method = method(group, operation);
        quote!(#method #flow)
    });
    quote! {
        impl<C: Credential> #name<C> { #(#methods)* }
    }
}

/// Returns the example of an operation. Examples use the module of the default version, so only a version group that
/// contains this version has any.
fn example(group: GroupModule<'_>, operation: &Operation) -> Option<String> {
    let Parent::Crate(versions) = group.parent() else {
        return None;
    };
    let default = versions.default_version();
    let mut own = group.versions();
    own.find(|version| *version == default)?;
    let example = operation.example.as_ref()?;
    Some(example.replace("MODULE", &names::version_module(default)))
}

fn method(group: GroupModule<'_>, operation: &Operation) -> TokenStream {
    let api = group.api();
    let bounds = where_clause(operation);
    let docs = operations::method_docs(api, operation)
        .example(example(group, operation))
        .alias(&operation.id)
        .attributes();
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
    let path = operation.path_params.iter();
    let path = path.map(|param| push_path(api, param, &quote!(request)));
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
        pub fn #name(&self, #(#arguments),*) -> #ty #bounds {
            #content
        }
    }
}
