//! Checks services and operations: their names do not collide, paths into bodies resolve, and rows of CSV can be decoded.

use std::collections::BTreeSet;

use super::Checker;
use crate::ir::{FlowKind, Operation, Presence, Safety, Scalar, Service, Shape, Success, Type};
use crate::names;

/// The maximum length of a service's name in characters. The name becomes a file name, which some file systems limit.
const MAX_MODULE: usize = 64;

impl Checker<'_> {
    pub(super) fn service(&mut self, service: &Service) {
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

    /// Checks that the path to the idempotency keys resolves in every variant of the body.
    fn safety(&mut self, operation: &Operation) {
        let Safety::Keyed(path) = &operation.safety else {
            return;
        };
        let body = operation.body.as_ref().map(|body| &body.ty);
        if !body.is_some_and(|ty| self.resolves(ty, path)) {
            let path = path.join(".");
            self.problem(
                &format!("{}/x-idempotency-key", operation.at),
                format!("the property `{path}` does not exist in all variants of the body"),
            );
        }
    }

    /// Checks that each member of an `x-require-any-of` set is optional: a parameter, or a property of a variant of the
    /// body.
    fn at_least_one_of(&mut self, operation: &Operation) {
        let body = operation.body.as_ref().map(|body| &body.ty);
        for name in operation.at_least_one_of.iter().flatten() {
            let is_parameter = operation
                .query
                .iter()
                .any(|param| param.name.wire == *name && param.presence == Presence::Optional);
            if !is_parameter && !body.is_some_and(|ty| self.has_property(ty, name)) {
                self.problem(
                    &format!("{}/x-require-any-of", operation.at),
                    format!("`{name}` is neither an optional parameter nor a property of the body"),
                );
            }
        }
    }

    /// Checks that each cell of a row is a string, or has a type that is encoded as a string.
    fn row(&mut self, operation: &Operation, ty: &Type) {
        let def = match ty {
            Type::Named(id) => Some(self.api.def(*id)),
            _ => None,
        };
        let Some(Shape::Struct(object)) = def.map(|def| &def.shape) else {
            let at = def.map_or(&operation.at, |def| &def.at);
            return self.problem(
                at,
                "a row must be an object with a property for each column".to_owned(),
            );
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
                Type::Id(_) => true,
                Type::Named(id) => matches!(self.api.def(*id).shape, Shape::Enum(_)),
                _ => false,
            };
            if !fits {
                let message = "a cell must have a type that is encoded as a string: a string, a decimal, a time, an enum";
                self.problem(&field.at, message.to_owned());
            }
        }
    }

    fn operation(&mut self, operation: &Operation) {
        self.safety(operation);
        self.plain_strings(operation);
        self.at_least_one_of(operation);
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
        // Removes duplicates, which are already reported.
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

/// Returns the methods that the flows of a service add.
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
