//! Phase 4, emit: the IR becomes token streams, one for each file.
//!
//! Everything that has to be decided was decided in [`crate::lower`]; here it only gets its Rust form.

mod ambiguous;
mod codec;
mod docs;
mod flows;
mod imports;
mod input;
mod limits;
mod manifest;
mod models;
mod paging;
mod services;
mod types;
mod union;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Api, Service, Shape, TypeDef};
use crate::names;
use docs::Docs;
use imports::Scope;
use types::ident;

pub(crate) use manifest::crate_files;

/// The files of one version, by path below the version's folder.
pub(crate) fn version(api: &Api) -> BTreeMap<String, TokenStream> {
    let mut files = BTreeMap::new();
    files.insert(
        "mod.rs".to_owned(),
        imports::add(version::root(api), Scope::root()),
    );
    files.insert(
        "server.rs".to_owned(),
        imports::add(version::servers(api), Scope::root()),
    );
    if !api.error_codes.is_empty() {
        files.insert(
            "error_code.rs".to_owned(),
            imports::add(version::error_code(api), Scope::root()),
        );
    }
    if !api.pages.is_empty() {
        files.insert(
            "pages.rs".to_owned(),
            imports::add(paging::file(api), Scope::services(api, 0)),
        );
    }
    add_models(api, &mut files);
    add_services(api, &mut files);
    files
}

fn add_models(api: &Api, files: &mut BTreeMap<String, TokenStream>) {
    let mut modules: BTreeMap<&str, Vec<&TypeDef>> = BTreeMap::new();
    for def in &api.types {
        modules.entry(&def.module).or_default().push(def);
    }
    for defs in modules.values_mut() {
        defs.sort_by(|a, b| a.name.rust.cmp(&b.name.rust));
    }
    let mut with_codec = Vec::new();
    for (module, defs) in &modules {
        let local: BTreeSet<&str> = defs.iter().map(|def| def.name.rust.as_str()).collect();
        let title = Docs::new(None, module_title(module)).inner_attributes();
        let definitions = defs.iter().map(|def| models::definition(api, def));
        let tokens = imports::add(quote!(#title #(#definitions)*), Scope::models(api, &local));
        files.insert(format!("models/{module}.rs"), tokens);
        if defs.iter().any(|def| !matches!(def.shape, Shape::Alias(_))) {
            with_codec.push(*module);
            let title = Docs::new(
                None,
                format!("How the types of `models/{module}.rs` are read and written."),
            );
            let title = title.inner_attributes();
            let implementations = defs.iter().map(|def| codec::implementation(api, def));
            let tokens = imports::add(quote!(#title #(#implementations)*), Scope::codec(api));
            files.insert(format!("codec/{module}.rs"), tokens);
        }
    }
    files.insert(
        "models/mod.rs".to_owned(),
        models_root(modules.keys().copied()),
    );
    files.insert("codec/mod.rs".to_owned(), codec_root(&with_codec));
}

fn module_title(module: &str) -> String {
    match module {
        "shared" => "Types that several resources share.".to_owned(),
        "errors" => "The bodies of error answers.".to_owned(),
        _ => format!("Types of {}.", names::spoken(module)),
    }
}

fn models_root<'a>(modules: impl Iterator<Item = &'a str>) -> TokenStream {
    let title = Docs::new(None, "The types of the API.").inner_attributes();
    let names: Vec<_> = modules.map(ident).collect();
    quote! {
        #title
        #(mod #names;)*
        #(pub use #names::*;)*
    }
}

fn codec_root(modules: &[&str]) -> TokenStream {
    let title =
        Docs::new(None, "How the types of the API are read and written.").inner_attributes();
    let names = modules.iter().map(|module| ident(module));
    quote!(#title #(mod #names;)*)
}

fn add_services(api: &Api, files: &mut BTreeMap<String, TokenStream>) {
    let title =
        Docs::new(None, "The operations of the API, by what they act on.").inner_attributes();
    let names = api.services.iter().map(|service| ident(&service.name.rust));
    files.insert(
        "services/mod.rs".to_owned(),
        quote!(#title #(pub mod #names;)*),
    );
    for service in &api.services {
        add_service(api, service, "services", 1, files);
    }
}

fn add_service(
    api: &Api,
    service: &Service,
    above: &str,
    depth: usize,
    files: &mut BTreeMap<String, TokenStream>,
) {
    let path = format!("{above}/{}", service.name.rust.trim_start_matches("r#"));
    let tokens = imports::add(services::file(api, service), Scope::services(api, depth));
    let file = if service.children.is_empty() {
        format!("{path}.rs")
    } else {
        format!("{path}/mod.rs")
    };
    files.insert(file, tokens);
    for child in &service.children {
        add_service(api, child, &path, depth + 1, files);
    }
}
