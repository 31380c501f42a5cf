//! Compares operations: paths, parameters, bodies, responses and other facts.

use std::collections::BTreeSet;

use super::finder::{Directions, Finder, ValueContext, change};
use super::kind::{Condition, Kind};
use super::pairing::{OperationPair, Placed, template};
use super::values::{Reader, Typed};
use crate::ir::{Access, Api, Body, Encoding, Operation, Presence, Safety, Success};
use crate::share::Key;

impl<'a> Finder<'a> {
    pub(super) fn operations(&mut self, pairs: &[OperationPair<'a>]) {
        for pair in pairs {
            match pair {
                OperationPair::Removed(old) => {
                    let element = Key::Operation(old.operation.id.clone());
                    let id = &old.operation.id;
                    self.add(&element, Kind::OperationRemoved, id, old.call(), []);
                }
                OperationPair::Added(new) => {
                    let element = Key::Operation(new.operation.id.clone());
                    let id = &new.operation.id;
                    self.add(&element, Kind::OperationAdded, id, new.call(), []);
                }
                OperationPair::Both(old, new) => self.operation(old, new),
            }
        }
    }

    fn operation(&mut self, old: &Placed<'a>, new: &Placed<'a>) {
        let element = &Key::Operation(old.operation.id.clone());
        let (a, b) = (old.operation, new.operation);
        let id = &a.id;
        if old.call() != new.call() || a.type_name != b.type_name || a.id != b.id {
            let detail = change(old.call().as_deref(), new.call().as_deref());
            self.add(element, Kind::OperationMoved, id, detail, []);
        }
        if a.method != b.method || template(a) != template(b) {
            let endpoint =
                |operation: &Operation| format!("{} {}", operation.method.as_str(), operation.path);
            let detail = change(Some(&endpoint(a)), Some(&endpoint(b)));
            self.add(element, Kind::Endpoint, id, detail, []);
        }
        self.parameters(element, a, b);
        self.body(element, id, a.body.as_ref(), b.body.as_ref());
        self.response(element, a, b);
        self.accepted_credentials(element, a, b);
        self.behavior(element, a, b);
        let context = ValueContext {
            element,
            subject: id.clone(),
            directions: Directions::SENT,
        };
        let lifecycle = [a.lifecycle, b.lifecycle];
        self.lifecycle(&context, lifecycle, Kind::OperationDeprecated, None);
    }

    fn body(&mut self, element: &Key, id: &str, old: Option<&'a Body>, new: Option<&'a Body>) {
        let subject = format!("{id} (body)");
        match (old, new) {
            (None, None) => {}
            (None, Some(body)) => {
                let required = Condition::Required.when(body.presence == Presence::Required);
                let description = Some(self.after(&body.ty).description());
                self.add(element, Kind::BodyAdded, subject, description, [required]);
            }
            (Some(body), None) => {
                let description = Some(self.before(&body.ty).description());
                self.add(element, Kind::BodyRemoved, subject, description, []);
            }
            (Some(a), Some(b)) => {
                let (old, new) = (self.before(&a.ty), self.after(&b.ty));
                if old.description() != new.description() {
                    let conditions = [
                        Condition::Accepted.when(new.has_variant(old)),
                        Condition::Signature.when(old.rust() != new.rust()),
                        Condition::Rejected.when(!Reader::Server.reads(new, old)),
                    ];
                    self.add(element, Kind::BodyType, &subject, old.to(new), conditions);
                }
                match (a.presence, b.presence) {
                    (Presence::Optional, Presence::Required) => {
                        self.add(element, Kind::BodyRequired, &subject, None, []);
                    }
                    (Presence::Required, Presence::Optional) => {
                        self.add(element, Kind::BodyOptional, &subject, None, []);
                    }
                    _ => {}
                }
                if a.encoding != b.encoding {
                    let detail = change(Some(encoding(a)), Some(encoding(b)));
                    self.add(element, Kind::BodyEncoding, &subject, detail, []);
                }
                let context = ValueContext {
                    element,
                    subject,
                    directions: Directions::SENT,
                };
                self.constraints(&context, &a.limits, &b.limits);
            }
        }
    }

    fn response(&mut self, element: &Key, a: &'a Operation, b: &'a Operation) {
        let id = &a.id;
        let (old, new) = (
            Response::of(self.old, &a.success),
            Response::of(self.new, &b.success),
        );
        if old.description(Typed::description) != new.description(Typed::description) {
            let signature = old.description(Typed::rust) != new.description(Typed::rust);
            let conditions = [
                Condition::Signature.when(signature),
                Condition::Misread.when(!old.reads(new)),
            ];
            let detail = change(
                Some(&old.description(Typed::description)),
                Some(&new.description(Typed::description)),
            );
            self.add(element, Kind::ResponseType, id, detail, conditions);
        }
        let paged = |api: &'a Api, operation: &'a Operation| {
            let paging = operation.paging.as_ref()?;
            let page = &api.def(paging.page).name.rust;
            Some(format!(
                "{} in {page}",
                Typed::new(api, &paging.item).description()
            ))
        };
        let (old, new) = (paged(self.old, a), paged(self.new, b));
        if old != new {
            let lost = Condition::Lost.when(old.is_some());
            let detail = change(old.as_deref(), new.as_deref());
            self.add(element, Kind::Pagination, id, detail, [lost]);
        }
        let errors = listed_change(&errors(a), &errors(b));
        if errors.is_some() {
            self.add(element, Kind::ErrorResponses, id, errors, []);
        }
    }

    fn accepted_credentials(&mut self, element: &Key, a: &Operation, b: &Operation) {
        let id = &a.id;
        if a.access != b.access {
            let lost = Condition::Lost.when(!is_implied(a.access, b.access));
            let detail = change(Some(access(a.access)), Some(access(b.access)));
            self.add(element, Kind::Access, id, detail, [lost]);
        }
        let scopes = |operation: &Operation| operation.scopes.iter().cloned().collect();
        let (old, new): (BTreeSet<String>, BTreeSet<String>) = (scopes(a), scopes(b));
        if old != new {
            // Any one of the scopes is sufficient; an empty set requires none.
            let is_enough = new.is_empty() || (!old.is_empty() && old.is_subset(&new));
            let rejected = Condition::Rejected.when(!is_enough);
            let detail = listed_change(&old, &new);
            self.add(element, Kind::Scopes, id, detail, [rejected]);
        }
    }

    fn behavior(&mut self, element: &Key, a: &Operation, b: &Operation) {
        let id = &a.id;
        if a.safety != b.safety {
            let detail = change(Some(&safety(&a.safety)), Some(&safety(&b.safety)));
            self.add(element, Kind::Safety, id, detail, []);
        }
        let at_least_one_of = |operation: &Operation| -> BTreeSet<String> {
            let sets = operation.at_least_one_of.iter();
            sets.map(|names| {
                let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
                names.into_iter().collect::<Vec<_>>().join(" or ")
            })
            .collect()
        };
        let (old, new) = (at_least_one_of(a), at_least_one_of(b));
        if old != new {
            let rejected = Condition::Rejected.when(!new.is_subset(&old));
            let detail = listed_change(&old, &new);
            self.add(element, Kind::RequireAnyOf, id, detail, [rejected]);
        }
        match (&a.flow, &b.flow) {
            (None, None) => {}
            (None, Some(flow)) => {
                let method = Some(flow.name.rust.clone());
                self.add(element, Kind::FlowAdded, id, method, []);
            }
            (Some(old), Some(new)) if old == new => {}
            (Some(old), new) => {
                let new = new.as_ref().map(|flow| flow.name.rust.as_str());
                let detail = change(Some(&old.name.rust), new);
                self.add(element, Kind::FlowChanged, id, detail, []);
            }
        }
    }
}

/// The response of an operation.
#[derive(Clone, Copy)]
enum Response<'a> {
    Value(Typed<'a>),
    ValueOrEmpty(Typed<'a>),
    Empty,
    Csv,
    Rows(Typed<'a>),
}

impl<'a> Response<'a> {
    fn of(api: &'a Api, success: &'a Success) -> Self {
        match success {
            Success::Json(ty) => Self::Value(Typed::new(api, ty)),
            Success::JsonOrEmpty(ty) => Self::ValueOrEmpty(Typed::new(api, ty)),
            Success::Empty => Self::Empty,
            Success::Csv(None) => Self::Csv,
            Success::Csv(Some(row)) => Self::Rows(Typed::new(api, row)),
        }
    }

    fn description(self, of: impl Fn(Typed<'a>) -> String) -> String {
        match self {
            Self::Value(ty) => of(ty),
            Self::ValueOrEmpty(ty) => format!("{} or no content", of(ty)),
            Self::Empty => "no content".to_owned(),
            Self::Csv => "CSV".to_owned(),
            Self::Rows(ty) => format!("CSV of {}", of(ty)),
        }
    }

    /// Returns whether a client that expects this response can decode the new one.
    fn reads(self, new: Self) -> bool {
        match (self, new) {
            (Self::Value(own), Self::Value(written))
            | (Self::ValueOrEmpty(own), Self::Value(written) | Self::ValueOrEmpty(written))
            | (Self::Rows(own), Self::Rows(written)) => Reader::Client.reads(own, written),
            (Self::ValueOrEmpty(_) | Self::Empty, Self::Empty) | (Self::Csv, Self::Rows(_)) => true,
            // The client ignores a body that it does not expect.
            (Self::Empty, _) => true,
            _ => false,
        }
    }
}

/// Returns each documented status, with its error class if it has one.
fn errors(operation: &Operation) -> BTreeSet<String> {
    let errors = operation.errors.iter();
    errors
        .flat_map(|(status, classes)| match classes.is_empty() {
            true => vec![status.to_string()],
            false => {
                let classes = classes.iter();
                classes.map(|class| format!("{status} {class}")).collect()
            }
        })
        .collect()
}

/// Formats `a added, b removed`; `None` if both are equal.
pub(super) fn listed_change(old: &BTreeSet<String>, new: &BTreeSet<String>) -> Option<String> {
    let added = new.difference(old).map(|item| format!("{item} added"));
    let removed = old.difference(new).map(|item| format!("{item} removed"));
    let changes: Vec<String> = added.chain(removed).collect();
    (!changes.is_empty()).then(|| changes.join(", "))
}

/// Returns whether every credential that is accepted by `old` is also accepted by `new`, according to the traits of
/// credentials in the runtime.
fn is_implied(old: Access, new: Access) -> bool {
    match old {
        Access::Public => false,
        Access::Optional | Access::Account | Access::Portal | Access::Registration => {
            new == Access::Public
        }
        Access::Personal => matches!(new, Access::Account | Access::Optional | Access::Public),
        Access::OpenIdConnect => matches!(new, Access::Account | Access::Public),
        Access::Member => matches!(new, Access::Portal | Access::Public),
    }
}

fn access(access: Access) -> &'static str {
    match access {
        Access::Public => "unauthenticated",
        Access::Optional => "a personal token or none",
        Access::Account => "an account's token",
        Access::Personal => "a personal token",
        Access::OpenIdConnect => "an OpenID Connect token",
        Access::Portal => "a customer or member session",
        Access::Member => "a member session",
        Access::Registration => "a registration token",
    }
}

fn safety(safety: &Safety) -> String {
    match safety {
        Safety::Idempotent => "idempotent".to_owned(),
        Safety::NotIdempotent => "not idempotent".to_owned(),
        Safety::Keyed(path) => format!("idempotent by {}", path.join(".")),
    }
}

fn encoding(body: &Body) -> &'static str {
    match body.encoding {
        Encoding::Json => "JSON",
        Encoding::Form => "form",
    }
}
