//! Emits the modules of version groups that contain several versions, and the re-exports of their items.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Docs;
use super::group::GroupModule;
use super::paging;
use super::types::ident;
use crate::share::Key;

/// Emits `mod.rs` of a version group with several versions.
pub(super) fn root(group: GroupModule<'_>) -> TokenStream {
    let versions: Vec<String> = group
        .versions()
        .map(|version| format!("`{version}`"))
        .collect();
    let title = format!(
        "Items that the versions {} of the API share.",
        listed(&versions)
    );
    let title = Docs::new(None, title)
        .paragraph("The modules of these versions re-export them.")
        .inner_attributes();
    let error_code = group.holds(&Key::ErrorCodes).then(|| {
        quote!(
            pub(crate) mod error_code;
        )
    });
    let models = needs_models(group).then(|| {
        quote!(
            pub(crate) mod models;
        )
    });
    let codec = group.types().next().map(|_| {
        quote!(
            mod codec;
        )
    });
    let pages = paging::is_needed(group).then(|| {
        quote!(
            mod pages;
        )
    });
    let schemas = super::schemas::is_needed(group).then(|| {
        quote!(
            pub(crate) mod schemas;
        )
    });
    let server = group.holds(&Key::Servers).then(|| {
        quote!(
            pub mod server;
        )
    });
    let services = super::services::is_needed(group).then(|| {
        quote!(
            pub(crate) mod services;
        )
    });
    let webhooks = group.holds(&Key::Events).then(|| {
        quote! {
            #[cfg(feature = "webhooks")]
            pub mod webhooks;
        }
    });
    quote!(#title #codec #error_code #models #pages #schemas #server #services #webhooks)
}

/// Formats `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => items.concat(),
    }
}

fn has_models(group: GroupModule<'_>) -> bool {
    group.types().next().is_some()
}

/// Returns whether the version group needs a module `models`. Emitted files import types from it, even if it defines
/// none.
pub(super) fn needs_models(group: GroupModule<'_>) -> bool {
    let services = super::services::is_needed(group);
    group.is_version() || has_models(group) || services || group.holds(&Key::Events)
}

/// Emits `models/mod.rs`: the types of this version group, and re-exports of types that it shares with other versions.
pub(super) fn models(group: GroupModule<'_>, modules: &[&str]) -> TokenStream {
    let title = Docs::new(None, "Types of the API.").inner_attributes();
    let names: Vec<_> = modules.iter().map(|module| ident(module)).collect();
    let covering = group.covering().filter(|group| has_models(*group));
    let above: Vec<TokenStream> = covering.map(GroupModule::path).collect();
    // Only the module of a version re-exports them publicly. In other version groups, they are visible in the crate
    // only.
    let shown = match group.is_version() {
        true => quote!(pub),
        false => quote! {
            #[allow(unused_imports, reason = "not every module uses the types of all others")]
            pub(super)
        },
    };
    quote! {
        #title
        #(mod #names;)*
        #(#shown use #above::models::*;)*
        #(pub use #names::*;)*
    }
}
