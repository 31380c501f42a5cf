//! Emits `pages.rs`: implements the runtime's trait `Page` for each page type, so that the client can stream all pages.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Docs;
use super::group::GroupModule;
use super::types::{ident, rust_type};
use crate::ir::{Api, Page, PageForm, Shape, TypeId};

/// Returns whether a version group contains a page type.
pub(super) fn is_needed(group: GroupModule<'_>) -> bool {
    pages(group).next().is_some()
}

fn pages(group: GroupModule<'_>) -> impl Iterator<Item = (&TypeId, &Page)> {
    let api = group.api();
    let pages = api.pages.iter();
    pages.filter(move |(id, _)| group.holds_type(api.def(**id)))
}

/// Emits `pages.rs` of a version group: one line for each page type.
pub(super) fn file(group: GroupModule<'_>) -> TokenStream {
    let api = group.api();
    let title = Docs::new(None, "Pages of lists.").inner_attributes();
    let mut pages: Vec<(&TypeId, &Page)> = pages(group).collect();
    pages.sort_by_key(|(id, _)| &api.def(**id).name.rust);
    let pages = pages.into_iter().map(|(id, page)| {
        let (name, item) = (ident(&api.def(*id).name.rust), rust_type(api, &page.item));
        let form = form(api, *id, page.form);
        quote!(polar_client_runtime::page! { #name of #item, #form })
    });
    quote!(#title #(#pages)*)
}

fn form(api: &Api, id: TypeId, form: PageForm) -> TokenStream {
    match (form, &api.def(id).shape) {
        (PageForm::Last, _) => quote!(last),
        (PageForm::More, _) => quote!(more),
        (PageForm::OneOf, Shape::Union(union)) => {
            let variants = union
                .variants
                .iter()
                .map(|variant| ident(&variant.name.rust));
            quote!(#(#variants)|*)
        }
        (PageForm::OneOf, _) => TokenStream::new(),
    }
}
