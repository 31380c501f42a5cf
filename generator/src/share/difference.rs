//! The first difference between two versions of an element, and the way to it, in words.

use std::collections::BTreeSet;

use super::element::{Content, Elements};
use super::equal::{Cause, Unequal};
use super::key::Key;
use crate::ir::{Enum, Field, Operation, Param, Presence, Shape, Struct, Type, TypeDef, Union};

/// Two versions of the API.
struct Versions<'a> {
    before: &'a Elements,
    after: &'a Elements,
    /// `2026-10` and `2027-01`.
    names: (&'a str, &'a str),
}

/// What differs first on the way from an element, as in
/// `product.prices[]: ProductPriceSeatBased.minimum_units only in 2027-01`.
pub(super) fn first(
    unequal: &Unequal,
    key: &Key,
    before: &Elements,
    after: &Elements,
    names: (&str, &str),
) -> String {
    let versions = Versions {
        before,
        after,
        names,
    };
    let (mut way, mut at) = (String::new(), key);
    // Each cause is nearer to a difference than the one before, so this ends.
    while let Some(Cause::Reaches(next)) = unequal.cause(at) {
        versions.step(at, next, &mut way);
        at = next;
    }
    let difference = versions.at(at);
    match way.is_empty() {
        true => difference,
        false => format!("{way}: {difference}"),
    }
}

impl Versions<'_> {
    /// Adds to the way what leads from one element to the next: a field, or nothing for a variant.
    fn step(&self, from: &Key, to: &Key, way: &mut String) {
        let content = self
            .before
            .content(from)
            .or_else(|| self.after.content(from));
        let segment = match (content, to) {
            (Some(Content::Type { def, .. }), Key::Type(name)) => self.field_to(def, name),
            (Some(Content::Operation { operation, .. }), Key::Type(name)) => {
                self.part_to(operation, name)
            }
            (Some(Content::Events(events)), Key::Type(name)) => {
                let mut events = events.iter();
                events
                    .find(|(_, (_, payload))| payload == name)
                    .map(|(wire, _)| wire.clone())
            }
            (_, Key::Operation(id)) => Some(id.clone()),
            (_, Key::Service(path)) => path.last().cloned(),
            _ => None,
        };
        if let Some(segment) = segment {
            if !way.is_empty() {
                way.push('.');
            }
            way.push_str(&segment);
        }
    }

    fn field_to(&self, def: &TypeDef, name: &str) -> Option<String> {
        let Shape::Struct(object) = &def.shape else {
            return None;
        };
        let mut fields = object.fields.iter();
        let field =
            fields.find_map(|field| self.suffix(&field.ty, name).map(|suffix| (field, suffix)));
        let field = field.map(|(field, suffix)| format!("{}{suffix}", field.name.wire));
        let rest = || {
            let suffix = self.suffix(object.rest.as_ref()?, name)?;
            Some(format!("*{suffix}"))
        };
        field.or_else(rest)
    }

    fn part_to(&self, operation: &Operation, name: &str) -> Option<String> {
        let params = operation.path_params.iter().chain(&operation.query);
        let mut params = params.filter_map(|param| Some((param, self.suffix(&param.ty, name)?)));
        if let Some((param, suffix)) = params.next() {
            return Some(format!("{}{suffix}", param.name.wire));
        }
        let body = operation.body.as_ref();
        let body = body.and_then(|body| self.suffix(&body.ty, name));
        Some(match body {
            Some(suffix) => format!("request body{suffix}"),
            None => "response".to_owned(),
        })
    }

    /// `[]` for each list or map between a value of the type and the named one, if it holds that.
    fn suffix(&self, ty: &Type, name: &str) -> Option<String> {
        match ty {
            Type::Named(id) => (self.after.name(*id) == name).then(String::new),
            Type::List(inner) | Type::Map(inner) => {
                self.suffix(inner, name).map(|rest| format!("[]{rest}"))
            }
            Type::Nullable(inner) | Type::Boxed(inner) => self.suffix(inner, name),
            Type::Tuple(items) => items.iter().find_map(|item| self.suffix(item, name)),
            Type::Scalar(_) | Type::Const(_) | Type::Json => None,
        }
    }

    /// What differs in an element itself.
    fn at(&self, key: &Key) -> String {
        let (before, after) = (self.before.content(key), self.after.content(key));
        let name = match key {
            Key::Type(name) => name.clone(),
            other => other.to_string(),
        };
        match (before, after) {
            (None, _) => format!("{name} {}", self.only(false)),
            (_, None) => format!("{name} {}", self.only(true)),
            (Some(Content::Type { def: a, .. }), Some(Content::Type { def: b, .. })) => {
                self.types(&name, a, b)
            }
            (
                Some(Content::Operation { operation: a, .. }),
                Some(Content::Operation { operation: b, .. }),
            ) => self.operations(&name, a, b),
            (
                Some(Content::Service { operations: a, .. }),
                Some(Content::Service { operations: b, .. }),
            ) => {
                let missing = self.one_sided(a.keys(), b.keys());
                missing.map_or_else(
                    || format!("{name} is called with other credentials"),
                    |(id, side)| format!("operation `{id}` {side}"),
                )
            }
            (Some(Content::Events(a)), Some(Content::Events(b))) => {
                let missing = self.one_sided(a.keys(), b.keys());
                missing.map_or_else(
                    || format!("the payload of an event of {name}"),
                    |(event, side)| format!("event `{event}` {side}"),
                )
            }
            (Some(Content::ErrorCodes(a)), Some(Content::ErrorCodes(b))) => {
                let missing = self.one_sided(a.keys(), b.keys());
                missing.map_or_else(
                    || format!("the statuses of {name}"),
                    |(code, side)| format!("`{code}` {side}"),
                )
            }
            _ => format!("{name} itself"),
        }
    }

    fn only(&self, before: bool) -> String {
        let (old, new) = self.names;
        format!("only in {}", if before { old } else { new })
    }

    /// The first of the names that only one side has.
    fn one_sided<'k, N: Ord + Clone + 'k>(
        &self,
        before: impl Iterator<Item = &'k N>,
        after: impl Iterator<Item = &'k N>,
    ) -> Option<(N, String)> {
        let (before, after): (BTreeSet<&N>, BTreeSet<&N>) = (before.collect(), after.collect());
        let name = before.symmetric_difference(&after).next()?;
        Some(((*name).clone(), self.only(before.contains(name))))
    }

    fn types(&self, name: &str, a: &TypeDef, b: &TypeDef) -> String {
        match (&a.shape, &b.shape) {
            (Shape::Struct(a), Shape::Struct(b)) if a != b => self.structs(name, a, b),
            (Shape::Enum(a), Shape::Enum(b)) if a != b => self.enums(name, a, b),
            (Shape::Union(a), Shape::Union(b)) if a != b => self.unions(name, a, b),
            (Shape::Alias(a), Shape::Alias(b)) if a != b => format!("{name} is another type"),
            _ if std::mem::discriminant(&a.shape) != std::mem::discriminant(&b.shape) => {
                format!("{name} is another kind of type")
            }
            _ if a.usage != b.usage => format!("{name} is sent or received in one version only"),
            _ if a.lifecycle != b.lifecycle => format!("{name} is deprecated in one version only"),
            _ if a.role != b.role => {
                format!("{name} is part of a partial update in one version only")
            }
            _ => format!("{name} is a page or a request body in one version only"),
        }
    }

    fn structs(&self, name: &str, a: &Struct, b: &Struct) -> String {
        let wires = |object: &Struct| -> BTreeSet<String> {
            let fields = object.fields.iter();
            fields.map(|field| field.name.wire.clone()).collect()
        };
        if let Some((field, side)) = self.one_sided(wires(a).iter(), wires(b).iter()) {
            return format!("{name}.{field} {side}");
        }
        let mut pairs = a.fields.iter().zip(&b.fields).filter(|(a, b)| a != b);
        match pairs.next() {
            Some((a, b)) => format!("{name}.{} {}", b.name.wire, field_difference(a, b)),
            None => format!("{name} holds further entries of another type"),
        }
    }

    fn enums(&self, name: &str, a: &Enum, b: &Enum) -> String {
        let values = |texts: &Enum| -> BTreeSet<String> {
            let values = texts.values.iter();
            values.map(|value| value.name.wire.clone()).collect()
        };
        match self.one_sided(values(a).iter(), values(b).iter()) {
            Some((value, side)) => format!("{name} value `{value}` {side}"),
            None => format!("{name} names its values differently"),
        }
    }

    fn unions(&self, name: &str, a: &Union, b: &Union) -> String {
        let variants = |union: &Union| -> BTreeSet<String> {
            let variants = union.variants.iter();
            variants.map(|variant| variant.name.rust.clone()).collect()
        };
        match self.one_sided(variants(a).iter(), variants(b).iter()) {
            Some((variant, side)) => format!("{name} variant {variant} {side}"),
            None => format!("{name} is discriminated differently"),
        }
    }

    fn operations(&self, name: &str, a: &Operation, b: &Operation) -> String {
        let params = |operation: &Operation| -> BTreeSet<String> {
            let params = operation.path_params.iter().chain(&operation.query);
            params.map(|param| param.name.wire.clone()).collect()
        };
        if let Some((param, side)) = self.one_sided(params(a).iter(), params(b).iter()) {
            return format!("parameter `{param}` of {name} {side}");
        }
        let all = |operation: &Operation| -> Vec<Param> {
            [operation.path_params.as_slice(), &operation.query].concat()
        };
        let changed = all(a).into_iter().zip(all(b)).find(|(a, b)| a != b);
        match changed {
            Some((param, _)) => format!("parameter `{}` of {name} changed", param.name.wire),
            None if a.body != b.body => format!("the request body of {name} is another one"),
            None if a.success != b.success => format!("the response of {name} is another one"),
            None if a.errors != b.errors => format!("{name} documents other errors"),
            None if a.scopes != b.scopes || a.access != b.access => {
                format!("{name} needs another credential or scope")
            }
            None if a.safety != b.safety => format!("{name} is retried under other conditions"),
            None if a.lifecycle != b.lifecycle => {
                format!("{name} is deprecated in one version only")
            }
            None if a.method != b.method || a.path != b.path => format!("{name} has another path"),
            None if a.paging != b.paging => format!("{name} is paged differently"),
            None => format!("{name} belongs to another service or workflow"),
        }
    }
}

fn field_difference(a: &Field, b: &Field) -> &'static str {
    if a.ty.non_null() != b.ty.non_null() {
        "has another type"
    } else if a.ty != b.ty {
        match b.ty.is_nullable() {
            true => "became nullable",
            false => "is no longer nullable",
        }
    } else if a.presence != b.presence {
        match b.presence {
            Presence::Required => "became required",
            Presence::Optional => "became optional",
        }
    } else if a.facts.limits != b.facts.limits {
        "has other constraints"
    } else if a.facts.default != b.facts.default {
        "has another default"
    } else {
        "changed"
    }
}
