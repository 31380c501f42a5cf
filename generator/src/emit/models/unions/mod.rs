//! Emits unions: the enum, its methods, and conversions from the types of its variants.

mod codec;
mod common_fields;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) use codec::codec;
pub(crate) use common_fields::shared_fields;

use crate::emit::docs::facts;
use crate::emit::docs::types::type_docs;
use crate::emit::docs::{self, Docs};
use crate::emit::models::ambiguous;
use crate::emit::types::{as_struct, ident, is_copy, payload, rust_type};
use crate::ir::{
    Api, Constant, Decision, Needed, Resolution, Scalar, Sought, Type, TypeDef, Union, Usage,
    Variant,
};

/// Emits the enum of a union and its methods.
pub(super) fn definition(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    if let Resolution::Ambiguous { reason, choices } = &union.resolution {
        return ambiguous::definition(api, def, union, reason, choices.as_ref());
    }
    let name = ident(&def.name.rust);
    let docs = type_docs(def, "The union")
        .paragraph(discrimination(union))
        .paragraph(accepted_variants(api, def, union))
        .attributes();
    let variants = union
        .variants
        .iter()
        .map(|variant| variant_definition(api, variant, def.usage));
    let unknown = def.usage.is_decoded().then(|| {
        let payload = common_fields::unknown_payload(api, def, union);
        quote! {
            #[doc = " An unknown variant, with its JSON."]
            Unknown(#payload),
        }
    });
    let unknown_definition = def.usage.is_decoded();
    let unknown_definition =
        unknown_definition.then(|| common_fields::unknown_definition(api, def, union));
    let methods = methods(api, def, union);
    let conversions = conversions(api, def, union);
    quote! {
        #docs
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum #name { #(#variants)* #unknown }
        #methods
        #conversions
        #unknown_definition
    }
}

/// Returns the sentence that methods accept the struct of a variant instead of the union, if an operation has the union as
/// its body.
fn accepted_variants(api: &Api, def: &TypeDef, union: &Union) -> String {
    let mut types = union.variants.iter().map(|variant| &variant.ty);
    match types.find(|ty| def.is_body && as_struct(api, ty).is_some()) {
        Some(ty) => format!(
            "A method with this type of body also accepts the struct of a variant, such as [`{}`].",
            rust_type(api, api.target(ty)),
        ),
        None => String::new(),
    }
}

fn discrimination(union: &Union) -> String {
    match &union.resolution {
        Resolution::Decided(decision) => {
            let deciding: Vec<String> = decision
                .deciding()
                .iter()
                .map(|path| discriminator(path))
                .collect();
            let sentence = format!("Discriminated by {}.", deciding.join(", then "));
            [sentence, overlap(union, decision)]
                .join(" ")
                .trim()
                .to_owned()
        }
        Resolution::WriteOnly | Resolution::Ambiguous { .. } => String::new(),
    }
}

/// Returns a discriminating property as the docs show it. `path` is an item of [`Decision::deciding`].
fn discriminator(path: &str) -> String {
    match (path, path.strip_suffix('?')) {
        ("(type)", _) => "the JSON type".to_owned(),
        ("(text)", _) => "the format of the string".to_owned(),
        (_, Some(key)) => format!("the presence of {}", docs::code(key)),
        (path, None) => docs::code(path),
    }
}

/// Describes values that decode as another variant because they lack the keys that distinguish the two.
fn overlap(union: &Union, decision: &Decision) -> String {
    let name = |decision: &Decision| {
        let variant = decision.outcomes().first().copied();
        variant.map(|variant| docs::article(&union.variants[variant].name.rust))
    };
    match decision {
        Decision::Key {
            sought: Sought::Key,
            present,
            absent,
            ..
        } => match (name(present), name(absent)) {
            (Some(larger), Some(smaller)) => {
                let larger = docs::capitalized(&larger);
                format!("{larger} without the keys that only it has is decoded as {smaller}.")
            }
            _ => String::new(),
        },
        Decision::Tag { arms, .. } => {
            let arms = arms.iter().filter_map(|(constants, then)| {
                let Decision::Key {
                    needed: Needed::All,
                    paths,
                    absent,
                    ..
                } = then
                else {
                    return None;
                };
                let constants = constants
                    .iter()
                    .map(|constant| docs::code(&constant.to_string()));
                let keys = paths.iter().map(|path| docs::code(&path.join(".")));
                Some(format!(
                    "{} without {} is decoded as {}.",
                    constants.collect::<Vec<_>>().join(" or "),
                    keys.collect::<Vec<_>>().join(" or "),
                    name(absent)?,
                ))
            });
            arms.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

fn variant_definition(api: &Api, variant: &Variant, usage: Usage) -> TokenStream {
    let name = ident(&variant.name.rust);
    let fallback = match &variant.ty {
        Type::Named(id) => {
            let def = api.def(*id);
            let schema = format!("[`{}`].", def.name.rust);
            def.docs
                .as_ref()
                .and_then(|docs| docs.lines().next())
                .map_or(schema, str::to_owned)
        }
        Type::Const(Constant::String(text)) => format!("{}.", docs::code(text)),
        other => format!("{}.", docs::capitalized(&kind(other))),
    };
    let docs = Docs::new(None, fallback)
        .paragraph(facts::limits(&variant.limits, usage))
        .attributes();
    match payload(api, &variant.ty) {
        Some(ty) => quote!(#docs #name(#ty),),
        None => quote!(#docs #name,),
    }
}

/// Names the kind of a value without a type of its own: `a string`, `a list of strings`.
fn kind(ty: &Type) -> String {
    match ty {
        Type::Scalar(scalar) => docs::with_article(noun(*scalar)),
        Type::List(item) => match &**item {
            Type::Scalar(scalar) => format!("a list of {}s", noun(*scalar)),
            _ => "a list".to_owned(),
        },
        Type::Map(_) => "a map".to_owned(),
        Type::Tuple(_) => "a tuple".to_owned(),
        Type::Id(_) => "an ID".to_owned(),
        Type::Nullable(inner) | Type::Boxed(inner) => kind(inner),
        Type::Const(constant) => docs::code(&constant.to_string()),
        Type::Named(_) => "a value".to_owned(),
        Type::Json => "any JSON value".to_owned(),
    }
}

fn noun(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Integer | Scalar::Unsigned => "integer",
        Scalar::Float | Scalar::Number => "number",
        Scalar::Decimal => "decimal",
        Scalar::Boolean => "boolean",
        Scalar::Uuid => "UUID",
        Scalar::Timestamp => "timestamp",
        Scalar::Date => "date",
    }
}

fn methods(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    if !def.usage.is_decoded() {
        return TokenStream::new();
    }
    let name = ident(&def.name.rust);
    let narrowing = union.variants.iter().filter_map(|variant| {
        let ty = payload(api, &variant.ty)?;
        let inner = match &variant.ty {
            Type::Scalar(Scalar::String) => quote!(str),
            Type::List(item) => {
                let item = rust_type(api, item);
                quote!([#item])
            }
            _ if as_struct(api, &variant.ty).is_some() => rust_type(api, &variant.ty),
            _ => ty,
        };
        let method = ident(&variant.narrowing());
        let pattern = ident(&variant.name.rust);
        let (ty, value) = match is_copy(api, &variant.ty) {
            true => (inner, quote!(*value)),
            false => (quote!(&#inner), quote!(value)),
        };
        let name = format!("[`{0}`](Self::{0})", variant.name.rust);
        let mut doc = format!(" Returns the content of the variant {name}, or `None`.");
        let whole = whole_number(union, variant).map(|whole| {
            doc = format!(
                " Returns a number: the content of the variant {name}, or an integer, rounded beyond 2⁵³."
            );
            quote!(Self::#whole(value) => Some(*value as f64),)
        });
        Some(quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #method(&self) -> Option<#ty> {
                match self {
                    Self::#pattern(value) => Some(#value),
                    #whole
                    _ => None,
                }
            }
        })
    });
    let tags = common_fields::tag_methods(api, union);
    let shared = common_fields::methods(api, union);
    quote! {
        impl #name {
            #shared
            #tags
            #(#narrowing)*
            #[doc = " Returns whether this is an unknown variant."]
            #[must_use]
            pub fn is_unknown(&self) -> bool {
                matches!(self, Self::Unknown(_))
            }
        }
    }
}

/// Returns the integer variant, if `variant` is the number variant of the same union. The method that returns a number then
/// also accepts integers, because JSON does not distinguish 5 from 5.0.
fn whole_number(union: &Union, variant: &Variant) -> Option<Ident> {
    if variant.ty != Type::Scalar(Scalar::Float) {
        return None;
    }
    let is_whole =
        |other: &&Variant| matches!(other.ty, Type::Scalar(Scalar::Integer | Scalar::Unsigned));
    let whole = union.variants.iter().find(is_whole)?;
    Some(ident(&whole.name.rust))
}

fn conversions(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    let name = ident(&def.name.rust);
    let mut seen = Vec::new();
    let conversions = union.variants.iter().filter_map(|variant| {
        let content = payload(api, &variant.ty)?;
        let key = rust_type(api, api.target(&variant.ty)).to_string();
        if seen.contains(&key) {
            return None;
        }
        seen.push(key);
        let pattern = ident(&variant.name.rust);
        let further = further_conversions(def, union, variant);
        // Arguments for the body accept the variants in place of the union.
        let body = def.is_body.then(|| {
            let content = rust_type(api, &variant.ty);
            quote!(polar_client_runtime::variant_body! { #name: #content })
        });
        Some(quote! {
            polar_client_runtime::from_variant! { #name::#pattern(#content) }
            #further
            #body
        })
    });
    conversions.collect()
}

/// Emits conversions to a variant from types other than its own, such as `&str` for a string.
fn further_conversions(def: &TypeDef, union: &Union, variant: &Variant) -> Option<TokenStream> {
    let (name, pattern) = (ident(&def.name.rust), ident(&variant.name.rust));
    let has = |scalar| {
        union
            .variants
            .iter()
            .any(|other| other.ty == Type::Scalar(scalar))
    };
    let is_built = def.usage.is_built();
    match &variant.ty {
        Type::Scalar(Scalar::String) => Some(quote!(
            polar_client_runtime::from_string! { #name::#pattern }
        )),
        Type::List(item) if **item == Type::Scalar(Scalar::String) && is_built => Some(quote!(
            polar_client_runtime::from_strings! { #name::#pattern }
        )),
        Type::Scalar(Scalar::Integer) if is_built => {
            let beyond = def.usage.is_decoded() && !has(Scalar::Unsigned);
            let beyond = beyond.then(|| quote!(or Unknown));
            Some(quote!(
                polar_client_runtime::from_integer! { #name::#pattern #beyond }
            ))
        }
        Type::Scalar(Scalar::Float) if is_built => Some(quote!(
            polar_client_runtime::from_float! { #name::#pattern }
        )),
        _ => None,
    }
}
