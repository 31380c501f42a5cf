//! Checks types: their names do not collide, every variant of a union can be decoded, and pages have the fields that the
//! runtime reads.

use std::collections::BTreeSet;

use super::{Checker, RENAME, UNKNOWN};
use crate::ir::{Decision, Resolution, Shape, Struct, Type, TypeDef, Union, Variant};
use crate::names::{self, REST_FIELD};
use crate::reserved;

impl Checker<'_> {
    pub(super) fn types(&mut self) {
        let api = self.api;
        let names = api.types.iter().flat_map(|def| {
            let names = std::iter::once(def.name.rust.clone());
            let names = names
                .chain(view_name(def).cloned())
                .chain(unknown_name(def));
            names.map(|name| (name, def.at.as_str()))
        });
        let names: Vec<(String, &str)> = names.collect();
        self.unique("types", names.iter().map(|(name, at)| (name.as_str(), *at)));
        let identifiers: BTreeSet<String> = api.entities().map(names::id_type).collect();
        for def in &api.types {
            if identifiers.contains(&def.name.rust) {
                let message = format!(
                    "the type name `{}` is that of the identifiers of an entity; {RENAME}",
                    def.name.rust
                );
                self.problem(&def.at, message);
            }
            if reserved::is_type(&def.name.rust) {
                self.problem(
                    &def.at,
                    format!(
                        "the type name `{}` is taken by Rust or the runtime; rename it with `x-rust-name`, or with `title` \
                         where it is inline",
                        def.name.rust
                    ),
                );
            }
            self.lookups(def);
            match &def.shape {
                Shape::Struct(object) => self.object(def, object),
                Shape::Enum(strings) => {
                    let values = strings.values.iter().map(|value| &value.name);
                    let names = values.map(|name| (name.rust.as_str(), name.wire.as_str()));
                    self.unique_at(&def.at, "values of the enum", names.chain([UNKNOWN]));
                }
                Shape::Union(union) => self.union(def, union),
                Shape::Alias(_) => {}
            }
        }
    }

    fn object(&mut self, def: &TypeDef, object: &Struct) {
        let fields = object
            .fields
            .iter()
            .map(|field| (field.name.rust.as_str(), field.at.as_str()));
        let rest = object.rest.iter().map(|_| (REST_FIELD, def.at.as_str()));
        self.unique("fields", fields.chain(rest).collect::<Vec<_>>());
        self.methods(def, object);
    }

    /// Checks the names of setters, and of the methods that return the view of an ambiguous field.
    fn methods(&mut self, def: &TypeDef, object: &Struct) {
        let mut seen = BTreeSet::new();
        // Removes duplicates, which are already reported.
        let fields = object
            .fields
            .iter()
            .filter(|field| seen.insert(&field.name.rust));
        let methods = fields.flat_map(|field| {
            let setter = def.usage.is_built().then(|| names::setter(&field.name));
            let view = field
                .chosen_by
                .is_some()
                .then(|| names::field_view(&field.name));
            setter
                .into_iter()
                .chain(view)
                .map(|name| (name, field.at.as_str()))
        });
        let methods: Vec<(String, &str)> = methods.collect();
        self.unique(
            "methods",
            methods.iter().map(|(name, at)| (name.as_str(), *at)),
        );
    }

    /// Checks the fields of pages, which the runtime reads by name.
    pub(super) fn page(&mut self, def: &TypeDef) {
        let Shape::Struct(page) = &def.shape else {
            return;
        };
        let pagination = page
            .fields
            .iter()
            .find(|field| field.name.wire == "pagination");
        let within = match pagination.map(|field| &field.ty) {
            Some(Type::Named(id)) => match &self.api.def(*id).shape {
                Shape::Struct(object) => object.fields.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        for field in page.fields.iter().chain(within) {
            let is_read = ["items", "pagination", "max_page", "has_next_page"]
                .contains(&field.name.wire.as_str());
            if is_read && field.name.rust != field.name.wire {
                self.problem(
                    &field.at,
                    "a field that pagination reads cannot be renamed".to_owned(),
                );
            }
        }
    }

    fn union(&mut self, def: &TypeDef, union: &Union) {
        let variants = union.variants.iter().map(|variant| &variant.name);
        let names = variants.map(|name| (name.rust.as_str(), name.wire.as_str()));
        self.unique_at(&def.at, "variants of the union", names.chain([UNKNOWN]));
        let method = |variant: &Variant| match union.resolution {
            Resolution::Ambiguous { .. } => names::view(&variant.name.rust),
            _ => variant.narrowing(),
        };
        let variants = union.variants.iter();
        let methods: Vec<(String, &String)> = variants
            .map(|variant| (method(variant), &variant.name.rust))
            .collect();
        let methods = methods
            .iter()
            .map(|(method, name)| (method.as_str(), name.as_str()));
        let own = [("to_view", "the view that a string selects")];
        self.unique_at(&def.at, "methods of the union", methods.chain(own));
        if let Resolution::Decided(decision) = &union.resolution {
            let outcomes = decision.outcomes();
            for (index, variant) in union.variants.iter().enumerate() {
                if !outcomes.contains(&index) {
                    self.problem(
                        &def.at,
                        format!("no value is decoded to the variant `{}`", variant.name.rust),
                    );
                }
            }
            self.decision(def, decision);
        }
    }

    /// Checks that every constant selects at most one variant.
    fn decision(&mut self, def: &TypeDef, decision: &Decision) {
        match decision {
            Decision::Tag {
                path,
                arms,
                otherwise,
            } => {
                let mut seen = BTreeSet::new();
                for constant in arms.iter().flat_map(|(constants, _)| constants) {
                    if !seen.insert(constant) {
                        let path = path.join(".");
                        self.problem(
                            &def.at,
                            format!("`{path}` selects two variants for {constant:?}"),
                        );
                    }
                }
                arms.iter().for_each(|(_, then)| self.decision(def, then));
                self.decision(def, otherwise);
            }
            Decision::Key {
                present, absent, ..
            } => {
                self.decision(def, present);
                self.decision(def, absent);
            }
            Decision::Kind { arms } => arms.iter().for_each(|(_, then)| self.decision(def, then)),
            Decision::Format { otherwise, .. } => self.decision(def, otherwise),
            Decision::Variant(_) | Decision::Unknown => {}
        }
    }
}

/// Returns the name of the enum over the variants of an ambiguous union.
fn view_name(def: &TypeDef) -> Option<&String> {
    let Shape::Union(Union {
        resolution:
            Resolution::Ambiguous {
                choices: Some(choices),
                ..
            },
        ..
    }) = &def.shape
    else {
        return None;
    };
    Some(&choices.name)
}

/// Returns the name of the struct for unknown variants of a union.
fn unknown_name(def: &TypeDef) -> Option<String> {
    match &def.shape {
        Shape::Union(Union {
            resolution: Resolution::Decided(_),
            ..
        }) => Some(names::unknown(&def.name.rust)),
        _ => None,
    }
}
