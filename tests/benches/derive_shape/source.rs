//! Emits types with serde's derives, as a straightforward generator would from the same IR.
//!
//! Where there is a choice, the cheaper code is emitted: no docs, constructors or setters, and decimals as plain
//! strings.

use super::by_hand;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use polar_codegen::ir::{
    Api, Constant, Enum, Field, Presence, Resolution, Scalar, Shape, Struct, Type, TypeDef, Union,
    Variant,
};

const DERIVES: &str = "#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]\n";

const PRELUDE: &str = "\
#![allow(warnings)]
use serde::{Deserialize, Serialize};

/// `None` if a key is missing, `Some(None)` if it is null.
pub fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}
";

/// How the types are emitted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emission {
    /// Only serde's derives: a union decodes as the first variant that can be deserialized, and null equals a missing
    /// key.
    NaiveDerive,
    /// Unions are discriminated and null differs from a missing key, so that decoding is lossless.
    Lossless,
}

const ENCODED: &str = "#[derive(Serialize, Debug, Clone, PartialEq)]\n";

/// Returns the text of `lib.rs`.
pub(crate) fn emit(api: &Api, emission: Emission) -> String {
    let mut source = Emitter {
        api,
        emission,
        constants: BTreeMap::new(),
        text: PRELUDE.to_owned(),
    };
    for def in &api.types {
        source.definition(def);
    }
    source.events();
    source.constants();
    source.text
}

struct Emitter<'a> {
    api: &'a Api,
    emission: Emission,
    /// The types of constant strings: an enum with one value for each, so that derived unions can distinguish their
    /// variants.
    constants: BTreeMap<String, String>,
    text: String,
}

impl Emitter<'_> {
    fn definition(&mut self, def: &TypeDef) {
        let name = &def.name.rust;
        match &def.shape {
            Shape::Struct(object) => self.structure(name, object),
            Shape::Enum(texts) => self.enumeration(name, texts),
            Shape::Union(union) => self.union(def, union),
            Shape::Alias(ty) => {
                let ty = self.ty(ty);
                self.line(&format!("pub type {name} = {ty};"));
            }
        }
    }

    fn structure(&mut self, name: &str, object: &Struct) {
        self.line(&format!("{DERIVES}pub struct {name} {{"));
        for field in &object.fields {
            self.field(field);
        }
        if let Some(rest) = &object.rest {
            let ty = self.ty(&Type::Map(Box::new(rest.clone())));
            self.line(&format!("#[serde(flatten)] pub additional: {ty},"));
        }
        self.line("}");
    }

    fn field(&mut self, field: &Field) {
        let (name, key) = (&field.name.rust, &field.name.wire);
        if name.trim_start_matches("r#") != key {
            self.line(&format!("#[serde(rename = {key:?})]"));
        }
        let ty = self.ty(field.ty.non_null());
        let ty = match (field.presence, field.ty.is_nullable()) {
            (Presence::Required, false) => ty,
            (Presence::Optional, true) if self.emission == Emission::Lossless => {
                self.line(r#"#[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]"#);
                format!("Option<Option<{ty}>>")
            }
            (_, true) => format!("Option<{ty}>"),
            (Presence::Optional, _) => {
                self.line(r#"#[serde(skip_serializing_if = "Option::is_none")]"#);
                format!("Option<{ty}>")
            }
        };
        self.line(&format!("pub {name}: {ty},"));
    }

    fn enumeration(&mut self, name: &str, texts: &Enum) {
        self.line(&format!("{DERIVES}pub enum {name} {{"));
        for value in &texts.values {
            self.line(&format!(
                "#[serde(rename = {:?})] {},",
                value.name.wire, value.name.rust
            ));
        }
        self.line("#[serde(untagged)] Unknown(String),\n}");
    }

    fn union(&mut self, def: &TypeDef, union: &Union) {
        let name = &def.name.rust;
        if matches!(union.resolution, Resolution::Ambiguous { .. }) {
            self.line(&format!(
                "{DERIVES}pub struct {name}(pub serde_json::Value);"
            ));
            return;
        }
        let by_hand = match &union.resolution {
            Resolution::Decided(decision) if self.emission == Emission::Lossless => Some(decision),
            _ => None,
        };
        let derives = if by_hand.is_some() { ENCODED } else { DERIVES };
        self.line(&format!("{derives}#[serde(untagged)]\npub enum {name} {{"));
        let mut variants: Vec<&Variant> = union.variants.iter().collect();
        variants.sort_by_key(|variant| self.rank(&variant.ty));
        for variant in variants {
            let ty = self.ty(&variant.ty);
            let ty = match self.structure_of(&variant.ty) {
                Some(_) => format!("Box<{ty}>"),
                None => ty,
            };
            self.line(&format!("{}({ty}),", variant.name.rust));
        }
        if def.usage.is_decoded() {
            self.line("Unknown(serde_json::Value),");
        }
        self.line("}");
        if let Some(decision) = by_hand {
            let mut payload = |variant: usize| {
                let ty = &union.variants[variant].ty;
                let wrap = if self.structure_of(ty).is_some() {
                    "Box::new"
                } else {
                    ""
                };
                (self.ty(ty), wrap)
            };
            let text = by_hand::deserialize(name, union, decision, &mut payload);
            self.line(&text);
        }
    }

    /// Returns the position of a variant. The first variant that matches is chosen, so those with the most requirements
    /// come first.
    fn rank(&self, ty: &Type) -> isize {
        if let Some(object) = self.structure_of(ty) {
            let required = object
                .fields
                .iter()
                .filter(|field| field.presence == Presence::Required);
            return -required.count().cast_signed();
        }
        match ty {
            Type::Scalar(Scalar::String) => 3,
            Type::Scalar(Scalar::Float | Scalar::Number | Scalar::Decimal) => 2,
            _ => 1,
        }
    }

    fn structure_of(&self, ty: &Type) -> Option<&Struct> {
        let Type::Named(id) = ty else { return None };
        match &self.api.def(*id).shape {
            Shape::Struct(object) => Some(object),
            Shape::Alias(ty) => self.structure_of(ty),
            _ => None,
        }
    }

    fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::Scalar(scalar) => scalar_type(*scalar).to_owned(),
            Type::Id(_) => scalar_type(Scalar::Uuid).to_owned(),
            Type::Named(id) => self.api.def(*id).name.rust.clone(),
            Type::List(item) => format!("Vec<{}>", self.ty(item)),
            Type::Map(value) if **value == Type::Json => {
                "serde_json::Map<String, serde_json::Value>".to_owned()
            }
            Type::Map(value) => format!("std::collections::BTreeMap<String, {}>", self.ty(value)),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| self.ty(item)).collect();
                format!("({})", items.join(", "))
            }
            Type::Nullable(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Boxed(inner) => format!("Box<{}>", self.ty(inner)),
            Type::Const(Constant::String(text)) => {
                let next = format!("Constant{}", self.constants.len());
                self.constants.entry(text.clone()).or_insert(next).clone()
            }
            Type::Const(Constant::Boolean(_)) => "bool".to_owned(),
            Type::Const(Constant::Integer(_)) => "i64".to_owned(),
            Type::Const(Constant::Null) => "()".to_owned(),
            Type::Json => "serde_json::Value".to_owned(),
        }
    }

    /// Emits webhook events as an enum that is tagged by the event type.
    fn events(&mut self) {
        self.line(&format!(
            "{DERIVES}#[serde(tag = \"type\")]\npub enum DeliveredEvent {{"
        ));
        for webhook in &self.api.webhooks {
            let Shape::Struct(payload) = &self.api.def(webhook.payload).shape else {
                continue;
            };
            let (wire, name) = (&webhook.name.wire, &webhook.name.rust);
            self.line(&format!("#[serde(rename = {wire:?})] {name} {{"));
            for field in payload
                .fields
                .iter()
                .filter(|field| field.name.wire != "type")
            {
                let ty = match &field.ty {
                    Type::Named(_) => format!("Box<{}>", self.ty(&field.ty)),
                    // The API version, which older deliveries lack.
                    Type::Scalar(Scalar::String) => "Option<String>".to_owned(),
                    ty => self.ty(ty),
                };
                self.line(&format!("{}: {ty},", field.name.rust));
            }
            self.line("},");
        }
        self.line("}");
    }

    fn constants(&mut self) {
        for (text, name) in std::mem::take(&mut self.constants) {
            self.line(&format!(
                "{DERIVES}pub enum {name} {{ #[serde(rename = {text:?})] Value }}"
            ));
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{line}");
    }
}

fn scalar_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String | Scalar::Decimal => "String",
        Scalar::Integer => "i64",
        Scalar::Unsigned => "u64",
        Scalar::Float => "f64",
        Scalar::Number => "serde_json::Number",
        Scalar::Boolean => "bool",
        Scalar::Uuid => "uuid::Uuid",
        Scalar::Timestamp => "chrono::DateTime<chrono::Utc>",
        Scalar::Date => "chrono::NaiveDate",
    }
}
