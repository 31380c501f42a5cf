//! Flows: methods that make several calls. What they do is in the runtime; here they are given their operations.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::docs::{self, Docs};
use super::services::argument;
use super::types::{ident, rust_type};
use crate::ir::{Api, FlowKind, Operation, Service, Shape, Success, Type};
use crate::names;

/// The method of an operation's flow, if it has one.
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
        FlowKind::Download { file } => download(api, &name, operation, file),
    }
}

fn upload(
    api: &Api,
    name: &Ident,
    operation: &Operation,
    completion: &Operation,
) -> Option<TokenStream> {
    const WORDS: &str = "Uploads a file: announces it, sends its parts to the storage, and says that they are there.";
    let docs = flow_docs(operation, WORDS, &[operation, completion]);
    let (create, complete) = (facts(operation), facts(completion));
    let (Success::Json(output) | Success::JsonOrEmpty(output)) = &completion.success else {
        return None;
    };
    let output = rust_type(api, output);
    Some(quote! {
        #docs
        pub fn #name(&self, file: NewFile, source: impl Into<UploadSource>) -> Upload<#output> {
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
    let words = match generation {
        Some(_) => "Downloads the document, and has it made first if there is none yet.",
        None => "Downloads the document, and waits for it if there is none yet.",
    };
    let calls: Vec<&Operation> = std::iter::once(operation).chain(generation).collect();
    let docs = flow_docs(operation, words, &calls);
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
    let method = ident(&operation.name.rust);
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
        pub fn #name(&self, #(#parameters),*) -> Download {
            #download
        }
    }
}

fn download(api: &Api, name: &Ident, operation: &Operation, file: &str) -> Option<TokenStream> {
    const WORDS: &str = "Downloads the file of an item, from the address that came with it.";
    let docs = flow_docs(operation, WORDS, &[]);
    let file = property(api, &operation.paging.as_ref()?.item, file)?;
    let (ty, facts) = (rust_type(api, file), facts(operation));
    Some(quote! {
        #docs
        pub fn #name(&self, file: &#ty) -> Download {
            Download::file(self.client.request(&#facts), file)
        }
    })
}

/// The words, who may do it, and which calls it makes.
fn flow_docs(operation: &Operation, words: &str, calls: &[&Operation]) -> TokenStream {
    let docs = Docs::new(None, words);
    let errors = match calls {
        [] => "# Errors\nThose of the storage.".to_owned(),
        calls => {
            let calls: Vec<String> = calls.iter().map(|call| format!("`{}`", call.id)).collect();
            format!(
                "# Errors\nThose of {}, and of the storage.",
                calls.join(" and ")
            )
        }
    };
    let credential = match calls {
        [] => String::new(),
        _ => docs::credential(operation),
    };
    docs.paragraph(credential).paragraph(errors).attributes()
}

/// The constant with the facts about an operation.
fn facts(operation: &Operation) -> Ident {
    ident(&names::constant(&operation.name.wire))
}

/// The type of a property.
fn property<'a>(api: &'a Api, ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Named(id) = ty.non_null() else {
        return None;
    };
    match &api.def(*id).shape {
        Shape::Struct(object) => {
            let mut fields = object.fields.iter();
            let field = fields.find(|field| field.name.wire == name)?;
            Some(field.ty.non_null())
        }
        Shape::Alias(inner) => property(api, inner, name),
        Shape::Enum(_) | Shape::Union(_) => None,
    }
}
