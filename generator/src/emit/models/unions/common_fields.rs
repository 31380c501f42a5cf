//! Emits access to the fields that all variants of a union have. They become methods of the union, and fields of the
//! struct for unknown variants, so that the methods also work for those.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::Docs;
use crate::emit::docs::types::getter_docs;
use crate::emit::types::{as_struct, ident, is_copy, rust_type};
use crate::ir::{
    Api, Constant, Field, Presence, Representation, Scalar, Struct, Type, TypeDef, Union,
};
use crate::names;

/// A field that all variants have, with the same type except for nullability.
pub(crate) struct SharedField<'a> {
    /// The field of each variant.
    fields: Vec<&'a Field>,
}

impl<'a> SharedField<'a> {
    /// Returns the field of the first variant, whose documentation is used.
    fn first(&self) -> &'a Field {
        self.fields[0]
    }

    /// Returns the name of the method.
    pub(crate) fn name(&self) -> &'a str {
        &self.first().name.rust
    }

    /// Returns the return type of the method; nullable if the value may be missing.
    pub(crate) fn ty(&self) -> Type {
        let value = self.first().ty.non_null().clone();
        match self.is_optional() {
            true => value.nullable(),
            false => value,
        }
    }

    /// Returns whether the value may be missing in any variant.
    fn is_optional(&self) -> bool {
        self.fields.iter().any(|field| may_be_none(field))
    }

    /// Returns the key in JSON.
    pub(crate) fn key(&self) -> &'a str {
        &self.first().name.wire
    }

    /// Returns the type of the field in the struct for unknown variants.
    fn kept(&self, api: &Api) -> TokenStream {
        rust_type(api, &self.ty())
    }

    /// Emits the method of the union.
    fn method(&self, api: &Api, union: &Union) -> TokenStream {
        let (name, value) = (ident(self.name()), self.first().ty.non_null());
        let borrowed = borrowed(api, value);
        let ty = match self.is_optional() {
            true => quote!(Option<#borrowed>),
            false => borrowed,
        };
        let variants = union.variants.iter().zip(&self.fields);
        let arms = variants.map(|(variant, field)| {
            let variant = ident(&variant.name.rust);
            let value = self.returned(api, may_be_none(field));
            quote!(Self::#variant(it) => #value,)
        });
        let unknown = self.returned(api, self.is_optional());
        let docs = getter_docs(self.first()).attributes();
        quote! {
            #docs
            #[must_use]
            pub fn #name(&self) -> #ty {
                match self {
                    #(#arms)*
                    Self::Unknown(it) => #unknown,
                }
            }
        }
    }

    /// Emits the method's return value, read from the field of the variable `it`.
    fn returned(&self, api: &Api, may_be_none: bool) -> TokenStream {
        let (name, value) = (ident(self.name()), self.first().ty.non_null());
        let (copied, sliced) = (is_copy(api, value), is_sliced(api, value));
        match (may_be_none, self.is_optional()) {
            (true, _) if copied => quote!(it.#name),
            (true, _) if sliced => quote!(it.#name.as_deref()),
            (true, _) => quote!(it.#name.as_ref()),
            (false, true) if copied => quote!(Some(it.#name)),
            (false, true) => quote!(Some(&it.#name)),
            (false, false) if copied => quote!(it.#name),
            (false, false) => quote!(&it.#name),
        }
    }
}

fn may_be_none(field: &Field) -> bool {
    field.ty.is_nullable() || field.presence == Presence::Optional
}

/// Emits a returned value: the value itself, or a reference to it.
fn borrowed(api: &Api, ty: &Type) -> TokenStream {
    match api.target(ty) {
        inner if is_copy(api, inner) => rust_type(api, ty),
        Type::Scalar(Scalar::String) => quote!(&str),
        Type::List(item) => {
            let item = rust_type(api, item);
            quote!(&[#item])
        }
        _ => {
            let ty = rust_type(api, ty);
            quote!(&#ty)
        }
    }
}

/// Returns whether the returned reference has another type than a reference to the field: `&str` or a slice.
fn is_sliced(api: &Api, ty: &Type) -> bool {
    matches!(api.target(ty), Type::Scalar(Scalar::String) | Type::List(_))
}

/// Returns the fields that all variants have, except those with a reserved name.
pub(crate) fn shared_fields<'a>(api: &'a Api, union: &'a Union) -> Vec<SharedField<'a>> {
    let Some(structs) = structs(api, union) else {
        return vec![];
    };
    let kept = structs[0].fields.iter().filter(|field| {
        is_free(union, &field.name.rust)
            && !matches!(field.ty, Type::Const(_))
            && !matches!(
                field.representation,
                Representation::ImplicitConstant | Representation::Patch
            )
    });
    let shared = kept.filter_map(|first| {
        let of_each = structs.iter().map(|object| {
            object.fields.iter().find(|field| {
                field.name == first.name
                    && field.ty.non_null() == first.ty.non_null()
                    && field.representation != Representation::Patch
            })
        });
        of_each
            .collect::<Option<Vec<&Field>>>()
            .map(|fields| SharedField { fields })
    });
    shared.collect()
}

/// Returns the structs of the variants, if there are several variants and all are structs.
fn structs<'a>(api: &'a Api, union: &'a Union) -> Option<Vec<&'a Struct>> {
    let variants = union.variants.iter();
    let structs: Option<Vec<&Struct>> = variants
        .map(|variant| as_struct(api, &variant.ty))
        .collect();
    structs.filter(|structs| structs.len() > 1)
}

/// Returns whether a field with this name can become a method: the union has no other method with the name.
fn is_free(union: &Union, name: &str) -> bool {
    let mut variants = union.variants.iter();
    !names::is_union_method(name) && variants.all(|variant| variant.narrowing() != name)
}

/// Returns the fields that are a string in each variant and a constant in some of them, such as the discriminator.
pub(super) fn tags<'a>(api: &'a Api, union: &'a Union) -> Vec<&'a Field> {
    let Some(structs) = structs(api, union) else {
        return vec![];
    };
    let is_constant = |field: &Field| {
        matches!(field.ty, Type::Const(Constant::String(_)))
            && field.representation == Representation::Constant
    };
    let is_text = |field: &Field| {
        let is_plain = field.ty == Type::Scalar(Scalar::String)
            && field.representation == Representation::Value;
        field.presence == Presence::Required && (is_plain || is_constant(field))
    };
    let is_tag = |first: &&Field| {
        let of_each = structs.iter().map(|object| {
            let mut fields = object.fields.iter();
            fields.find(|field| field.name == first.name && is_text(field))
        });
        let of_each: Option<Vec<&Field>> = of_each.collect();
        is_free(union, &first.name.rust)
            && of_each.is_some_and(|fields| fields.into_iter().any(is_constant))
    };
    structs[0].fields.iter().filter(is_tag).collect()
}

/// Emits a method for each field that [`tags`] returns.
pub(super) fn tag_methods(api: &Api, union: &Union) -> TokenStream {
    let is_plain = shared_fields(api, union).is_empty();
    let tags = tags(api, union).into_iter().map(|tag| {
        let (name, key) = (ident(&tag.name.rust), &tag.name.wire);
        let arms = union.variants.iter().map(|variant| {
            let variant = ident(&variant.name.rust);
            quote!(Self::#variant(it) => &it.#name,)
        });
        let json = match is_plain {
            true => quote!(it),
            false => quote!(it.raw),
        };
        let example = match &tag.ty {
            Type::Const(Constant::String(text)) => format!(" as a string, such as `{text}`"),
            _ => String::new(),
        };
        let docs = Docs::new(None, format!("Returns `{key}`{example}."))
            .paragraph("Empty if an unknown variant does not have it.")
            .attributes();
        quote! {
            #docs
            #[must_use]
            pub fn #name(&self) -> &str {
                match self {
                    #(#arms)*
                    Self::Unknown(it) => #json[#key].as_str().unwrap_or_default(),
                }
            }
        }
    });
    tags.collect()
}

/// Emits a method for each field that [`shared_fields`] returns.
pub(super) fn methods(api: &Api, union: &Union) -> TokenStream {
    let fields = shared_fields(api, union).into_iter();
    fields.map(|field| field.method(api, union)).collect()
}

/// Returns the content of the unknown variant: JSON, or a struct with the JSON and the shared fields.
pub(super) fn unknown_payload(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    match shared_fields(api, union).is_empty() {
        true => quote!(JsonValue),
        false => {
            let name = ident(&names::unknown(&def.name.rust));
            quote!(Box<#name>)
        }
    }
}

/// Emits the struct of the unknown variant, if variants share fields.
pub(super) fn unknown_definition(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    let shared = shared_fields(api, union);
    if shared.is_empty() {
        return TokenStream::new();
    }
    let name = ident(&names::unknown(&def.name.rust));
    let union_name = &def.name.rust;
    let summary = format!("An unknown variant of [`{union_name}`], with its JSON.");
    let docs = Docs::new(None, summary)
        .paragraph(format!(
            "Fields that all variants have are available as methods of [`{union_name}`]."
        ))
        .attributes();
    let fields = shared.iter().map(|field| {
        let (name, ty) = (ident(field.name()), field.kept(api));
        quote!(pub(crate) #name: #ty,)
    });
    quote! {
        #docs
        #[derive(Clone)]
        pub struct #name {
            #(#fields)*
            pub(crate) raw: JsonValue,
        }
    }
}

/// Emits the codec of the struct for unknown variants.
pub(super) fn unknown_codec(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    let shared = shared_fields(api, union);
    if shared.is_empty() {
        return TokenStream::new();
    }
    let name = ident(&names::unknown(&def.name.rust));
    let fields = shared.iter().map(|field| {
        let (name, key) = (ident(field.name()), field.key());
        quote!(#name: o.field(#key),)
    });
    quote! {
        impl UnknownVariant for #name {
            fn read(o: &mut Object<'_, '_>) -> Self {
                Self { #(#fields)* raw: o.json() }
            }
        }
        polar_client_runtime::unknown! { #name }
    }
}
