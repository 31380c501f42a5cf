//! The modules of homes that several versions share, and the items that a module exports from them.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Docs;
use super::paging;
use super::site::Site;
use super::types::ident;
use crate::share::Key;

/// Emits `mod.rs` of a home that is not a version.
pub(super) fn root(site: Site<'_>) -> TokenStream {
    let versions: Vec<String> = site
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
    let error_code = site.holds(&Key::ErrorCodes).then(|| {
        quote!(
            pub(crate) mod error_code;
        )
    });
    let models = shows_models(site).then(|| {
        quote!(
            pub(crate) mod models;
        )
    });
    let codec = site.types().next().map(|_| {
        quote!(
            mod codec;
        )
    });
    let pages = paging::is_needed(site).then(|| {
        quote!(
            mod pages;
        )
    });
    let schemas = super::schemas::is_needed(site).then(|| {
        quote!(
            pub(crate) mod schemas;
        )
    });
    let server = site.holds(&Key::Servers).then(|| {
        quote!(
            pub mod server;
        )
    });
    let services = super::services::is_needed(site).then(|| {
        quote!(
            pub(crate) mod services;
        )
    });
    let webhooks = site.holds(&Key::Events).then(|| {
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

fn has_models(site: Site<'_>) -> bool {
    site.types().next().is_some()
}

/// Returns whether the home needs a `models` module: emitted files import types through it, even if the home defines
/// none.
pub(super) fn shows_models(site: Site<'_>) -> bool {
    let services = super::services::is_needed(site);
    site.is_version() || has_models(site) || services || site.holds(&Key::Events)
}

/// Emits `models/mod.rs`: the home's own types, and those that it shares with other versions.
pub(super) fn models(site: Site<'_>, modules: &[&str]) -> TokenStream {
    let title = Docs::new(None, "Types of the API.").inner_attributes();
    let names: Vec<_> = modules.iter().map(|module| ident(module)).collect();
    let covering = site.covering().filter(|site| has_models(*site));
    let above: Vec<TokenStream> = covering.map(Site::path).collect();
    // Only a version's module exports them publicly; in other homes they are visible to its files.
    let shown = match site.is_version() {
        true => quote!(pub),
        false => quote! {
            #[allow(unused_imports, reason = "not every home refers to all others")]
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
