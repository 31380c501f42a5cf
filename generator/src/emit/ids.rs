//! Emits `ids.rs`: a type of identifiers for each entity, such as `OrderId`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{self, Docs};
use super::types::ident;
use crate::ir::Api;
use crate::names;

/// Returns whether the APIs contain identifiers of entities.
pub(super) fn is_needed(apis: &[&Api]) -> bool {
    apis.iter().any(|api| api.entities().next().is_some())
}

/// Emits `ids.rs` with the entities of all versions, so that an ID has the same type in each version.
pub(super) fn file(apis: &[&Api]) -> TokenStream {
    let title = Docs::new(None, "Typed identifiers.")
        .paragraph(
            "The ID of an order cannot be passed where the ID of a customer is expected. All are UUIDs: they are parsed, \
             displayed and serialized as such, and convert from and to [`Uuid`](polar_client_runtime::types::Uuid).",
        )
        .inner_attributes();
    let entities: BTreeSet<&str> = apis.iter().flat_map(|api| api.entities()).collect();
    let types = entities.into_iter().map(|entity| {
        let (marker, id) = (ident(entity), ident(&names::id_type(entity)));
        let spoken = docs::with_article(&names::spoken(entity));
        let marked = Docs::new(
            None,
            format!(
                "Type parameter of [`{}`]; has no values.",
                names::id_type(entity)
            ),
        )
        .attributes();
        let identifier = Docs::new(None, format!("ID of {spoken}.")).attributes();
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
