//! Marks functions with `#[inline]`, so that they are compiled where they are used.
//!
//! The generated crate has thousands of functions of which a program uses a few. Generic and `#[inline]` functions are
//! compiled in the crate that calls them. Any other function is compiled in the crate that defines it, together with
//! everything that it calls: a single one that decodes webhook events would compile nearly all types in every build of
//! the crate.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, GenericParam, Generics, ImplItem, Item, Signature, parse_quote};

/// Marks each non-generic function of the item, or of its `impl` block.
pub(super) fn mark(item: &mut Item) {
    match item {
        Item::Fn(function) => mark_function(&mut function.attrs, &function.sig),
        Item::Impl(block) if !has_types(&block.generics) => {
            for member in &mut block.items {
                if let ImplItem::Fn(function) = member {
                    mark_function(&mut function.attrs, &function.sig);
                }
            }
        }
        _ => {}
    }
}

fn mark_function(attrs: &mut Vec<Attribute>, signature: &Signature) {
    let is_generic = has_types(&signature.generics)
        || signature
            .inputs
            .iter()
            .any(|input| has_impl(input.to_token_stream()));
    if !is_generic {
        attrs.push(parse_quote!(#[inline]));
    }
}

/// Returns whether there are generic parameters other than lifetimes.
fn has_types(generics: &Generics) -> bool {
    generics
        .params
        .iter()
        .any(|param| !matches!(param, GenericParam::Lifetime(_)))
}

/// Returns whether the tokens contain `impl Trait`.
fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "impl",
        TokenTree::Group(group) => has_impl(group.stream()),
        _ => false,
    })
}
