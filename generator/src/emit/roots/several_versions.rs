//! Emits the root of a version group with several versions. Its modules are private: the modules of the versions re-export
//! their items.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::Docs;
use crate::emit::group::GroupModule;
use crate::emit::{models, pages, schemas, services};
use crate::share::Key;

/// Emits `mod.rs` of a version group with several versions.
pub(in crate::emit) fn root(group: GroupModule<'_>) -> TokenStream {
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
    let models = models::is_needed(group).then(|| {
        quote!(
            pub(crate) mod models;
        )
    });
    let codec = group.types().next().map(|_| {
        quote!(
            mod codec;
        )
    });
    let pages = pages::is_needed(group).then(|| {
        quote!(
            mod pages;
        )
    });
    let schemas = schemas::is_needed(group).then(|| {
        quote!(
            pub(crate) mod schemas;
        )
    });
    let server = group.holds(&Key::Servers).then(|| {
        quote!(
            pub mod server;
        )
    });
    let services = services::is_needed(group).then(|| {
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
