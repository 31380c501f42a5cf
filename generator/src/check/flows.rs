//! Checks flows (`x-flow`): the contract must have every operation that a flow calls, and every field that the runtime
//! sends and reads.

use super::Checker;
use crate::ir::{FlowKind, Operation, Presence, Safety, Scalar, Service, Shape, Success, Type};

/// The fields of the request that creates a file.
const NEW_FILE: &[&str] = &[
    "organization_id",
    "name",
    "mime_type",
    "size",
    "checksum_sha256_base64",
    "service",
    "version",
    "upload.parts.number",
    "upload.parts.chunk_start",
    "upload.parts.chunk_end",
    "upload.parts.checksum_sha256_base64",
];

/// The fields that the runtime reads from the response to the request that creates a file.
const ANNOUNCED: &[&str] = &[
    "id",
    "upload.id",
    "upload.path",
    "upload.parts.number",
    "upload.parts.url",
    "upload.parts.headers",
];

/// The fields of the request that completes an upload.
const COMPLETED: &[&str] = &[
    "id",
    "path",
    "parts.number",
    "parts.checksum_etag",
    "parts.checksum_sha256_base64",
];

/// The field with the URL of the document.
const DOCUMENT: &[&str] = &["url"];

/// The fields that the runtime reads of a file that can be downloaded.
const FILE: &[&str] = &[
    "mime_type",
    "size",
    "checksum_sha256_base64",
    "download.url",
    "download.headers",
    "id",
];

impl Checker<'_> {
    /// Checks that the other operations of a flow exist, and that all operations have the required fields.
    pub(super) fn flow(&mut self, service: &Service, operation: &Operation) {
        let Some(flow) = &operation.flow else {
            return;
        };
        let problem = match &flow.kind {
            FlowKind::Upload { completed_by } => self
                .upload(operation)
                .and_then(|()| other(service, operation, completed_by))
                .and_then(|other| self.completion(other)),
            FlowKind::Document { generated_by } => {
                self.document(operation).and_then(|()| match generated_by {
                    Some(id) => {
                        other(service, operation, id).and_then(|other| generation(operation, other))
                    }
                    None => Ok(()),
                })
            }
            FlowKind::Ingest {
                time,
                accepted,
                duplicates,
            } => self.ingest(operation, time, [accepted, duplicates]),
            FlowKind::Download { file } => self.download(operation, file),
            FlowKind::Metering { events } => self.metering(operation, events),
            FlowKind::CheckoutRoute => self.checkout_route(operation),
            FlowKind::PortalRoute => self.portal_route(operation),
        };
        if let Err(message) = problem {
            self.problem(&format!("{}/x-flow", operation.at), message);
        }
    }

    fn upload(&self, operation: &Operation) -> Result<(), String> {
        if !operation.path_params.is_empty() || has_required_query(operation) {
            return Err(
                "an operation that starts an upload must have no required parameters".to_owned(),
            );
        }
        self.has_all(body(operation), NEW_FILE, "the body")?;
        self.has_all(response_type(operation), ANNOUNCED, "the response")
    }

    fn completion(&self, operation: &Operation) -> Result<(), String> {
        let id = &operation.id;
        let by_id = matches!(operation.path_params.as_slice(), [param] if param.name.wire == "id");
        if !by_id || has_required_query(operation) || response_type(operation).is_none() {
            return Err(format!(
                "`{id}` cannot complete uploads: it must have one parameter, `id`, and return the file"
            ));
        }
        self.has_all(body(operation), COMPLETED, &format!("the body of `{id}`"))
    }

    fn document(&self, operation: &Operation) -> Result<(), String> {
        if operation.body.is_some() || has_required_query(operation) {
            return Err("an operation that returns a document must have neither a body nor required query parameters".to_owned());
        }
        self.has_all(response_type(operation), DOCUMENT, "the response")
    }

    fn download(&self, operation: &Operation, file: &str) -> Result<(), String> {
        if file != "file" {
            return Err(
                "the property with the file of an item must have the name `file`".to_owned(),
            );
        }
        let item = operation.paging.as_ref().map(|paging| &paging.item);
        let paths: Vec<String> = FILE.iter().map(|path| format!("{file}.{path}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        self.has_all(item, &paths, "an item of the list")?;
        self.has_all(item, &["id"], "an item of the list")
    }

    fn ingest(&self, operation: &Operation, time: &str, counts: [&str; 2]) -> Result<(), String> {
        let Safety::Keyed(path) = &operation.safety else {
            return Err("an operation that ingests events needs an `x-idempotency-key`".to_owned());
        };
        let [list, id] = path.as_slice() else {
            return Err(
                "`x-idempotency-key` must be the path to a property of the items of a list"
                    .to_owned(),
            );
        };
        let events = self.fields(body(operation), list);
        let [Type::List(event)] = events.as_slice() else {
            return Err(format!("`{list}` of the body is not a list"));
        };
        let is = |name: &str, scalar: Scalar| {
            let types = self.fields(Some(event), name);
            !types.is_empty()
                && types
                    .iter()
                    .all(|ty| ty.is_nullable() && *ty.non_null() == Type::Scalar(scalar))
        };
        if !is(id, Scalar::String) || !is(time, Scalar::Timestamp) {
            return Err(format!(
                "`{id}` of an event must be an optional string, and `{time}` an optional timestamp"
            ));
        }
        for count in counts {
            let types = self.fields(response_type(operation), count);
            if !matches!(types.as_slice(), [ty] if *ty.non_null() == Type::Scalar(Scalar::Integer))
            {
                return Err(format!("`{count}` of the response is not an integer"));
            }
        }
        Ok(())
    }

    /// Returns the type of a field in each variant of a type. It is nullable if the field is optional. Returns an empty list
    /// if a variant lacks the field.
    pub(super) fn fields(&self, ty: Option<&Type>, name: &str) -> Vec<Type> {
        let Some(Type::Named(id)) = ty else {
            return Vec::new();
        };
        match &self.api.def(*id).shape {
            Shape::Struct(object) => {
                let mut fields = object.fields.iter();
                let field = fields.find(|field| field.name.wire == name);
                let ty = field.map(|field| match field.presence {
                    Presence::Required => field.ty.clone(),
                    Presence::Optional => field.ty.clone().nullable(),
                });
                ty.into_iter().collect()
            }
            Shape::Union(union) => {
                let variants = union.variants.iter();
                let types: Vec<_> = variants
                    .map(|variant| self.fields(Some(&variant.ty), name))
                    .collect();
                match types.iter().any(Vec::is_empty) {
                    true => Vec::new(),
                    false => types.concat(),
                }
            }
            Shape::Alias(inner) => self.fields(Some(inner), name),
            Shape::Enum(_) => Vec::new(),
        }
    }

    pub(super) fn has_all(
        &self,
        ty: Option<&Type>,
        paths: &[&str],
        what: &str,
    ) -> Result<(), String> {
        let has = |path: &str| {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            ty.is_some_and(|ty| self.resolves(ty, &path))
        };
        match paths.iter().find(|path| !has(path)) {
            Some(missing) => Err(format!(
                "{what} has no `{missing}`, or not in every variant"
            )),
            None => Ok(()),
        }
    }
}

/// Returns another operation of a flow, which must belong to the same service and accept the same credentials.
fn other<'a>(
    service: &'a Service,
    operation: &Operation,
    id: &str,
) -> Result<&'a Operation, String> {
    let found = service
        .operation(id)
        .ok_or_else(|| format!("`{id}` is not an operation of the service of this operation"))?;
    match found.access == operation.access {
        true => Ok(found),
        false => Err(format!("`{id}` requires another credential")),
    }
}

/// Checks that the operation that generates a document has the same parameters as the one that returns its URL.
fn generation(operation: &Operation, other: &Operation) -> Result<(), String> {
    let params = |operation: &Operation| {
        let params = operation.path_params.iter();
        params
            .map(|param| (param.name.clone(), param.ty.clone()))
            .collect::<Vec<_>>()
    };
    let needs_body = body(other).is_some();
    match params(operation) == params(other) && !needs_body && !has_required_query(other) {
        true => Ok(()),
        false => Err(format!(
            "`{}` must have the same parameters, and no required body or query parameters",
            other.id
        )),
    }
}

pub(super) fn has_required_query(operation: &Operation) -> bool {
    let mut query = operation.query.iter();
    query.any(|param| param.presence == Presence::Required)
}

/// Returns the type of a required body.
pub(super) fn body(operation: &Operation) -> Option<&Type> {
    let body = operation.body.as_ref()?;
    (body.presence == Presence::Required).then_some(&body.ty)
}

pub(super) fn response_type(operation: &Operation) -> Option<&Type> {
    match &operation.success {
        Success::Json(ty) | Success::JsonOrEmpty(ty) => Some(ty),
        Success::Empty | Success::Csv(_) => None,
    }
}
