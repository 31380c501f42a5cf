//! Compares unions: variants, shared fields and discrimination.

use std::collections::{BTreeMap, BTreeSet};

use super::discriminator::ways;
use super::finder::{Directions, Finder, ValueContext, change, pairs};
use super::kind::{Condition, Kind};
use super::values::{Reader, Typed};
use crate::emit;
use crate::ir::{Api, Resolution, Type, TypeDef, Union, Variant};
use crate::share::Key;

impl<'a> Finder<'a> {
    pub(super) fn unions(
        &mut self,
        element: &Key,
        defs: [&'a TypeDef; 2],
        [old, new]: [&'a Union; 2],
    ) {
        let name = &defs[0].name.rust;
        let directions = Directions::of(defs[0], defs[1]);
        let mut variants = pairs(&old.variants, &new.variants, |variant| &variant.name.rust);
        let (before, after) = (self.old, self.new);
        let renamed = variants.take_renamed(
            |variant| Typed::new(before, &variant.ty).description(),
            |variant| Typed::new(after, &variant.ty).description(),
        );
        for variant in variants.removed {
            let rejected = Condition::Rejected.when(directions.sent);
            let subject = format!("{name}::{}", variant.name.rust);
            let description = Some(self.before(&variant.ty).description());
            self.add(
                element,
                Kind::VariantRemoved,
                subject,
                description,
                [rejected],
            );
        }
        for variant in variants.added {
            let subject = format!("{name}::{}", variant.name.rust);
            let description = Some(self.after(&variant.ty).description());
            self.add(element, Kind::VariantAdded, subject, description, []);
        }
        for (a, b) in &renamed {
            let subject = format!("{name}::{}", a.name.rust);
            let detail = Some(format!("{} → {}", a.name.rust, b.name.rust));
            self.add(element, Kind::VariantRenamed, subject, detail, []);
        }
        for (a, b) in variants.both.into_iter().chain(renamed.iter().copied()) {
            let context = ValueContext {
                element,
                subject: format!("{name}::{}", a.name.rust),
                directions,
            };
            self.variant(&context, a, b);
        }
        self.shared_fields(element, name, [old, new]);
        self.resolution(element, defs, [old, new], &renamed);
    }

    fn variant(&mut self, context: &ValueContext<'_>, a: &'a Variant, b: &'a Variant) {
        let (old, new) = (self.before(&a.ty), self.after(&b.ty));
        if old.description() != new.description() {
            // A variant that is a constant has no value in Rust.
            let payload = |typed: Typed<'_>| match typed.ty {
                Type::Const(_) => None,
                _ => Some(typed.rust()),
            };
            let directions = context.directions;
            let conditions = [
                Condition::Signature.when(payload(old) != payload(new)),
                Condition::Misread.when(directions.received && !Reader::Client.reads(old, new)),
                Condition::Rejected.when(directions.sent && !Reader::Server.reads(new, old)),
            ];
            let description = old.to(new);
            self.add(
                context.element,
                Kind::VariantType,
                &context.subject,
                description,
                conditions,
            );
        }
        self.constraints(context, &a.limits, &b.limits);
    }

    /// Compares the methods that return shared fields.
    fn shared_fields(&mut self, element: &Key, name: &str, [old, new]: [&Union; 2]) {
        let (old, new) = (methods(self.old, old), methods(self.new, new));
        for (field, ty) in &old {
            if new.get(field) != Some(ty) {
                let subject = format!("{name}::{field}");
                let detail = change(Some(ty), new.get(field).map(String::as_str));
                let detail = detail.filter(|_| new.contains_key(field));
                self.add(element, Kind::SharedFieldRemoved, subject, detail, []);
            }
        }
        for (field, ty) in &new {
            if !old.contains_key(field) {
                let subject = format!("{name}::{field}");
                self.add(
                    element,
                    Kind::SharedFieldAdded,
                    subject,
                    Some(ty.clone()),
                    [],
                );
            }
        }
    }

    fn resolution(
        &mut self,
        element: &Key,
        defs: [&TypeDef; 2],
        [old, new]: [&Union; 2],
        renamed: &[(&Variant, &Variant)],
    ) {
        let name = &defs[0].name.rust;
        let is_ambiguous = |union: &Union| matches!(union.resolution, Resolution::Ambiguous { .. });
        match (&old.resolution, &new.resolution) {
            (Resolution::Decided(_), Resolution::Decided(_)) => {
                let name_in_old = |new: &str| {
                    let pair = renamed.iter().find(|(_, b)| b.name.rust == new);
                    pair.map_or_else(|| new.to_owned(), |(a, _)| a.name.rust.clone())
                };
                let before = ways(old);
                for (variant, way) in ways(new) {
                    let variant = name_in_old(&variant);
                    if let Some(other) = before.get(&variant).filter(|other| **other != way) {
                        let listed = |ways: &BTreeSet<String>| {
                            ways.iter().cloned().collect::<Vec<_>>().join(" or ")
                        };
                        let detail = Some(format!("{} → {}", listed(other), listed(&way)));
                        let received = Directions::of(defs[0], defs[1]).received;
                        let misread = Condition::Misread.when(received);
                        let subject = format!("{name}::{variant}");
                        self.add(element, Kind::Discriminator, subject, detail, [misread]);
                    }
                }
            }
            _ if is_ambiguous(old) || is_ambiguous(new) => {
                if is_ambiguous(old) != is_ambiguous(new) {
                    self.add(element, Kind::Ambiguity, name, None, []);
                }
                self.choices(element, name, [Choice::all(old), Choice::all(new)]);
            }
            // The direction of the type has changed, which is reported separately.
            _ => {}
        }
    }

    /// Compares the enum over the variants of an ambiguous union.
    fn choices(&mut self, element: &Key, name: &str, [old, new]: [BTreeSet<Choice>; 2]) {
        let method = || format!("{name}::to_view");
        match (old.is_empty(), new.is_empty()) {
            (false, true) => self.add(element, Kind::ViewRemoved, method(), None, []),
            (true, false) => self.add(element, Kind::ViewAdded, method(), None, []),
            _ => {}
        }
        for choice in old.difference(&new) {
            let detail = Some(format!("{:?}", choice.text));
            self.add(element, Kind::ViewRemoved, choice.subject(), detail, []);
        }
        for choice in new.difference(&old) {
            let detail = Some(format!("{:?}", choice.text));
            self.add(element, Kind::ViewAdded, choice.subject(), detail, []);
        }
    }
}

/// A variant of an ambiguous union, and the string that selects it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Choice {
    view: String,
    variant: String,
    text: String,
}

impl Choice {
    fn all(union: &Union) -> BTreeSet<Self> {
        let Resolution::Ambiguous {
            choices: Some(choices),
            ..
        } = &union.resolution
        else {
            return BTreeSet::new();
        };
        let choices = choices.variants.iter().filter_map(|(text, variant)| {
            Some(Self {
                view: choices.name.clone(),
                variant: union.variants.get(*variant)?.name.rust.clone(),
                text: text.clone(),
            })
        });
        choices.collect()
    }

    fn subject(&self) -> String {
        format!("{}::{}", self.view, self.variant)
    }
}

/// Returns the names and types of the methods that return shared fields.
fn methods(api: &Api, union: &Union) -> BTreeMap<String, String> {
    if !matches!(union.resolution, Resolution::Decided(_)) {
        return BTreeMap::new();
    }
    let fields = emit::shared_fields(api, union).into_iter();
    fields
        .map(|field| {
            let ty = Typed::new(api, &field.ty()).rust();
            (field.name().to_owned(), ty)
        })
        .collect()
}
