//! Extracts the contract from a published document: everything that affects requests and responses, without prose, in a
//! fixed order.
//!
//! Each key of the document is kept, omitted and counted, or rejected. No key is dropped silently.

use std::collections::{BTreeMap, BTreeSet};

use polar_codegen::{Problem, Report, names};
use serde_json::{Value, json};

use super::extractor::{Entries, Extractor, child, keep, sorted};
use super::omitted::Omitted;
use super::schema::{self, Place};

/// An imported contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// `YYYY-MM`
    pub version: String,
    /// The OpenAPI document.
    pub tree: Value,
    /// The number of omitted keys, by name.
    pub omitted: Omitted,
}

impl Contract {
    /// Returns the size of the contract and the omitted keys as text.
    pub fn summary(&self) -> String {
        let count = |pointer| self.tree.pointer(pointer).and_then(Value::as_object);
        let operations: usize = count("/paths")
            .into_iter()
            .flat_map(Entries::values)
            .filter_map(Value::as_object)
            .map(Entries::len)
            .sum();
        let webhooks = count("/webhooks").map_or(0, Entries::len);
        let schemas = count("/components/schemas").map_or(0, Entries::len);
        let size = format!("{operations} operations, {webhooks} webhooks, {schemas} schemas");
        match self.omitted.to_string() {
            nothing if nothing.is_empty() => size,
            omitted => format!("{size}; {omitted}"),
        }
    }
}

/// Extracts the contract from a published document. `from` is the name of the document in messages. `version` is the version
/// of a document that states none: one that was published before the API had versions.
///
/// # Errors
/// Keys that the importer does not support, and references that do not resolve.
pub fn contract(document: Value, from: &str, version: Option<&str>) -> Result<Contract, Report> {
    let mut extractor = Extractor::new(from);
    let mut tree = Entries::new();
    let Value::Object(mut document) = document else {
        return Err(Problem::new(from, "", "not an OpenAPI document").into());
    };
    let version = extractor.head(&mut document, &mut tree, version)?;
    let mut components = extractor.entries(document.remove("components"), "/components");
    let mut schemas = extractor.entries(components.remove("schemas"), "/components/schemas");
    extractor.servers(document.remove("servers"), &mut tree);
    extractor.paths(document.remove("paths"), &mut tree);
    extractor.webhooks(document.remove("webhooks"), &mut tree);
    let reachable = extractor.reachable(&mut schemas);
    let mut kept = Entries::new();
    kept.insert("schemas".to_owned(), Value::Object(reachable));
    extractor.security_schemes(components.remove("securitySchemes"), &mut kept);
    tree.insert("components".to_owned(), Value::Object(kept));
    extractor.finish(components, "/components");
    extractor.finish(document, "");
    Report::check(extractor.problems)?;
    if !schemas.is_empty() {
        let known = &mut extractor.omitted.known;
        known.insert("unreachable schemas", schemas.len());
    }
    Ok(Contract {
        version,
        tree: Value::Object(tree),
        omitted: extractor.omitted,
    })
}

impl Extractor<'_> {
    /// Processes `openapi` and `info`. If they are invalid, nothing else is checked.
    fn head(
        &self,
        document: &mut Entries,
        tree: &mut Entries,
        given: Option<&str>,
    ) -> Result<String, Report> {
        let problem =
            |at: &str, message: String| Report::from(Problem::new(self.from, at, message));
        match document.remove("openapi") {
            Some(Value::String(openapi)) if openapi.starts_with("3.1.") => {
                tree.insert("openapi".to_owned(), Value::String(openapi));
            }
            Some(other) => return Err(problem("/openapi", format!("expected 3.1, found {other}"))),
            None => return Err(problem("", "not an OpenAPI document".to_owned())),
        }
        let info = document.remove("info").unwrap_or_default();
        let version = match (&info["version"], given) {
            (Value::String(version), _) if names::is_version(version) => version.clone(),
            (Value::String(_), Some(given)) if names::is_version(given) => given.to_owned(),
            (other, _) => {
                let message = format!(
                    "expected a version like 2026-10, found {other}; use --version if the document states no version"
                );
                return Err(problem("/info/version", message));
            }
        };
        let info = json!({ "title": "Polar API", "version": version });
        tree.insert("info".to_owned(), info);
        Ok(version)
    }

    fn servers(&mut self, servers: Option<Value>, tree: &mut Entries) {
        let mut kept = Vec::new();
        for (index, server) in self.items(servers, "/servers").into_iter().enumerate() {
            let at = format!("/servers/{index}");
            let mut server = self.entries(Some(server), &at);
            let mut out = Entries::new();
            keep(&mut server, &mut out, &["url", "x-polar-environment"]);
            self.finish(server, &at);
            kept.push(Value::Object(out));
        }
        tree.insert("servers".to_owned(), Value::Array(kept));
    }

    fn security_schemes(&mut self, schemes: Option<Value>, components: &mut Entries) {
        let mut kept = Entries::new();
        for (name, scheme) in sorted(self.entries(schemes, "/components/securitySchemes")) {
            let at = child("/components/securitySchemes", &name);
            let mut scheme = self.entries(Some(scheme), &at);
            let mut out = Entries::new();
            keep(
                &mut scheme,
                &mut out,
                &["type", "scheme", "openIdConnectUrl"],
            );
            self.finish(scheme, &at);
            kept.insert(name, Value::Object(out));
        }
        components.insert("securitySchemes".to_owned(), Value::Object(kept));
    }

    /// Keeps the schemas that the kept parts refer to, directly or not, and drops the others.
    fn reachable(&mut self, schemas: &mut Entries) -> Entries {
        const PREFIX: &str = "#/components/schemas/";
        let mut kept = BTreeMap::new();
        let mut followed = BTreeSet::new();
        loop {
            let references = self.references.iter();
            let Some((reference, at)) = references
                .filter(|(reference, _)| !followed.contains(*reference))
                .map(|(reference, at)| (reference.clone(), at.clone()))
                .next()
            else {
                return kept.into_iter().collect();
            };
            let found = reference
                .strip_prefix(PREFIX)
                .and_then(|name| Some((name, schemas.remove(name)?)));
            match found {
                Some((name, schema)) => {
                    let at = child("/components/schemas", name);
                    kept.insert(
                        name.to_owned(),
                        schema::keep(self, schema, Place::Component, &at),
                    );
                }
                None => {
                    let message =
                        format!("`{reference}` does not resolve to a schema of this document");
                    self.problem(at, message);
                }
            }
            followed.insert(reference);
        }
    }
}
