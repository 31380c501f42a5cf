//! Emits ambiguous unions, whose variant cannot be determined from the value alone. Such a union becomes a struct with the
//! raw JSON, and a method for each variant that decodes the JSON as this variant.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::types::type_docs;
use crate::emit::docs::{self, Docs};
use crate::emit::types::{ident, payload, rust_type};
use crate::ir::{Api, Choices, Field, Presence, Resolution, Shape, Struct, Type, TypeDef, Union};
use crate::names;

/// Emits the struct and its methods. If a string elsewhere in the response selects the variant (`x-chosen-by`), also emits
/// an enum over the variants: the *view*.
pub(super) fn definition(
    api: &Api,
    def: &TypeDef,
    union: &Union,
    reason: &str,
    choices: Option<&Choices>,
) -> TokenStream {
    let name = ident(&def.name.rust);
    let reason = docs::capitalized(reason);
    let docs = type_docs(def, "The union")
        .paragraph(format!(
            "Raw JSON, with a typed view for each possible type. {reason}."
        ))
        .attributes();
    let views = union.variants.iter().filter_map(|variant| {
        payload(api, &variant.ty)?;
        let ty = rust_type(api, &variant.ty);
        let method = ident(&names::view(&variant.name.rust));
        let doc = format!(" Decodes the value as {}.", linked(api, &variant.ty));
        Some(quote! {
            #[doc = #doc]
            #[doc = ""]
            #[doc = " # Errors"]
            #[doc = " [`DecodeError`] if the value does not have that type."]
            pub fn #method(&self) -> Result<#ty, DecodeError> {
                from_value(&self.0)
            }
        })
    });
    let to_view = choices.map(|choices| to_view(union, choices));
    let view = choices.map(|choices| view(api, def, union, choices));
    quote! {
        #docs
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct #name(pub JsonValue);
        impl #name { #(#views)* #to_view }
        #view
    }
}

/// Returns the name of a type, with a link if its docs are part of the crate's.
fn linked(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Named(id) => format!("[`{}`]", api.def(*id).name.rust),
        _ => docs::code(&rust_type(api, ty).to_string()),
    }
}

/// Emits the method that decodes the JSON as the view. Its argument is the string that selects the variant.
fn to_view(union: &Union, choices: &Choices) -> TokenStream {
    let view = ident(&choices.name);
    let arms = choices.variants.iter().map(|(text, variant)| {
        let name = ident(&union.variants[*variant].name.rust);
        quote!(#text => View::#name(from_value(raw)?),)
    });
    let docs = Docs::new(
        None,
        "Decodes the value as the type that this string selects. Unknown strings select the raw JSON.",
    )
    .attributes();
    quote! {
        #docs
        #[doc = ""]
        #[doc = " # Errors"]
        #[doc = " [`DecodeError`] if the value does not have that type."]
        pub fn to_view(&self, chosen_by: &str) -> Result<#view, DecodeError> {
            use #view as View;
            let raw = &self.0;
            let view = match chosen_by {
                #(#arms)*
                _ => View::Unknown(raw.clone()),
            };
            Ok(view)
        }
    }
}

fn view(api: &Api, def: &TypeDef, union: &Union, choices: &Choices) -> TokenStream {
    let name = ident(&choices.name);
    let docs = Docs::new(
        None,
        format!(
            "Decoded [`{}`], with a variant for each possible type.",
            def.name.rust
        ),
    )
    .attributes();
    let variants = choices.variants.iter().map(|(text, variant)| {
        let variant = &union.variants[*variant];
        let (name, ty) = (ident(&variant.name.rust), rust_type(api, &variant.ty));
        let summary = match &variant.ty {
            Type::Named(id) => api.def(*id).docs.as_deref(),
            _ => None,
        };
        let fallback = docs::capitalized(&linked(api, &variant.ty));
        let docs = Docs::new(summary, format!("{fallback}."))
            .paragraph(format!("Selected by {}.", docs::code(text)))
            .attributes();
        quote!(#docs #name(#ty),)
    });
    quote! {
        #docs
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            #[doc = " An unknown type, with its JSON."]
            Unknown(JsonValue),
        }
    }
}

/// Emits the codec of the struct and of the enum.
pub(super) fn codec(def: &TypeDef, union: &Union, choices: Option<&Choices>) -> TokenStream {
    let (name, text) = (ident(&def.name.rust), &def.name.rust);
    let view = choices.map(|choices| {
        let name = ident(&choices.name);
        let arms = choices.variants.iter().map(|(_, variant)| {
            let text = &union.variants[*variant].name.rust;
            let variant = ident(text);
            quote!(Self::#variant(value) => (#text, value),)
        });
        quote! {
            impl Choice for #name {
                fn view(&self) -> (&'static str, &dyn Encode) {
                    match self {
                        #(#arms)*
                        Self::Unknown(value) => ("Unknown", value),
                    }
                }
            }
            polar_client_runtime::choice! { #name }
        }
    });
    quote! {
        impl Union for #name {
            fn read(node: Node<'_, '_>) -> Self {
                Self(node.json())
            }

            fn view(&self) -> (&'static str, &dyn Encode) {
                (#text, &self.0)
            }
        }
        polar_client_runtime::union! { #name }
        #view
    }
}

/// Emits a method for each ambiguous field of a struct. It finds the string that selects the variant, and returns the view.
pub(super) fn chosen_views(api: &Api, def: &TypeDef, object: &Struct) -> TokenStream {
    let views: Vec<TokenStream> = object
        .fields
        .iter()
        .filter_map(|field| chosen_view(api, field))
        .collect();
    if views.is_empty() {
        return TokenStream::new();
    }
    let name = ident(&def.name.rust);
    quote!(impl #name { #(#views)* })
}

fn chosen_view(api: &Api, field: &Field) -> Option<TokenStream> {
    let path = field.chosen_by.as_ref()?;
    let Type::Named(id) = field.ty.non_null() else {
        return None;
    };
    let Shape::Union(Union {
        resolution:
            Resolution::Ambiguous {
                choices: Some(choices),
                ..
            },
        ..
    }) = &api.def(*id).shape
    else {
        return None;
    };
    let (view, name) = (ident(&choices.name), ident(&field.name.rust));
    let method = ident(&names::field_view(&field.name));
    let summary = format!(
        "Decodes `{}` as the type that `{}` selects.",
        field.name.wire,
        path.join(".")
    );
    let docs = Docs::new(None, summary).attributes();
    let may_be_missing = field.ty.is_nullable() || field.presence == Presence::Optional;
    let (ty, value) = match may_be_missing {
        false => (quote!(#view), quote!(self.#name.to_view(&chosen_by))),
        true => (
            quote!(Option<#view>),
            quote!(self.#name.as_ref().map(|value| value.to_view(&chosen_by)).transpose()),
        ),
    };
    Some(quote! {
        #docs
        #[doc = ""]
        #[doc = " # Errors"]
        #[doc = " [`DecodeError`] if the value does not have that type."]
        pub fn #method(&self) -> Result<#ty, DecodeError> {
            let chosen_by = text_at(self, &[#(#path),*]);
            #value
        }
    })
}
