//! Compares types: which ones exist, and their definitions.

use super::fields::Side;
use super::finder::{Directions, Finder, ValueContext, change};
use super::kind::{Condition, Kind};
use super::values::{Reader, Typed};
use crate::ir::{Page, PageForm, Role, Shape, Type, TypeDef, TypeId, Usage};
use crate::share::Key;

impl<'a> Finder<'a> {
    /// Compares all types. `renamed` contains the old and new names.
    pub(super) fn types(&mut self, renamed: &[(String, String)]) {
        let (old, new) = (self.old, self.new);
        let find = |types: &'a [TypeDef], name: &str| {
            let mut types = types.iter().enumerate();
            types.find(|(_, def)| def.name.rust == name)
        };
        for (old_name, new_name) in renamed {
            let element = Key::Type(old_name.clone());
            let detail = Some(format!("{old_name} → {new_name}"));
            self.add(&element, Kind::TypeRenamed, old_name, detail, []);
        }
        for (index, a) in old.types.iter().enumerate() {
            let name = &a.name.rust;
            let element = Key::Type(name.clone());
            match find(&new.types, name) {
                Some((other, b)) => {
                    self.type_definition(&element, a, b);
                    let pages = [old.pages.get(&TypeId(index)), new.pages.get(&TypeId(other))];
                    self.page(&element, name, pages);
                }
                None => self.add(&element, Kind::TypeRemoved, name, kind_of(a), []),
            }
        }
        for def in &new.types {
            let name = &def.name.rust;
            if find(&old.types, name).is_none() {
                let element = Key::Type(name.clone());
                self.add(&element, Kind::TypeAdded, name, kind_of(def), []);
            }
        }
    }

    fn type_definition(&mut self, element: &Key, old: &'a TypeDef, new: &'a TypeDef) {
        let name = &old.name.rust;
        if old.name.wire != new.name.wire {
            let detail = change(Some(&old.name.wire), Some(&new.name.wire));
            self.add(element, Kind::SchemaName, name, detail, []);
        }
        if old.usage != new.usage {
            let detail = change(Some(usage(old.usage)), Some(usage(new.usage)));
            self.add(
                element,
                Kind::TypeUsage,
                name,
                detail,
                usage_change(old, new),
            );
        }
        if old.role != new.role {
            let detail = change(Some(role(old.role)), Some(role(new.role)));
            self.add(element, Kind::TypeRole, name, detail, []);
        }
        if old.is_body != new.is_body && matches!(old.shape, Shape::Union(_)) {
            let lost = Condition::Lost.when(old.is_body);
            self.add(element, Kind::TypeBody, name, None, [lost]);
        }
        let context = ValueContext {
            element,
            subject: name.clone(),
            directions: Directions::of(old, new),
        };
        let lifecycle = [old.lifecycle, new.lifecycle];
        self.lifecycle(&context, lifecycle, Kind::TypeDeprecated, None);
        self.shape(&context, old, new);
    }

    fn shape(&mut self, context: &ValueContext<'_>, old: &'a TypeDef, new: &'a TypeDef) {
        let element = context.element;
        match (&old.shape, &new.shape) {
            (Shape::Struct(a), Shape::Struct(b)) => {
                let (old, new) = (
                    Side {
                        def: old,
                        object: a,
                    },
                    Side {
                        def: new,
                        object: b,
                    },
                );
                self.structs(element, old, new);
            }
            (Shape::Enum(a), Shape::Enum(b)) => self.enums(element, [old, new], [a, b]),
            (Shape::Union(a), Shape::Union(b)) => self.unions(element, [old, new], [a, b]),
            (Shape::Alias(a), Shape::Alias(b)) => self.alias(context, a, b),
            _ => {
                let detail = change(kind_of(old).as_deref(), kind_of(new).as_deref());
                let (misread, rejected) = self.shape_on_wire(&old.shape, &new.shape);
                let conditions = [
                    Condition::Misread.when(context.directions.received && misread),
                    Condition::Rejected.when(context.directions.sent && rejected),
                ];
                self.add(
                    element,
                    Kind::TypeShape,
                    &context.subject,
                    detail,
                    conditions,
                );
            }
        }
    }

    /// Compares types of different kinds, such as a struct and a union. Returns whether clients may fail to decode values
    /// of the new type, and whether the server may reject values of the old one. If an alias became a union, the union
    /// accepts the type that the alias referred to if that type is a variant.
    fn shape_on_wire(&self, old: &'a Shape, new: &'a Shape) -> (bool, bool) {
        match (old, new) {
            (Shape::Alias(a), Shape::Union(union)) => {
                let written = self.before(a);
                let mut variants = union.variants.iter().map(|it| self.after(&it.ty));
                (
                    true,
                    !variants.any(|own| Reader::Server.reads(own, written)),
                )
            }
            (Shape::Union(union), Shape::Alias(b)) => {
                let written = self.after(b);
                let mut variants = union.variants.iter().map(|it| self.before(&it.ty));
                (
                    !variants.any(|own| Reader::Client.reads(own, written)),
                    true,
                )
            }
            _ => (true, true),
        }
    }

    fn alias(&mut self, context: &ValueContext<'_>, a: &'a Type, b: &'a Type) {
        let (old, new) = (self.before(a), self.after(b));
        if old.description() != new.description() {
            let directions = context.directions;
            let conditions = [
                Condition::Signature.when(old.rust() != new.rust()),
                Condition::Misread.when(directions.received && !Reader::Client.reads(old, new)),
                Condition::Rejected.when(directions.sent && !Reader::Server.reads(new, old)),
            ];
            self.add(
                context.element,
                Kind::TypeAlias,
                &context.subject,
                old.to(new),
                conditions,
            );
        }
    }

    /// Compares two page types: the type of their items, and what they state about the following pages.
    fn page(&mut self, element: &Key, name: &str, pages: [Option<&'a Page>; 2]) {
        let (old, new) = match pages {
            [Some(old), Some(new)] => (old, new),
            [None, None] => return,
            // If a type becomes a page or no longer is one, the difference is reported for the operations that return
            // it.
            _ => {
                self.explained.insert(element.clone());
                return;
            }
        };
        let description =
            |item: Typed<'_>, page: &Page| format!("{}, {}", item.description(), form(page.form));
        let (before, after) = (
            description(self.before(&old.item), old),
            description(self.after(&new.item), new),
        );
        if before != after {
            let detail = change(Some(&before), Some(&after));
            let lost = Some(Condition::Lost);
            self.add(element, Kind::Pagination, name, detail, [lost]);
        }
    }
}

/// Returns the conditions of a type that is now sent or received, or no longer. Enums and aliases have the same Rust
/// type in all directions.
fn usage_change(old: &TypeDef, new: &TypeDef) -> [Option<Condition>; 2] {
    let (before, after) = (old.usage, new.usage);
    let (lost, changed) = match (&old.shape, &new.shape) {
        (Shape::Struct(_), Shape::Struct(_)) => (
            (before.is_built() && !after.is_built())
                || (before.is_decoded() && !after.is_decoded()),
            true,
        ),
        // Types that are only sent have a method `validate`; the others can be decoded.
        (Shape::Union(_), Shape::Union(_)) => (before.is_decoded() != after.is_decoded(), false),
        _ => (false, false),
    };
    [
        Condition::Lost.when(lost),
        Condition::Signature.when(changed),
    ]
}

fn kind_of(def: &TypeDef) -> Option<String> {
    let kind = match &def.shape {
        Shape::Struct(_) => "struct",
        Shape::Enum(_) => "enum",
        Shape::Union(_) => "union",
        Shape::Alias(_) => "alias",
    };
    Some(kind.to_owned())
}

fn usage(usage: Usage) -> &'static str {
    match usage {
        Usage::Input => "sent",
        Usage::Output => "received",
        Usage::Both => "sent and received",
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Plain => "null is not a value",
        Role::Patch => "null clears the value",
    }
}

fn form(form: PageForm) -> &'static str {
    match form {
        PageForm::Last => "with the number of the last page",
        PageForm::More => "with whether there are more pages",
        PageForm::OneOf => "in one of several forms",
    }
}
