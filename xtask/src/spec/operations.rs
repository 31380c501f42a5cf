//! Extracts the contract of operations and webhooks.

use serde_json::{Value, json};
use ureq::http::StatusCode;

use super::extractor::{Entries, Extractor, child, keep, sorted};
use super::schema::{self, Place};

const PAGINATION: &str = "x-polar-pagination";

impl Extractor<'_> {
    pub(super) fn paths(&mut self, paths: Option<Value>, tree: &mut Entries) {
        let mut kept = Entries::new();
        for (path, methods) in sorted(self.entries(paths, "/paths")) {
            // Paths start with a slash, so this key is an extension.
            if self.omitted.accepts(&path) {
                continue;
            }
            let at = child("/paths", &path);
            let mut methods = self.entries(Some(methods), &at);
            let mut out = Entries::new();
            for method in ["get", "post", "put", "patch", "delete"] {
                if let Some(operation) = methods.remove(method) {
                    let operation = self.operation(operation, &child(&at, method));
                    out.insert(method.to_owned(), operation);
                }
            }
            self.finish(methods, &at);
            kept.insert(path, Value::Object(out));
        }
        tree.insert("paths".to_owned(), Value::Object(kept));
    }

    fn operation(&mut self, operation: Value, at: &str) -> Value {
        let mut operation = self.entries(Some(operation), at);
        let mut out = Entries::new();
        keep(
            &mut operation,
            &mut out,
            &["operationId", "deprecated", "security"],
        );
        keep(&mut operation, &mut out, &["x-polar-allowed-subjects"]);
        if let Some(pagination) = operation.remove(PAGINATION) {
            let pagination = self.pagination(pagination, &child(at, PAGINATION));
            out.insert(PAGINATION.to_owned(), pagination);
        }
        if let Some(parameters) = operation.remove("parameters") {
            let at = child(at, "parameters");
            let parameters = self.items(Some(parameters), &at).into_iter().enumerate();
            let parameters = parameters
                .map(|(index, parameter)| self.parameter(parameter, &format!("{at}/{index}")))
                .collect();
            out.insert("parameters".to_owned(), Value::Array(parameters));
        }
        if let Some(body) = operation.remove("requestBody") {
            let body = self.body(body, &child(at, "requestBody"));
            out.insert("requestBody".to_owned(), body);
        }
        let responses = self.responses(operation.remove("responses"), &child(at, "responses"));
        out.insert("responses".to_owned(), responses);
        self.finish(operation, at);
        Value::Object(out)
    }

    fn pagination(&mut self, pagination: Value, at: &str) -> Value {
        let mut pagination = self.entries(Some(pagination), at);
        let mut out = Entries::new();
        keep(&mut pagination, &mut out, &["type"]);
        if let Some(item) = pagination.remove("item_schema") {
            let item = schema::keep(self, item, Place::Inline, &child(at, "item_schema"));
            out.insert("item_schema".to_owned(), item);
        }
        self.finish(pagination, at);
        Value::Object(out)
    }

    fn parameter(&mut self, parameter: Value, at: &str) -> Value {
        let mut parameter = self.entries(Some(parameter), at);
        let mut out = Entries::new();
        let facts = ["name", "in", "required", "style", "explode", "deprecated"];
        keep(&mut parameter, &mut out, &facts);
        self.schema_of(&mut parameter, &mut out, at);
        self.finish(parameter, at);
        Value::Object(out)
    }

    fn body(&mut self, body: Value, at: &str) -> Value {
        let mut body = self.entries(Some(body), at);
        let mut out = Entries::new();
        keep(&mut body, &mut out, &["required"]);
        self.content(&mut body, &mut out, at);
        self.finish(body, at);
        Value::Object(out)
    }

    fn responses(&mut self, responses: Option<Value>, at: &str) -> Value {
        let mut kept = Entries::new();
        for (status, response) in sorted(self.entries(responses, at)) {
            if self.omitted.accepts(&status) {
                continue;
            }
            let at = child(at, &status);
            let mut response = self.entries(Some(response), &at);
            let Some(reason) = reason(&status) else {
                self.problem(at, format!("`{status}` is not a status"));
                continue;
            };
            let mut out = Entries::new();
            if response
                .remove("description")
                .is_some_and(|description| description != reason)
            {
                self.omitted.count("descriptions");
            }
            out.insert("description".to_owned(), Value::from(reason));
            self.content(&mut response, &mut out, &at);
            self.finish(response, &at);
            kept.insert(status, Value::Object(out));
        }
        Value::Object(kept)
    }

    /// Extracts the bodies, by media type.
    fn content(&mut self, from: &mut Entries, out: &mut Entries, at: &str) {
        let Some(content) = from.remove("content") else {
            return;
        };
        let at = child(at, "content");
        let mut kept = Entries::new();
        for (media, body) in self.entries(Some(content), &at) {
            let at = child(&at, &media);
            let mut body = self.entries(Some(body), &at);
            let mut out = Entries::new();
            self.schema_of(&mut body, &mut out, &at);
            self.finish(body, &at);
            kept.insert(media, Value::Object(out));
        }
        out.insert("content".to_owned(), Value::Object(kept));
    }

    fn schema_of(&mut self, from: &mut Entries, out: &mut Entries, at: &str) {
        if let Some(schema) = from.remove("schema") {
            let schema = schema::keep(self, schema, Place::Inline, &child(at, "schema"));
            out.insert("schema".to_owned(), schema);
        }
    }

    /// Extracts the payloads of webhooks. The response of the receiver is omitted, because a client does not need it.
    pub(super) fn webhooks(&mut self, webhooks: Option<Value>, tree: &mut Entries) {
        let mut kept = Entries::new();
        for (name, webhook) in sorted(self.entries(webhooks, "/webhooks")) {
            let at = child("/webhooks", &name);
            let mut webhook = self.entries(Some(webhook), &at);
            let mut post = self.entries(webhook.remove("post"), &child(&at, "post"));
            self.finish(webhook, &at);
            let at = child(&at, "post");
            let body = post.remove("requestBody").unwrap_or_default();
            let body = self.body(body, &child(&at, "requestBody"));
            self.omit(&mut post, "responses", "webhook responses");
            self.omit(&mut post, "operationId", "webhook operation ids");
            self.finish(post, &at);
            kept.insert(name, json!({ "post": { "requestBody": body } }));
        }
        tree.insert("webhooks".to_owned(), Value::Object(kept));
    }
}

/// Returns the standard phrase of a status as the description of a response, which OpenAPI requires.
fn reason(status: &str) -> Option<&'static str> {
    StatusCode::from_bytes(status.as_bytes())
        .ok()?
        .canonical_reason()
}
