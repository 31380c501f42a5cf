//! Phase 3, check: what must hold of the IR whatever the documents say. All violations are reported together.

mod flows;

use std::collections::BTreeMap;

use crate::error::{Problem, Report};
use crate::ir::{
    Api, Decision, Operation, Presence, Resolution, Safety, Scalar, Service, Shape, Struct,
    Success, Type, TypeDef, Union,
};
use crate::reserved;

/// Methods of every type that users build, and of every service.
const RESERVED_METHODS: &[&str] = &["clone", "fmt", "new", "validate"];

/// Methods of every request value, beside these.
const REQUEST_METHODS: &[&str] = &[
    "collect_all",
    "into_future",
    "pages",
    "records",
    "rows",
    "send",
    "send_blocking",
    "send_bytes",
    "send_json",
    "send_json_blocking",
    "send_stream",
    "send_with_response",
    "stream",
    "with",
];

/// Checks an API.
///
/// # Errors
/// Every invariant that does not hold.
pub(crate) fn check(api: &Api) -> Result<(), Report> {
    let mut checker = Checker {
        api,
        problems: Vec::new(),
    };
    checker.servers();
    checker.types();
    checker.webhooks();
    for service in &api.services {
        checker.service(service);
    }
    checker.unique_at("/paths", "services", api.services.iter().map(named));
    Report::check(checker.problems)
}

struct Checker<'a> {
    api: &'a Api,
    problems: Vec<Problem>,
}

/// A name of Rust, and what it stands for.
fn named(service: &Service) -> (&str, &str) {
    (&service.name.rust, &service.name.wire)
}

impl Checker<'_> {
    fn problem(&mut self, at: &str, message: String) {
        self.problems
            .push(Problem::new(&self.api.file, at, message));
    }

    /// Names that must differ, each with its place.
    fn unique<'n>(&mut self, what: &str, names: impl IntoIterator<Item = (&'n str, &'n str)>) {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, at) in names {
            if let Some(other) = first.insert(name, at) {
                self.problem(
                    at,
                    format!("two {what} would be called `{name}`: this and {other}"),
                );
            }
        }
    }

    /// Names that must differ although they have one place, each with what it stands for.
    fn unique_at<'n>(
        &mut self,
        at: &str,
        what: &str,
        names: impl IntoIterator<Item = (&'n str, &'n str)>,
    ) {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, stands_for) in names {
            if let Some(other) = first.insert(name, stands_for) {
                self.problem(
                    at,
                    format!("two {what} would be called `{name}`: `{other}` and `{stands_for}`"),
                );
            }
        }
    }

    fn servers(&mut self) {
        let api = self.api;
        if api.servers.is_empty() {
            self.problem("", "no server is named".to_owned());
        }
        let servers = &api.servers;
        self.unique_at(
            "/servers",
            "servers",
            servers
                .iter()
                .map(|server| (server.name.rust.as_str(), server.url.as_str())),
        );
    }

    fn types(&mut self) {
        let api = self.api;
        self.unique(
            "types",
            api.types.iter().flat_map(|def| {
                std::iter::once(&def.name.rust)
                    .chain(view_name(def))
                    .map(|name| (name.as_str(), def.at.as_str()))
            }),
        );
        for def in &api.types {
            if reserved::is_type(&def.name.rust) {
                self.problem(
                    &def.at,
                    format!(
                        "the type name `{}` is taken by Rust or the runtime",
                        def.name.rust
                    ),
                );
            }
            match &def.shape {
                Shape::Struct(object) => self.object(def, object),
                Shape::Enum(texts) => {
                    let values = texts.values.iter().map(|value| &value.name);
                    let names = values.map(|name| (name.rust.as_str(), name.wire.as_str()));
                    self.unique_at(&def.at, "values of the enum", names.chain([UNKNOWN]));
                }
                Shape::Union(union) => self.union(def, union),
                Shape::Alias(_) => {}
            }
        }
    }

    fn webhooks(&mut self) {
        let api = self.api;
        let names = api.webhooks.iter().map(|webhook| &webhook.name);
        let names = names.map(|name| (name.rust.as_str(), name.wire.as_str()));
        self.unique_at("/webhooks", "events", names.chain([UNKNOWN, OTHER_VERSION]));
    }

    fn object(&mut self, def: &TypeDef, object: &Struct) {
        let fields = object
            .fields
            .iter()
            .map(|field| (field.name.rust.as_str(), field.at.as_str()));
        let rest = object.rest.iter().map(|_| (REST_FIELD, def.at.as_str()));
        self.unique("fields", fields.chain(rest).collect::<Vec<_>>());
        if def.usage.is_built() {
            for field in &object.fields {
                if RESERVED_METHODS.contains(&field.name.rust.as_str()) {
                    self.problem(
                        &field.at,
                        format!("the setter `{}` would hide a method", field.name.rust),
                    );
                }
            }
        }
    }

    fn union(&mut self, def: &TypeDef, union: &Union) {
        let variants = union.variants.iter().map(|variant| &variant.name);
        let names = variants.map(|name| (name.rust.as_str(), name.wire.as_str()));
        self.unique_at(&def.at, "variants of the union", names.chain([UNKNOWN]));
        if let Resolution::Decided(decision) = &union.resolution {
            let outcomes = decision.outcomes();
            for (index, variant) in union.variants.iter().enumerate() {
                if !outcomes.contains(&index) {
                    self.problem(
                        &def.at,
                        format!("no value leads to the variant `{}`", variant.name.rust),
                    );
                }
            }
            self.decision(def, decision);
        }
    }

    /// Every constant leads to one place.
    fn decision(&mut self, def: &TypeDef, decision: &Decision) {
        match decision {
            Decision::Tag {
                path,
                arms,
                otherwise,
            } => {
                let mut seen = Vec::new();
                for constant in arms.iter().flat_map(|(constants, _)| constants) {
                    if seen.contains(&constant) {
                        let path = path.join(".");
                        self.problem(
                            &def.at,
                            format!("`{path}` leads to two places for {constant:?}"),
                        );
                    }
                    seen.push(constant);
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
            Decision::Text { otherwise, .. } => self.decision(def, otherwise),
            Decision::Variant(_) | Decision::Unknown => {}
        }
    }

    fn service(&mut self, service: &Service) {
        let operations = service
            .operations
            .iter()
            .map(|operation| (operation.name.rust.as_str(), operation.at.as_str()));
        let children = service
            .children
            .iter()
            .map(|child| (child.name.rust.as_str(), "/paths"));
        let flows = service.operations.iter().filter_map(|operation| {
            let flow = operation.flow.as_ref()?;
            Some((flow.name.rust.as_str(), operation.at.as_str()))
        });
        let methods = operations.chain(children).chain(flows);
        self.unique("methods", methods.collect::<Vec<_>>());
        for operation in &service.operations {
            self.operation(operation);
            self.flow(service, operation);
        }
        for child in &service.children {
            self.service(child);
        }
    }

    /// The path to the keys by which a repetition is known leads somewhere, in every form of the body.
    fn safety(&mut self, operation: &Operation) {
        let Safety::Keyed(path) = &operation.safety else {
            return;
        };
        let body = operation.body.as_ref().map(|body| &body.ty);
        if !body.is_some_and(|ty| self.leads_somewhere(ty, path)) {
            let path = path.join(".");
            self.problem(
                &format!("{}/x-idempotency-key", operation.at),
                format!("the body has no `{path}` in all of its forms"),
            );
        }
    }

    /// What is required as "one of" can be left out alone: optional parameters, or properties of a form of the body.
    fn one_of(&mut self, operation: &Operation) {
        let body = operation.body.as_ref().map(|body| &body.ty);
        for name in operation.one_of.iter().flatten() {
            let is_parameter = operation
                .query
                .iter()
                .any(|param| param.name.wire == *name && param.presence == Presence::Optional);
            if !is_parameter && !body.is_some_and(|ty| self.has_property(ty, name)) {
                self.problem(
                    &format!("{}/x-require-one-of", operation.at),
                    format!("`{name}` is neither an optional parameter nor a property of the body"),
                );
            }
        }
    }

    fn has_property(&self, ty: &Type, key: &str) -> bool {
        match ty {
            Type::Nullable(inner) | Type::Boxed(inner) => self.has_property(inner, key),
            Type::Named(id) => match &self.api.def(*id).shape {
                Shape::Struct(object) => {
                    let mut fields = object.fields.iter();
                    fields.any(|field| field.name.wire == key)
                }
                Shape::Union(union) => {
                    let mut variants = union.variants.iter();
                    variants.any(|variant| self.has_property(&variant.ty, key))
                }
                Shape::Alias(target) => self.has_property(target, key),
                Shape::Enum(_) => false,
            },
            _ => false,
        }
    }

    fn leads_somewhere(&self, ty: &Type, path: &[String]) -> bool {
        let Some((key, rest)) = path.split_first() else {
            return true;
        };
        match ty {
            Type::List(inner) | Type::Nullable(inner) | Type::Boxed(inner) => {
                self.leads_somewhere(inner, path)
            }
            Type::Named(id) => match &self.api.def(*id).shape {
                Shape::Struct(object) => {
                    let mut fields = object.fields.iter();
                    let field = fields.find(|field| field.name.wire == *key);
                    field.is_some_and(|field| self.leads_somewhere(&field.ty, rest))
                }
                Shape::Union(union) => {
                    let mut variants = union.variants.iter();
                    variants.all(|variant| self.leads_somewhere(&variant.ty, path))
                }
                Shape::Alias(target) => self.leads_somewhere(target, path),
                Shape::Enum(_) => false,
            },
            _ => false,
        }
    }

    /// A cell is a text, or something that is written like one.
    fn row(&mut self, operation: &Operation, ty: &Type) {
        let def = match ty {
            Type::Named(id) => Some(self.api.def(*id)),
            _ => None,
        };
        let Some(Shape::Struct(object)) = def.map(|def| &def.shape) else {
            let at = def.map_or(&operation.at, |def| &def.at);
            return self.problem(at, "a row is an object of its columns".to_owned());
        };
        for field in &object.fields {
            let fits = match field.ty.non_null() {
                Type::Scalar(scalar) => !matches!(
                    scalar,
                    Scalar::Integer | Scalar::Float | Scalar::Number | Scalar::Boolean
                ),
                Type::Named(id) => matches!(self.api.def(*id).shape, Shape::Enum(_)),
                _ => false,
            };
            if !fits {
                let message =
                    "a cell holds a text, or what is written as one: a decimal, a time, an enum";
                self.problem(&field.at, message.to_owned());
            }
        }
    }

    fn operation(&mut self, operation: &Operation) {
        self.safety(operation);
        self.one_of(operation);
        if let Success::Csv(Some(row)) = &operation.success {
            self.row(operation, row);
        }
        let params = operation.path_params.iter().chain(&operation.query);
        let params = params.map(|param| (param.name.rust.as_str(), param.at.as_str()));
        let body = operation
            .body
            .iter()
            .map(|_| ("body", operation.at.as_str()));
        self.unique("parameters", params.chain(body).collect::<Vec<_>>());
        for param in &operation.query {
            let name = param.name.rust.as_str();
            if RESERVED_METHODS.contains(&name) || REQUEST_METHODS.contains(&name) {
                self.problem(
                    &param.at,
                    format!("the setter `{}` would hide a method", param.name.rust),
                );
            }
        }
    }
}

/// The field of a struct that holds entries without a field of their own.
pub(crate) const REST_FIELD: &str = "additional";

/// The variant of every enum and union for what it does not know.
const UNKNOWN: (&str, &str) = ("Unknown", "anything else");

/// The variant of the events for those of other versions.
const OTHER_VERSION: (&str, &str) = ("OtherVersion", "an event of another version");

/// The name of the enum over the views of a union.
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
