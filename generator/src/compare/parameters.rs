//! Compares the parameters of operations, in paths and queries.

use super::finder::{Directions, Finder, ValueContext, pairs};
use super::kind::{Condition, Kind};
use super::values::{Reader, Typed};
use crate::ir::{Operation, Param, ParamStyle, Presence, Type};
use crate::share::Key;

impl<'a> Finder<'a> {
    pub(super) fn parameters(&mut self, element: &Key, old: &'a Operation, new: &'a Operation) {
        let id = &old.id;
        // Path parameters are identified by position, so a new name is not a difference of the contract.
        if old.path_params.len() == new.path_params.len() {
            for (a, b) in old.path_params.iter().zip(&new.path_params) {
                self.parameter(element, id, a, b);
            }
        } else {
            let path = pairs(&old.path_params, &new.path_params, |param| &param.name.wire);
            self.one_sided(element, id, &path.removed, &path.added);
            for (a, b) in path.both {
                self.parameter(element, id, a, b);
            }
        }
        let query = pairs(&old.query, &new.query, |param| &param.name.wire);
        self.one_sided(element, id, &query.removed, &query.added);
        for (a, b) in query.both {
            self.parameter(element, id, a, b);
        }
        self.order(element, old, new);
    }

    fn one_sided(&mut self, element: &Key, id: &str, removed: &[&'a Param], added: &[&'a Param]) {
        for param in removed {
            let description = Some(self.before(&param.ty).description());
            self.add(
                element,
                Kind::ParameterRemoved,
                subject(id, param),
                description,
                [],
            );
        }
        for param in added {
            let required = Condition::Required.when(is_argument(param));
            let description = Some(self.after(&param.ty).description());
            self.add(
                element,
                Kind::ParameterAdded,
                subject(id, param),
                description,
                [required],
            );
        }
    }

    fn parameter(&mut self, element: &Key, id: &str, a: &'a Param, b: &'a Param) {
        let context = ValueContext {
            element,
            subject: subject(id, a),
            directions: Directions::SENT,
        };
        let subject = &context.subject;
        let argument = Condition::Required.when(is_argument(a) && is_argument(b));
        if a.name != b.name {
            let detail = Some(format!("{} → {}", a.name.rust, b.name.rust));
            self.add(element, Kind::ParameterRenamed, subject, detail, [argument]);
        }
        match (a.presence, b.presence) {
            (Presence::Optional, Presence::Required) => {
                self.add(element, Kind::ParameterRequired, subject, None, []);
            }
            (Presence::Required, Presence::Optional) => {
                self.add(element, Kind::ParameterOptional, subject, None, []);
            }
            _ => {}
        }
        self.parameter_type(&context, a, b);
        if a.ty.is_nullable() != b.ty.is_nullable() {
            self.add(element, Kind::ParameterNull, subject, None, []);
        }
        if a.style != b.style {
            let detail = Some(format!("{} → {}", style(a.style), style(b.style)));
            self.add(element, Kind::ParameterStyle, subject, detail, []);
        }
        self.facts(
            &context,
            [&a.facts, &b.facts],
            Kind::ParameterDeprecated,
            argument,
        );
    }

    fn parameter_type(&mut self, context: &ValueContext<'_>, a: &'a Param, b: &'a Param) {
        let (old, new) = (self.before(&a.ty).non_null(), self.after(&b.ty).non_null());
        if old.description() == new.description() {
            return;
        }
        let item = match new.ty {
            Type::List(item) => Some(Typed::new(new.api, item)),
            _ => None,
        };
        if item.is_some_and(|item| item.description() == old.description()) {
            self.add(
                context.element,
                Kind::ParameterList,
                &context.subject,
                old.to(new),
                [],
            );
            return;
        }
        let conditions = [
            Condition::Accepted.when(new.identifies(old)),
            Condition::Signature.when(old.rust() != new.rust()),
            Condition::Rejected.when(!Reader::Server.reads(new, old)),
        ];
        self.add(
            context.element,
            Kind::ParameterType,
            &context.subject,
            old.to(new),
            conditions,
        );
    }

    /// Compares the order of the arguments that exist in both contracts.
    fn order(&mut self, element: &Key, old: &Operation, new: &Operation) {
        let names = |operation: &Operation| -> Vec<String> {
            let params = operation.query.iter().filter(|param| is_argument(param));
            params.map(|param| param.name.wire.clone()).collect()
        };
        let (before, after) = (names(old), names(new));
        let of_both = |own: &[String], other: &[String]| -> Vec<String> {
            let own = own.iter().filter(|name| other.contains(name));
            own.cloned().collect()
        };
        let (before, after) = (of_both(&before, &after), of_both(&after, &before));
        if before != after {
            let detail = Some(format!("{} → {}", before.join(", "), after.join(", ")));
            self.add(element, Kind::ArgumentOrder, &old.id, detail, []);
        }
    }
}

/// Returns the subject of a difference of a parameter: `orders:list?page`. The form is the same for path parameters.
fn subject(id: &str, param: &Param) -> String {
    format!("{id}?{}", param.name.wire)
}

/// Returns whether the parameter is an argument of the method, rather than a setter of the request.
fn is_argument(param: &Param) -> bool {
    param.presence == Presence::Required
}

fn style(style: ParamStyle) -> &'static str {
    match style {
        ParamStyle::Plain => "repeated",
        ParamStyle::Joined => "joined by commas",
        ParamStyle::DeepObject => "deepObject",
        ParamStyle::Json => "JSON",
    }
}
