//! Phase 5, emit: converts the IR to token streams, one for each file.
//!
//! All decisions are made in [`crate::lower`]. This phase only chooses their Rust form.

mod access;
mod ambiguous;
mod argument;
mod codec;
mod docs;
mod facts;
mod flows;
mod group;
mod guide;
mod ids;
mod imports;
mod input;
mod json;
mod limits;
mod lookups;
mod manifest;
mod models;
mod operation_docs;
mod paging;
mod schemas;
mod services;
mod shared;
mod state;
mod type_docs;
mod types;
mod union;
mod version;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Api, Shape, TypeDef};
use crate::names;
use crate::share::Key;
use docs::Docs;
use imports::Scope;
use types::ident;

pub(crate) use group::{GroupModule, Layout, Parent};
pub(crate) use input::is_literal;
pub(crate) use manifest::crate_files;
pub(crate) use union::shared_fields;

/// A file that is emitted later. Unlike tokens, its inputs can be sent between threads.
pub(crate) struct File<'a> {
    /// The path relative to the folder of the version group.
    pub(crate) path: String,
    emit: Box<dyn FnOnce() -> TokenStream + Send + 'a>,
}

impl<'a> File<'a> {
    fn new(
        path: impl Into<String>,
        scope: Scope<'a>,
        emit: impl FnOnce() -> TokenStream + Send + 'a,
    ) -> Self {
        Self {
            path: path.into(),
            emit: Box::new(move || imports::add(emit(), scope)),
        }
    }

    pub(crate) fn emit(self) -> TokenStream {
        (self.emit)()
    }
}

/// Returns the source files of a version group.
pub(crate) fn files(group: GroupModule<'_>) -> Vec<File<'_>> {
    let api = group.api();
    let mut files = vec![match group.is_version() {
        true => File::new("mod.rs", Scope::root(), move || version::root(group)),
        false => File::new("mod.rs", Scope::root(), move || shared::root(group)),
    }];
    if group.holds(&Key::Servers) {
        let servers = move || version::servers(api);
        files.push(File::new("server.rs", Scope::root(), servers));
    }
    if group.holds(&Key::ErrorCodes) {
        let error_code = move || version::error_code(api);
        files.push(File::new("error_code.rs", Scope::root(), error_code));
    }
    if group.parent() == Parent::None && ids::is_needed(&[api]) {
        let ids = move || ids::file(&[api]);
        files.push(File::new("ids.rs", Scope::root(), ids));
    }
    if paging::is_needed(group) {
        let pages = move || paging::file(group);
        files.push(File::new("pages.rs", Scope::services(group, 0), pages));
    }
    if group.holds(&Key::Events) {
        let events = move || webhooks::file(group);
        files.push(File::new("webhooks.rs", Scope::webhooks(group), events));
    }
    if schemas::is_needed(group) {
        let schemas = move || schemas::file(group);
        files.push(File::new("schemas.rs", Scope::root(), schemas));
    }
    add_models(group, &mut files);
    services::add_files(group, &mut files);
    files
}

/// Returns the files of a version group that are not Rust source: text by path relative to its folder.
pub(crate) fn data(group: GroupModule<'_>) -> BTreeMap<String, String> {
    let schemas =
        schemas::is_needed(group).then(|| (schemas::FILE.to_owned(), schemas::table(group)));
    schemas.into_iter().collect()
}

fn add_models<'a>(group: GroupModule<'a>, files: &mut Vec<File<'a>>) {
    let api = group.api();
    let mut modules: BTreeMap<&'a str, Vec<&'a TypeDef>> = BTreeMap::new();
    for def in group.types() {
        modules.entry(&def.module).or_default().push(def);
    }
    let names: Vec<&str> = modules.keys().copied().collect();
    if shared::needs_models(group) {
        let root = move || shared::models(group, &names);
        files.push(File::new("models/mod.rs", Scope::root(), root));
    }
    let mut with_codec = Vec::new();
    for (module, mut defs) in modules {
        defs.sort_by(|a, b| a.name.rust.cmp(&b.name.rust));
        let local: BTreeSet<&str> = defs.iter().map(|def| def.name.rust.as_str()).collect();
        let scope = Scope::models(group, &local);
        if defs.iter().any(|def| !matches!(def.shape, Shape::Alias(_))) {
            with_codec.push(module);
            let (scope, defs) = (Scope::codec(group), defs.clone());
            let codec = move || codec_file(api, module, &defs);
            files.push(File::new(format!("codec/{module}.rs"), scope, codec));
        }
        let models = move || models_file(api, module, &defs);
        files.push(File::new(format!("models/{module}.rs"), scope, models));
    }
    if !with_codec.is_empty() {
        let root = move || codec_root(&with_codec);
        files.push(File::new("codec/mod.rs", Scope::root(), root));
    }
}

fn models_file(api: &Api, module: &str, defs: &[&TypeDef]) -> TokenStream {
    let title = Docs::new(None, module_title(module)).inner_attributes();
    let definitions = defs.iter().map(|def| models::definition(api, def));
    quote!(#title #(#definitions)*)
}

fn codec_file(api: &Api, module: &str, defs: &[&TypeDef]) -> TokenStream {
    let title = format!("Codec of the types in `models/{module}.rs`.");
    let title = Docs::new(None, title).inner_attributes();
    let implementations = defs.iter().map(|def| codec::implementation(api, def));
    quote!(#title #(#implementations)*)
}

fn module_title(module: &str) -> String {
    match module {
        "shared" => "Types that several resources share.".to_owned(),
        "errors" => "Bodies of error responses.".to_owned(),
        _ => format!("Types of {}.", names::spoken(module)),
    }
}

fn codec_root(modules: &[&str]) -> TokenStream {
    let title = Docs::new(None, "Codec of the types of the API.").inner_attributes();
    let names = modules.iter().map(|module| ident(module));
    quote!(#title #(mod #names;)*)
}
