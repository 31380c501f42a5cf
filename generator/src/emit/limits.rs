//! The limits on the fields of a type, as the runtime's `Limit`s.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::types::target;
use crate::ir::{Api, Bound, Edge, Engine, Limits, Shape, Struct, Type};

/// `{ "key" = [limits], .. }` for the fields that have any.
pub(super) fn braced(api: &Api, object: &Struct) -> TokenStream {
    let entries = entries(api, object);
    quote!({ #(#entries)* })
}

/// The same; nothing if no field has any.
pub(super) fn braced_if_any(api: &Api, object: &Struct) -> Option<TokenStream> {
    let entries = entries(api, object);
    (!entries.is_empty()).then(|| quote!({ #(#entries)* }))
}

fn entries(api: &Api, object: &Struct) -> Vec<TokenStream> {
    let rest = object.rest.as_ref().and_then(|ty| {
        let limits = checked(&of_value(api, ty, &object.rest_limits));
        (!limits.is_empty()).then(|| quote!("*" = [#(#limits),*],))
    });
    let fields = object.fields.iter().filter_map(|field| {
        let key = &field.name.wire;
        let limits = checked(&of_value(api, &field.ty, &field.facts.limits));
        // Beside limits on all further keys, those without limits have to be named.
        (rest.is_some() || !limits.is_empty()).then(|| quote!(#key = [#(#limits),*],))
    });
    let fields: Vec<TokenStream> = fields.collect();
    fields.into_iter().chain(rest).collect()
}

/// The limits that a place and the type there set together. Those of a union's variants hold at the place, for each is about
/// values of its own kind.
fn of_value(api: &Api, ty: &Type, own: &Limits) -> Limits {
    let nested = |inner: &Type, of: &Option<Box<Limits>>| {
        let own = of.as_deref().cloned().unwrap_or_default();
        let limits = of_value(api, inner, &own);
        (!limits.is_empty()).then(|| Box::new(limits))
    };
    let own = own.clone();
    match target(api, ty.non_null()) {
        Type::List(item) | Type::Map(item) => Limits {
            items: nested(item, &own.items),
            ..own
        },
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Union(union) => union
                .variants
                .iter()
                .map(|variant| variant.limits.clone())
                .fold(own, Limits::or),
            _ => own,
        },
        _ => own,
    }
}

/// The limits that the runtime checks.
fn checked(limits: &Limits) -> Vec<TokenStream> {
    let count = |value: u64| Literal::u64_unsuffixed(value);
    let min_length = limits
        .min_length
        .map(count)
        .map(|min| quote!(MinLength(#min)));
    let max_length = limits
        .max_length
        .map(count)
        .map(|max| quote!(MaxLength(#max)));
    let pattern = limits
        .pattern
        .as_ref()
        .filter(|pattern| pattern.engine == Engine::Reads);
    let pattern = pattern
        .map(|pattern| &pattern.text)
        .map(|text| quote!(Pattern(#text)));
    let digits = limits.digits.map(|digits| {
        let integer = Literal::usize_unsuffixed(digits.integer);
        let fraction = Literal::usize_unsuffixed(digits.fraction);
        quote!(Digits { integer: #integer, fraction: #fraction })
    });
    let minimum = limits.minimum.as_ref().and_then(|bound| {
        let number = number(bound)?;
        Some(match bound.edge {
            Edge::Inclusive => quote!(AtLeast(#number)),
            Edge::Exclusive => quote!(MoreThan(#number)),
        })
    });
    let maximum = limits.maximum.as_ref().and_then(|bound| {
        let number = number(bound)?;
        Some(match bound.edge {
            Edge::Inclusive => quote!(AtMost(#number)),
            Edge::Exclusive => quote!(LessThan(#number)),
        })
    });
    let min_items = limits
        .min_items
        .map(count)
        .map(|min| quote!(MinItems(#min)));
    let max_items = limits
        .max_items
        .map(count)
        .map(|max| quote!(MaxItems(#max)));
    let nested = |limits: &Option<Box<Limits>>| {
        let limits = checked(limits.as_deref()?);
        (!limits.is_empty()).then_some(limits)
    };
    let keys = nested(&limits.keys).map(|keys| quote!(Keys(&[#(#keys),*])));
    let items = nested(&limits.items).map(|each| quote!(Each(&[#(#each),*])));
    [
        min_length, max_length, pattern, digits, minimum, maximum, min_items, max_items, keys,
        items,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A bound as a 64-bit integer. All bounds of the API are whole numbers; one that is not, or too large, is only documented.
fn number(bound: &Bound) -> Option<TokenStream> {
    let number: i64 = bound.value.parse().ok()?;
    let number = Literal::i64_unsuffixed(number);
    Some(quote!(#number))
}
