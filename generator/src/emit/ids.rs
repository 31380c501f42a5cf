//! The types of identifiers, one for each entity that any version has.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{self, Docs};
use super::types::ident;
use crate::ir::Api;
use crate::names;

/// Whether anything in the APIs identifies an entity.
pub(super) fn is_needed(apis: &[&Api]) -> bool {
    apis.iter().any(|api| api.entities().next().is_some())
}

/// `ids.rs`: a marker for each entity, which is the same in all versions, and the type of its identifiers.
pub(super) fn file(apis: &[&Api]) -> TokenStream {
    let title = Docs::new(None, "Identifiers that know what they identify.")
        .paragraph(
            "The identifier of one entity cannot be passed for that of another. All are UUIDs: they are parsed, displayed \
             and serialized as such, and convert from and to [`Uuid`](polar_client_runtime::types::Uuid).",
        )
        .inner_attributes();
    let entities: BTreeSet<&str> = apis.iter().flat_map(|api| api.entities()).collect();
    let types = entities.into_iter().map(|entity| {
        let (marker, id) = (ident(entity), ident(&names::id_type(entity)));
        let spoken = docs::with_article(&names::spoken(entity));
        let marked = Docs::new(None, format!("Marks the identifier of {spoken}.")).attributes();
        let identifier = Docs::new(None, format!("The identifier of {spoken}.")).attributes();
        quote! {
            #marked
            #[derive(Debug)]
            pub enum #marker {}

            #identifier
            pub type #id = Id<#marker>;
        }
    });
    quote! {
        #title
        use polar_client_runtime::types::Id;
        #(#types)*
    }
}
