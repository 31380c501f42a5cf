//! Emits the methods of `x-lookup`, which find an item of a list field by a property: `state.benefit(id)`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::{self, Docs};
use crate::emit::types::{as_struct, ident, is_copy, rust_type};
use crate::ir::{Api, Field, Lookup, Scalar, Shape, Type, TypeDef};

/// Emits the `impl` block with the lookup methods of a type.
pub(super) fn methods(api: &Api, def: &TypeDef) -> TokenStream {
    let lookups = def.lookups.iter();
    let methods: Vec<TokenStream> = lookups
        .filter_map(|lookup| method(api, def, lookup))
        .collect();
    if methods.is_empty() {
        return TokenStream::new();
    }
    let name = ident(&def.name.rust);
    quote!(impl #name { #(#methods)* })
}

fn method(api: &Api, def: &TypeDef, lookup: &Lookup) -> Option<TokenStream> {
    let list = list(api, def, &lookup.list)?;
    let Type::List(item) = &list.ty else {
        return None;
    };
    let fields = &as_struct(api, item)?.fields;
    let key = fields.iter().find(|field| field.name.wire == lookup.by)?;
    let (name, items, by) = (
        ident(&lookup.name.rust),
        ident(&list.name.rust),
        ident(&key.name.rust),
    );
    // A field that all variants of a union have is read with the union's method.
    let items = match &def.shape {
        Shape::Union(_) => quote!(self.#items()),
        _ => quote!(self.#items),
    };
    let item = rust_type(api, item);
    let (ty, is_it) = match rust_type(api, &key.ty) {
        ty if is_copy(api, &key.ty) => (ty, quote!(item.#by == #by)),
        _ if api.target(&key.ty) == &Type::Scalar(Scalar::String) => {
            (quote!(&str), quote!(item.#by == #by))
        }
        ty => (quote!(&#ty), quote!(&item.#by == #by)),
    };
    let summary = format!(
        "Returns the item of {} with the given {}, if any.",
        docs::code(&lookup.list),
        docs::code(&lookup.by)
    );
    let docs = Docs::new(None, summary).attributes();
    Some(quote! {
        #docs
        #[must_use]
        pub fn #name(&self, #by: #ty) -> Option<&#item> {
            #items.iter().find(|item| #is_it)
        }
    })
}

/// Returns the field with the list: of the struct, or of the first variant of the union.
fn list<'a>(api: &'a Api, def: &'a TypeDef, key: &str) -> Option<&'a Field> {
    let object = match &def.shape {
        Shape::Struct(object) => object,
        Shape::Union(union) => as_struct(api, &union.variants.first()?.ty)?,
        Shape::Enum(_) | Shape::Alias(_) => return None,
    };
    object.fields.iter().find(|field| field.name.wire == key)
}
