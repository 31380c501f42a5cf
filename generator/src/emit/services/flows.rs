//! Emits the methods of flows: features that take several calls, such as file uploads. `x-flow` in the overlay names the
//! operation that a flow starts with. The runtime implements the flows; an emitted method passes it the operations.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::arguments::{argument, shared_conversion};
use super::credential_bounds::where_clause;
use crate::emit::docs::Docs;
use crate::emit::docs::operations;
use crate::emit::types::{ident, rust_type};
use crate::ir::{
    Api, FlowKind, Operation, Presence, Safety, Service, Shape, Struct, Success, Type,
};
use crate::names;

/// Emits the method of the flow that starts at an operation, if there is one.
pub(super) fn method(api: &Api, service: &Service, operation: &Operation) -> Option<TokenStream> {
    let flow = operation.flow.as_ref()?;
    let name = ident(&flow.name.rust);
    match &flow.kind {
        FlowKind::Upload { completed_by } => {
            upload(api, &name, operation, service.operation(completed_by)?)
        }
        FlowKind::Document { generated_by } => {
            let other = generated_by.as_ref().and_then(|id| service.operation(id));
            Some(document(api, &name, operation, other))
        }
        FlowKind::Ingest { .. } => ingester(api, &name, operation),
        FlowKind::Download { file } => download(api, &name, operation, file),
        // A method of the client, because it uses two services: `metering` in `roots/version.rs`.
        FlowKind::Metering { .. } => None,
        FlowKind::CheckoutRoute => Some(route(&name, operation, CHECKOUT)),
        FlowKind::PortalRoute => Some(route(&name, operation, PORTAL)),
    }
}

fn upload(
    api: &Api,
    name: &Ident,
    operation: &Operation,
    completion: &Operation,
) -> Option<TokenStream> {
    const SUMMARY: &str =
        "Uploads a file: creates it, sends its parts to the storage, and completes the upload.";
    let docs = flow_docs(operation, SUMMARY, &[operation, completion]);
    let (create, complete) = (facts(operation), facts(completion));
    let (Success::Json(output) | Success::JsonOrEmpty(output)) = &completion.success else {
        return None;
    };
    let (output, bounds) = (rust_type(api, output), where_clause(operation));
    Some(quote! {
        #docs
        pub fn #name(&self, file: NewFile, source: impl Into<UploadSource>) -> Upload<#output> #bounds {
            let create = self.client.request(&#create);
            let complete = self.client.request(&#complete);
            Upload::new(create, complete, file, source.into())
        }
    })
}

fn document(
    api: &Api,
    name: &Ident,
    operation: &Operation,
    generation: Option<&Operation>,
) -> TokenStream {
    let what = names::spoken(&operation.name.rust);
    let summary = match generation {
        Some(_) => format!(
            "Downloads the {what}. Generates it first if it does not exist, and polls until it does."
        ),
        None => format!("Downloads the {what}. Polls until it exists."),
    };
    let calls: Vec<&Operation> = std::iter::once(operation).chain(generation).collect();
    let docs = flow_docs(operation, &summary, &calls);
    let parameters = operation.path_params.iter().map(|param| {
        let name = ident(&param.name.rust);
        let (ty, _) = argument(api, param, &name);
        quote!(#name: #ty)
    });
    let arguments: Vec<Ident> = operation
        .path_params
        .iter()
        .map(|param| ident(&param.name.rust))
        .collect();
    let params = operation.path_params.iter();
    // Converted first, because both operations use the arguments.
    let conversions = params.map(|param| shared_conversion(api, param, &ident(&param.name.rust)));
    let conversions = generation.map(|_| quote!(#(#conversions)*));
    let (method, bounds) = (ident(&operation.name.rust), where_clause(operation));
    let download = quote!(Download::document(self.#method(#(#arguments),*)));
    let download = match generation.map(|generation| ident(&generation.name.rust)) {
        Some(generate) => quote! {
            let generate = self.#generate(#(#arguments),*);
            #download.generated_by(generate)
        },
        None => download,
    };
    quote! {
        #docs
        pub fn #name(&self, #(#parameters),*) -> Download #bounds {
            #conversions
            #download
        }
    }
}

fn ingester(api: &Api, name: &Ident, operation: &Operation) -> Option<TokenStream> {
    const SUMMARY: &str = "Configures an ingester, which sends events in batches, from many tasks and through outages.";
    let docs = Docs::new(None, SUMMARY)
        .paragraph(operations::credential(operation))
        .attributes();
    let (_, event) = api.ingested(operation)?;
    let (event, facts) = (rust_type(api, event), facts(operation));
    let bounds = where_clause(operation);
    Some(quote! {
        #docs
        #[cfg(feature = "ingest")]
        pub fn #name(&self) -> polar_client_runtime::ingest::IngesterBuilder<#event> #bounds {
            polar_client_runtime::ingest::IngesterBuilder::new(self.client.request(&#facts))
        }
    })
}

/// Emits the implementation of the runtime's trait `Event` for the event type of the ingestion flow.
pub(super) fn implementation(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let FlowKind::Ingest {
        time,
        accepted,
        duplicates,
    } = &operation.flow.as_ref()?.kind
    else {
        return None;
    };
    let (list, event) = api.ingested(operation)?;
    let Safety::Keyed(path) = &operation.safety else {
        return None;
    };
    let (Success::Json(response) | Success::JsonOrEmpty(response)) = &operation.success else {
        return None;
    };
    let id = accessor(api, event, path.last()?)?;
    let key = time.as_str();
    let time = accessor(api, event, time)?;
    let accepted = count(api, response, accepted)?;
    let duplicates = count(api, response, duplicates)?;
    let (event, response) = (rust_type(api, event), rust_type(api, response));
    Some(quote! {
        #[cfg(feature = "ingest")]
        impl polar_client_runtime::ingest::Event for #event {
            type Response = #response;
            const LIST: &'static str = #list;
            const TIME: &'static str = #key;
            fn external_id(&mut self) -> &mut Option<String> {
                #id
            }
            fn timestamp(&mut self) -> &mut Option<polar_client_runtime::types::Timestamp> {
                #time
            }
            fn counts(response: &#response) -> polar_client_runtime::ingest::Counts {
                polar_client_runtime::ingest::Counts {
                    accepted: #accepted,
                    duplicates: #duplicates,
                }
            }
        }
    })
}

/// Emits an expression that borrows a field of `self` mutably. If the type is a union, all variants must have the field.
fn accessor(api: &Api, ty: &Type, name: &str) -> Option<TokenStream> {
    let Type::Named(id) = ty.non_null() else {
        return None;
    };
    let field = |object: &Struct| {
        let mut fields = object.fields.iter();
        let field = fields.find(|field| field.name.wire == name)?;
        Some(ident(&field.name.rust))
    };
    match &api.def(*id).shape {
        Shape::Struct(object) => {
            let field = field(object)?;
            Some(quote!(&mut self.#field))
        }
        Shape::Union(union) => {
            let arms = union.variants.iter().map(|variant| {
                let Type::Named(id) = api.target(&variant.ty) else {
                    return None;
                };
                let Shape::Struct(object) = &api.def(*id).shape else {
                    return None;
                };
                let (field, variant) = (field(object)?, ident(&variant.name.rust));
                Some(quote!(Self::#variant(event) => &mut event.#field))
            });
            let arms = arms.collect::<Option<Vec<_>>>()?;
            Some(quote!(match self { #(#arms),* }))
        }
        Shape::Alias(inner) => accessor(api, inner, name),
        Shape::Enum(_) => None,
    }
}

/// Emits an expression that reads a count from a response. A missing count is 0.
fn count(api: &Api, response: &Type, name: &str) -> Option<TokenStream> {
    let Type::Named(id) = response.non_null() else {
        return None;
    };
    let Shape::Struct(object) = &api.def(*id).shape else {
        return None;
    };
    let field = object.fields.iter().find(|field| field.name.wire == name)?;
    let ident = ident(&field.name.rust);
    let may_lack = field.presence == Presence::Optional || field.ty.is_nullable();
    Some(match may_lack {
        true => quote!(response.#ident.unwrap_or(0)),
        false => quote!(response.#ident),
    })
}

fn download(api: &Api, name: &Ident, operation: &Operation, file: &str) -> Option<TokenStream> {
    const SUMMARY: &str = "Downloads the file of an item from its URL.";
    let docs = flow_docs(operation, SUMMARY, &[]);
    const BY_ID: &str = "Downloads a file by its ID or by the ID of its item. Searches the list page by page, and fails if it contains no such file (`is_not_found`).";
    let by_id_docs = flow_docs(operation, BY_ID, &[operation]);
    let file = api.property(&operation.paging.as_ref()?.item, file)?;
    let (ty, facts) = (rust_type(api, file), facts(operation));
    let bounds = where_clause(operation);
    let by_id = ident(&format!("{name}_by_id"));
    Some(quote! {
        #by_id_docs
        pub fn #by_id(&self, id: impl Into<Uuid>) -> Download #bounds {
            Download::listed(self.client.request(&#facts), id.into())
        }

        #docs
        pub fn #name(&self, file: &#ty) -> Download #bounds {
            Download::file(self.client.request(&#facts), file)
        }
    })
}

/// The runtime's type of a route, and the summary of its method.
type Route = (&'static str, &'static str);

const CHECKOUT: Route = (
    "CheckoutRoute",
    "Configures a route for axum that creates checkout sessions and redirects visitors to them.",
);

const PORTAL: Route = (
    "PortalRoute",
    "Configures a route for axum that creates customer sessions and redirects customers to the customer portal.",
);

fn route(name: &Ident, operation: &Operation, (ty, summary): Route) -> TokenStream {
    let docs = Docs::new(None, summary)
        .paragraph(operations::credential(operation))
        .attributes();
    let (ty, facts, bounds) = (ident(ty), facts(operation), where_clause(operation));
    quote! {
        #docs
        #[cfg(feature = "axum")]
        pub fn #name(&self) -> polar_client_runtime::routes::#ty #bounds {
            polar_client_runtime::routes::#ty::new(self.client.request(&#facts))
        }
    }
}

/// Returns the docs of a method: summary, accepted credentials, and the operations that it calls.
fn flow_docs(operation: &Operation, summary: &str, calls: &[&Operation]) -> TokenStream {
    let docs = Docs::new(None, summary);
    let errors = match calls {
        [] => "# Errors\nErrors of the storage.".to_owned(),
        calls => {
            let calls: Vec<String> = calls.iter().map(|call| format!("`{}`", call.id)).collect();
            format!(
                "# Errors\nErrors of {}, and of the storage.",
                calls.join(" and ")
            )
        }
    };
    let credential = match calls {
        [] => String::new(),
        _ => operations::credential(operation),
    };
    docs.paragraph(credential).paragraph(errors).attributes()
}

/// Returns the name of the constant with the facts about an operation.
fn facts(operation: &Operation) -> Ident {
    ident(&names::constant(&operation.name))
}
