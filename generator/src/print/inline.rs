//! Marks functions as `#[inline]`, so that they are compiled only in programs that use them.
//!
//! The generated crate has thousands of functions, of which a program uses a few. A generic or `#[inline]` function is
//! compiled in the crates that call it. Any other function is compiled in the crate that defines it, together with
//! everything that it calls. Functions that decode are not marked: an event or a page refers to most types, so a program
//! would compile hundreds of decoders again after each edit.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, GenericParam, Generics, ImplItem, Item, ItemImpl, Signature, parse_quote};

/// The traits whose function `read` decodes a type.
const DECODED: [&str; 3] = ["Model", "Union", "UnknownVariant"];
const READ: &str = "read";

/// Marks a function, or the functions of an `impl` block, as `#[inline]`, except for generic functions and decoders.
pub(super) fn mark(item: &mut Item) {
    match item {
        Item::Fn(function) => mark_function(&mut function.attrs, &function.sig),
        Item::Impl(block) if !has_types(&block.generics) => {
            let decodes = is_decoded(block);
            for member in &mut block.items {
                match member {
                    ImplItem::Fn(function) if decodes && function.sig.ident == READ => {}
                    ImplItem::Fn(function) => mark_function(&mut function.attrs, &function.sig),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Returns whether the block implements one of the traits in [`DECODED`].
fn is_decoded(block: &ItemImpl) -> bool {
    let path = block.trait_.as_ref().map(|(path, _)| path);
    path.and_then(|path| path.segments.last())
        .is_some_and(|name| DECODED.iter().any(|decoded| name.ident == decoded))
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
