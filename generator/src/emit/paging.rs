//! What the pages of lists say of themselves.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Docs;
use super::types::{ident, rust_type};
use crate::ir::{Api, Page, PageForm, Shape, TypeId};

/// `pages.rs` of a version: one line for each type that is a page.
pub(super) fn file(api: &Api) -> TokenStream {
    let title = Docs::new(None, "The pages that lists come in.").inner_attributes();
    let mut pages: Vec<(&TypeId, &Page)> = api.pages.iter().collect();
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
