//! Emits the table of constraints on the fields of a type, by which the runtime validates values before they are sent.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::ir::{
    Api, Bound, Constant, Edge, Limits, PatternSupport, Scalar, Shape, Struct, Type, ValueClass,
};

/// Emits `{ "key" = [limits], .. }` for the fields with constraints.
pub(super) fn braced(api: &Api, object: &Struct) -> TokenStream {
    let entries = entries(api, object);
    quote!({ #(#entries)* })
}

/// Emits the same as [`braced`], or `None` if no field has constraints.
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
        // If all additional keys have constraints, fields without constraints must be listed as exceptions.
        (rest.is_some() || !limits.is_empty()).then(|| quote!(#key = [#(#limits),*],))
    });
    let fields: Vec<TokenStream> = fields.collect();
    fields.into_iter().chain(rest).collect()
}

/// Adds the constraints that follow from a type to those of the field. For a union, these are the constraints that every
/// variant has.
fn of_value(api: &Api, ty: &Type, own: &Limits) -> Limits {
    let nested = |inner: &Type, of: &Option<Box<Limits>>| {
        let own = of.as_deref().cloned().unwrap_or_default();
        let limits = of_value(api, inner, &own);
        (!limits.is_empty()).then(|| Box::new(limits))
    };
    let own = own.clone();
    match api.target(ty.non_null()) {
        Type::List(item) | Type::Map(item) => Limits {
            items: nested(item, &own.items),
            ..own
        },
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Union(union) => {
                let variants = union.variants.iter();
                let limits: Vec<_> = variants
                    .map(|variant| (value_classes(api, &variant.ty), variant.limits.clone()))
                    .collect();
                Limits::of_any(&limits)
            }
            _ => own,
        },
        _ => own,
    }
}

/// Returns the classes of the values that a type permits. A struct and a boolean have no constraints of their own, so they
/// belong to no class.
fn value_classes(api: &Api, ty: &Type) -> Vec<ValueClass> {
    match api.target(ty) {
        Type::Scalar(Scalar::Boolean) | Type::Const(Constant::Boolean(_) | Constant::Null) => {
            vec![]
        }
        Type::Scalar(Scalar::Integer | Scalar::Unsigned | Scalar::Float | Scalar::Number)
        | Type::Const(Constant::Integer(_)) => vec![ValueClass::Number],
        Type::Scalar(Scalar::Decimal) => vec![ValueClass::Number, ValueClass::Decimal],
        Type::Scalar(_) | Type::Id(_) | Type::Const(Constant::String(_)) => {
            vec![ValueClass::String]
        }
        Type::List(_) | Type::Tuple(_) | Type::Map(_) => vec![ValueClass::Collection],
        Type::Nullable(inner) | Type::Boxed(inner) => value_classes(api, inner),
        Type::Json => ALL_CLASSES.to_vec(),
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Enum(_) => vec![ValueClass::String],
            Shape::Struct(_) => vec![],
            Shape::Union(_) | Shape::Alias(_) => ALL_CLASSES.to_vec(),
        },
    }
}

const ALL_CLASSES: [ValueClass; 4] = [
    ValueClass::String,
    ValueClass::Number,
    ValueClass::Decimal,
    ValueClass::Collection,
];

/// Emits the constraints that the runtime can validate. The documentation mentions the others.
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
        .filter(|pattern| pattern.support == PatternSupport::Supported);
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

/// Emits a bound, if it is a 64-bit integer. Other bounds are only documented.
fn number(bound: &Bound) -> Option<TokenStream> {
    let number = Literal::i64_unsuffixed(bound.integer()?);
    Some(quote!(#number))
}
