//! Compares structs and their fields.

use super::finder::{Directions, Finder, ValueContext, pairs};
use super::kind::{Condition, Kind};
use super::values::{Reader, Typed};
use crate::emit;
use crate::ir::{Field, Presence, Representation, Struct, TypeDef};
use crate::names::REST_FIELD;
use crate::share::Key;

/// A struct on one side of the comparison.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) def: &'a TypeDef,
    pub(super) object: &'a Struct,
}

impl<'a> Side<'a> {
    /// Returns whether users create values with struct literals.
    fn is_literal(self) -> bool {
        emit::is_literal(self.def, self.object)
    }

    /// Returns whether a field is an argument of the constructor.
    fn is_argument(self, field: &Field) -> bool {
        self.def.usage.is_built()
            && matches!(
                field.representation,
                Representation::Value | Representation::OrNull
            )
    }

    fn arguments(self) -> Vec<&'a str> {
        let fields = self.object.fields.iter();
        let arguments = fields.filter(|field| self.is_argument(field));
        arguments.map(|field| field.name.wire.as_str()).collect()
    }
}

impl<'a> Finder<'a> {
    pub(super) fn structs(&mut self, element: &Key, old: Side<'a>, new: Side<'a>) {
        let name = &old.def.name.rust;
        let directions = Directions::of(old.def, new.def);
        let literal = Condition::Literal.when(old.is_literal() && new.is_literal());
        let fields = pairs(&old.object.fields, &new.object.fields, |field| {
            &field.name.wire
        });
        for field in &fields.removed {
            let is_required = matches!(
                field.representation,
                Representation::Value | Representation::Constant
            ) && field.presence == Presence::Required;
            let conditions = [
                Condition::Implicit.when(field.representation == Representation::ImplicitConstant),
                Condition::Misread.when(directions.received && is_required),
            ];
            let subject = format!("{name}.{}", field.name.wire);
            let description = Some(self.before(&field.ty).description());
            self.add(
                element,
                Kind::FieldRemoved,
                subject,
                description,
                conditions,
            );
        }
        for field in &fields.added {
            let is_required = field.presence == Presence::Required;
            let conditions = [
                Condition::Implicit.when(field.representation == Representation::ImplicitConstant),
                Condition::Argument.when(new.is_argument(field) && directions.sent),
                Condition::Rejected.when(is_required && directions.sent),
                literal,
            ];
            let subject = format!("{name}.{}", field.name.wire);
            let description = match is_required {
                true => self.after(&field.ty).description(),
                false => format!("optional {}", self.after(&field.ty).description()),
            };
            self.add(
                element,
                Kind::FieldAdded,
                subject,
                Some(description),
                conditions,
            );
        }
        let is_literal = literal.is_some();
        for (a, b) in fields.both {
            let context = ValueContext {
                element,
                subject: format!("{name}.{}", a.name.wire),
                directions,
            };
            self.field(&context, (old, a), (new, b));
        }
        self.argument_order(element, name, [old, new], is_literal);
        self.additional(element, [old, new], literal);
    }

    fn field(
        &mut self,
        context: &ValueContext<'_>,
        (old, a): (Side<'a>, &'a Field),
        (new, b): (Side<'a>, &'a Field),
    ) {
        let (element, subject) = (context.element, &context.subject);
        let implicit =
            Condition::Implicit.when(a.representation == Representation::ImplicitConstant);
        if a.name.rust != b.name.rust {
            let detail = Some(format!("{} → {}", a.name.rust, b.name.rust));
            self.add(element, Kind::FieldRenamed, subject, detail, [implicit]);
        }
        let kept = |field: &Field| field.representation != Representation::ImplicitConstant;
        match (kept(a), kept(b)) {
            (false, true) => {
                let literal = Condition::Literal.when(old.is_literal() && new.is_literal());
                self.add(element, Kind::FieldAdded, subject, None, [literal]);
            }
            (true, false) => self.add(element, Kind::FieldRemoved, subject, None, []),
            _ => {}
        }
        self.field_type(context, a, b);
        self.field_null(context, (old, a), (new, b));
        let deprecated = Kind::FieldDeprecated;
        self.facts(context, [&a.facts, &b.facts], deprecated, None);
        if a.chosen_by != b.chosen_by {
            let lost = Condition::Lost.when(a.chosen_by.is_some());
            self.add(element, Kind::FieldView, subject, None, [lost]);
        }
    }

    fn field_type(&mut self, context: &ValueContext<'_>, a: &'a Field, b: &'a Field) {
        let (old, new) = (self.before(&a.ty).non_null(), self.after(&b.ty).non_null());
        if old.description() == new.description() {
            return;
        }
        let kept = |field: &Field, ty: Typed<'_>| match field.representation {
            Representation::ImplicitConstant => None,
            _ => Some(ty.rust()),
        };
        let directions = context.directions;
        let conditions = [
            Condition::Signature.when(kept(a, old) != kept(b, new)),
            Condition::Misread.when(directions.received && !Reader::Client.reads(old, new)),
            Condition::Rejected.when(directions.sent && !Reader::Server.reads(new, old)),
        ];
        let description = old.to(new);
        self.add(
            context.element,
            Kind::FieldType,
            &context.subject,
            description,
            conditions,
        );
    }

    /// Compares whether a field is required, and whether it may be null.
    fn field_null(
        &mut self,
        context: &ValueContext<'_>,
        (old, a): (Side<'_>, &Field),
        (new, b): (Side<'_>, &Field),
    ) {
        let (element, subject) = (context.element, &context.subject);
        let is_argument = [old.is_argument(a), new.is_argument(b)];
        let signature = Condition::Signature.when(
            wrapper(a) != wrapper(b)
                || (context.directions.sent && is_argument[0] != is_argument[1]),
        );
        let reads_no_value = context.directions.received && wrapper(a) == Wrapper::None;
        let writes_null = matches!(
            a.representation,
            Representation::OrNull | Representation::Patch
        );
        let leaves_out = matches!(
            a.representation,
            Representation::OrAbsent | Representation::Patch
        );
        let sent = context.directions.sent;
        match (a.presence, b.presence) {
            (Presence::Optional, Presence::Required) => {
                let rejected = Condition::Rejected.when(sent && leaves_out);
                self.add(
                    element,
                    Kind::FieldRequired,
                    subject,
                    None,
                    [signature, rejected],
                );
            }
            (Presence::Required, Presence::Optional) => {
                let misread = Condition::Misread.when(reads_no_value);
                self.add(
                    element,
                    Kind::FieldOptional,
                    subject,
                    None,
                    [signature, misread],
                );
            }
            _ => {}
        }
        match (a.ty.is_nullable(), b.ty.is_nullable()) {
            (false, true) => {
                let misread = Condition::Misread.when(reads_no_value);
                self.add(
                    element,
                    Kind::FieldNullable,
                    subject,
                    None,
                    [signature, misread],
                );
            }
            (true, false) => {
                let rejected = Condition::Rejected.when(sent && writes_null);
                self.add(
                    element,
                    Kind::FieldNotNull,
                    subject,
                    None,
                    [signature, rejected],
                );
            }
            _ => {}
        }
        let role_only = a.presence == b.presence && a.ty.is_nullable() == b.ty.is_nullable();
        if role_only && signature.is_some() && context.directions.sent && wrapper(a) != wrapper(b) {
            self.add(element, Kind::FieldPatch, subject, None, []);
        }
    }

    /// Compares the order of the constructor's arguments, which is part of the Rust API.
    fn argument_order(
        &mut self,
        element: &Key,
        name: &str,
        [old, new]: [Side<'_>; 2],
        is_literal: bool,
    ) {
        let (old, new) = (old.arguments(), new.arguments());
        let of_both = |own: &[&str], other: &[&str]| -> Vec<String> {
            let own = own.iter().filter(|argument| other.contains(argument));
            own.map(|argument| (*argument).to_owned()).collect()
        };
        let (before, after) = (of_both(&old, &new), of_both(&new, &old));
        if before != after && !is_literal {
            let detail = Some(format!("{} → {}", before.join(", "), after.join(", ")));
            self.add(
                element,
                Kind::ArgumentOrder,
                format!("{name}::new"),
                detail,
                [],
            );
        }
    }

    /// Compares the types of additional entries: those whose keys are not fields of the struct.
    fn additional(&mut self, element: &Key, [old, new]: [Side<'a>; 2], literal: Option<Condition>) {
        let subject = format!("{}.{REST_FIELD}", old.def.name.rust);
        let directions = Directions::of(old.def, new.def);
        match (&old.object.rest, &new.object.rest) {
            (None, None) => {}
            (None, Some(_)) => self.add(element, Kind::AdditionalAdded, subject, None, [literal]),
            (Some(_), None) => self.add(element, Kind::AdditionalRemoved, subject, None, []),
            (Some(a), Some(b)) => {
                let (a, b) = (self.before(a), self.after(b));
                if a.description() != b.description() {
                    let conditions = [
                        Condition::Signature.when(a.rust() != b.rust()),
                        Condition::Misread.when(directions.received && !Reader::Client.reads(a, b)),
                        Condition::Rejected.when(directions.sent && !Reader::Server.reads(b, a)),
                    ];
                    self.add(element, Kind::AdditionalType, &subject, a.to(b), conditions);
                }
                let context = ValueContext {
                    element,
                    subject,
                    directions,
                };
                let limits = [&old.object.rest_limits, &new.object.rest_limits];
                self.constraints(&context, limits[0], limits[1]);
            }
        }
    }
}

/// The wrapper type of a field, around the type of its value.
#[derive(PartialEq, Eq)]
enum Wrapper {
    None,
    Option,
    Patch,
}

fn wrapper(field: &Field) -> Wrapper {
    match field.representation {
        Representation::OrNull | Representation::OrAbsent => Wrapper::Option,
        Representation::Patch => Wrapper::Patch,
        Representation::Value | Representation::ImplicitConstant | Representation::Constant => {
            Wrapper::None
        }
    }
}
