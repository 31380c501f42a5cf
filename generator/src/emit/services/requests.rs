//! Emits the request type of an operation, with a setter for each optional parameter, and the `Operation` constant that the
//! runtime needs to send the request.

use proc_macro2::TokenStream;
use quote::quote;

use super::arguments::{argument, push, push_body};
use crate::emit::docs::facts;
use crate::emit::docs::operations;
use crate::emit::docs::types::deprecated;
use crate::emit::docs::{self, Docs};
use crate::emit::types::{ident, rust_type};
use crate::ir::{
    Access, Api, Lifecycle, Method, Operation, Param, Presence, Safety, Success, Usage,
};
use crate::names;

/// Emits the request type of an operation.
pub(super) fn request(
    api: &Api,
    operation: &Operation,
    accessors: &str,
    visible: &TokenStream,
) -> TokenStream {
    let ty = ident(&operation.type_name);
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
                #[doc = " Sets the body, which is optional."]
                pub fn body(mut self, body: impl Body<#ty>) -> Self {
                    #push
                    self
                }
            }
        });
    let setters: Vec<TokenStream> = setters.chain(body).collect();
    let docs = request_docs(api, operation, accessors, !setters.is_empty()).attributes();
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

/// Returns the doc comment of a request: the call that creates it, and how it is configured and sent.
fn request_docs(api: &Api, operation: &Operation, accessors: &str, has_setters: bool) -> Docs {
    let query = operation.query.iter();
    let required = query.filter(|param| param.presence == Presence::Required);
    let params = operation.path_params.iter().chain(required);
    let body = operation.body.as_ref();
    let body = body.filter(|body| body.presence == Presence::Required);
    let arguments: Vec<&str> = params
        .map(|param| param.name.rust.as_str())
        .chain(body.map(|_| "body"))
        .collect();
    let method = &operation.name.rust;
    let call = format!("{accessors}.{method}({})", arguments.join(", "));
    let setters = match has_setters {
        true => "Its methods set the optional parameters. ",
        false => "",
    };
    let returns = operations::returns(api, operation);
    Docs::new(None, format!("Request returned by `{call}`."))
        .paragraph(format!("{setters}Await it to send it. {returns}"))
}

fn setter(api: &Api, param: &Param) -> TokenStream {
    let name = ident(&param.name.rust);
    let method = ident(&names::param_setter(&param.name));
    let (ty, _) = argument(api, param, &name);
    let push = push(api, param, &quote!(self.0));
    let docs = Docs::new(Some(&summary(param)), "")
        .paragraph(facts::sentences(&param.facts, Usage::Input))
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

/// Returns what a setter does. The documentation of a filter is not about its value, but about the selected items.
fn summary(param: &Param) -> String {
    match param.docs.as_deref() {
        Some(filter) if filter.starts_with("Only ") => {
            format!("Includes {}", docs::continued(filter))
        }
        Some(filter) if filter.starts_with("Excludes ") => filter.to_owned(),
        docs => docs::about("Sets", &param.name.wire, docs),
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

/// Emits the static facts about an operation, which its requests refer to.
pub(super) fn operation_facts(operation: &Operation, visible: &TokenStream) -> TokenStream {
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
        Safety::Idempotent => quote!(Idempotent),
        Safety::NotIdempotent => quote!(NotIdempotent),
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
