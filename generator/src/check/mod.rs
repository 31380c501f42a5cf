//! Phase 3, check: what must hold of the IR whatever the documents say. All violations are reported together.

mod flows;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Problem, Report};
use crate::ir::{
    Api, Decision, FlowKind, Operation, Presence, Resolution, Safety, Scalar, Service, Shape,
    Struct, Success, Type, TypeDef, Union,
};
use crate::{names, reserved};

/// Longer names of files are refused by some system or other, with what stands before and after them.
const MAX_MODULE: usize = 64;

/// What to do about names that are equal.
const RENAME: &str = "rename one with `x-rust-name`, or with `title` where it is inline";

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
    api.pages.keys().for_each(|id| checker.page(api.def(*id)));
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
                    format!("two {what} would be called `{name}`: this and {other}; {RENAME}"),
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
        let names: Vec<(String, &str)> = servers
            .iter()
            .map(|server| (names::constant(&server.name), server.url.as_str()))
            .collect();
        let names = names.iter().map(|(name, url)| (name.as_str(), *url));
        let own = [("ALL", "all servers"), ("DEFAULT", "the first server")];
        self.unique_at("/servers", "servers", names.chain(own));
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
                        "the type name `{}` is taken by Rust or the runtime; rename it with `x-rust-name`, or with `title` \
                         where it is inline",
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
        for webhook in &api.webhooks {
            let payload = &api.def(webhook.payload).name.rust;
            if matches!(payload.as_str(), "Event" | "Webhooks") {
                let message = format!("a payload cannot be called `{payload}`; {RENAME}");
                self.problem(&webhook.at, message);
            }
        }
        let codes: Vec<(String, &String)> = api
            .error_codes
            .keys()
            .map(|code| (names::variant("ErrorCode", code).rust, code))
            .collect();
        let codes = codes
            .iter()
            .map(|(name, code)| (name.as_str(), code.as_str()));
        self.unique_at("/paths", "error codes", codes.chain([UNKNOWN]));
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

    /// Setters, and views of fields.
    fn methods(&mut self, def: &TypeDef, object: &Struct) {
        let mut seen = BTreeSet::new();
        // Fields of one name are reported already.
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

    /// The runtime reads pages by the names of their fields.
    fn page(&mut self, def: &TypeDef) {
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
                    "a field that pages are read by keeps its name".to_owned(),
                );
            }
        }
    }

    fn union(&mut self, def: &TypeDef, union: &Union) {
        let variants = union.variants.iter().map(|variant| &variant.name);
        let names = variants.map(|name| (name.rust.as_str(), name.wire.as_str()));
        self.unique_at(&def.at, "variants of the union", names.chain([UNKNOWN]));
        let method = match union.resolution {
            Resolution::Ambiguous { .. } => names::view,
            _ => names::narrowing,
        };
        let variants = union.variants.iter().map(|variant| &variant.name.rust);
        let methods: Vec<(String, &String)> = variants.map(|name| (method(name), name)).collect();
        let methods = methods
            .iter()
            .map(|(method, name)| (method.as_str(), name.as_str()));
        let own = [("to_view", "the view that a text chooses")];
        self.unique_at(&def.at, "methods of the union", methods.chain(own));
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
                let mut seen = BTreeSet::new();
                for constant in arms.iter().flat_map(|(constants, _)| constants) {
                    if !seen.insert(constant) {
                        let path = path.join(".");
                        self.problem(
                            &def.at,
                            format!("`{path}` leads to two places for {constant:?}"),
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
        let flows: Vec<(String, &str)> = flow_methods(service);
        let flows = flows.iter().map(|(name, at)| (name.as_str(), *at));
        let methods = operations.chain(children).chain(flows);
        self.unique("methods", methods.collect::<Vec<_>>());
        let requests = service.operations.iter();
        let requests =
            requests.map(|operation| (operation.type_name.as_str(), operation.at.as_str()));
        let own = (service.type_name.as_str(), "the service itself");
        self.unique("types", requests.chain([own]).collect::<Vec<_>>());
        if service.name.rust.len() > MAX_MODULE {
            let message = format!(
                "the service `{}` has a name of more than {MAX_MODULE} characters, which not every system has as a file; \
                 give it another one with `x-rust-name` at the root of the contract",
                service.name.wire
            );
            self.problem("/paths", message);
        }
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
                    Scalar::Integer
                        | Scalar::Unsigned
                        | Scalar::Float
                        | Scalar::Number
                        | Scalar::Boolean
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
        self.texts(operation);
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
        let mut seen = BTreeSet::new();
        // Parameters of one name are reported already.
        let params = operation
            .query
            .iter()
            .filter(|param| seen.insert(&param.name.rust));
        let optional = params.filter(|param| param.presence == Presence::Optional);
        let setters = optional.map(|param| (names::param_setter(&param.name), param.at.as_str()));
        let setters: Vec<(String, &str)> = setters.collect();
        self.unique(
            "setters",
            setters.iter().map(|(name, at)| (name.as_str(), *at)),
        );
    }
}

/// The methods of the flows of a service.
fn flow_methods(service: &Service) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for operation in &service.operations {
        if let Some(flow) = &operation.flow {
            found.push((flow.name.rust.clone(), operation.at.as_str()));
            if matches!(flow.kind, FlowKind::Download { .. }) {
                found.push((format!("{}_by_id", flow.name.rust), operation.at.as_str()));
            }
        }
    }
    found
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
