//! Emits the types of the API: `models/` with their definitions, and `codec/` with how they are decoded and encoded.

mod ambiguous;
mod codec;
mod constructors;
mod definitions;
mod limits;
mod lookups;
mod unions;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::Docs;
use crate::emit::group::GroupModule;
use crate::emit::imports::Scope;
use crate::emit::types::ident;
use crate::emit::{File, services};
use crate::ir::{Api, Shape, TypeDef};
use crate::names;
use crate::share::Key;

pub(crate) use constructors::is_literal;
pub(crate) use unions::shared_fields;

/// Returns whether a version group needs a module `models`. Emitted files import types from it, even if it defines
/// none.
pub(super) fn is_needed(group: GroupModule<'_>) -> bool {
    let services = services::is_needed(group);
    group.is_version() || has_types(group) || services || group.holds(&Key::Events)
}

fn has_types(group: GroupModule<'_>) -> bool {
    group.types().next().is_some()
}

/// Adds a file in `models/` and one in `codec/` for each resource.
pub(super) fn add_files<'a>(group: GroupModule<'a>, files: &mut Vec<File<'a>>) {
    let api = group.api();
    let mut modules: BTreeMap<&'a str, Vec<&'a TypeDef>> = BTreeMap::new();
    for def in group.types() {
        modules.entry(&def.module).or_default().push(def);
    }
    let names: Vec<&str> = modules.keys().copied().collect();
    if is_needed(group) {
        let root = move || models_root(group, &names);
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

/// Emits `models/mod.rs`: the types of this version group, and re-exports of types that it shares with other versions.
fn models_root(group: GroupModule<'_>, modules: &[&str]) -> TokenStream {
    let title = Docs::new(None, "Types of the API.").inner_attributes();
    let names: Vec<_> = modules.iter().map(|module| ident(module)).collect();
    let covering = group.covering().filter(|group| has_types(*group));
    let covering: Vec<TokenStream> = covering.map(GroupModule::path).collect();
    // Only the module of a version re-exports them publicly. In other version groups, they are visible in the crate
    // only.
    let visibility = match group.is_version() {
        true => quote!(pub),
        false => quote! {
            #[allow(unused_imports, reason = "not every module uses the types of all others")]
            pub(super)
        },
    };
    quote! {
        #title
        #(mod #names;)*
        #(#visibility use #covering::models::*;)*
        #(pub use #names::*;)*
    }
}

fn models_file(api: &Api, module: &str, defs: &[&TypeDef]) -> TokenStream {
    let title = Docs::new(None, module_title(module)).inner_attributes();
    let definitions = defs.iter().map(|def| definitions::definition(api, def));
    quote!(#title #(#definitions)*)
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

fn codec_file(api: &Api, module: &str, defs: &[&TypeDef]) -> TokenStream {
    let title = format!("Codec of the types in `models/{module}.rs`.");
    let title = Docs::new(None, title).inner_attributes();
    let implementations = defs.iter().map(|def| codec::implementation(api, def));
    quote!(#title #(#implementations)*)
}
