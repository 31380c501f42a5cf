//! The responses of the store to requests.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::collections::{Action, list_item};
use super::items::{updated, with_defaults, without_null};
use super::list::{Query, QueryError};
use super::{Store, json as respond};
use crate::client::{Access, Operation};
use crate::testing::mock::Reply;
use crate::testing::route;
use crate::testing::sample::{Composer, Extent};
use crate::testing::schemas::{Problem, ProblemKind, Schemas, Step, problems};

/// A request with its operation.
struct Call<'r> {
    operation: &'static Operation,
    described: &'static Value,
    collection: &'static str,
    path: Vec<(&'static str, String)>,
    request: &'r Request<Bytes>,
}

impl Store {
    /// Returns the response to a request.
    pub(super) fn respond(&self, request: &Request<Bytes>) -> Reply {
        let schemas = self.inner.schemas;
        let path = request.uri().path();
        let operation = route::operation(schemas.operations(), request.method(), path);
        let Some(operation) = operation else {
            return Reply::json(404, r#"{"detail":"Not Found"}"#);
        };
        let is_open = matches!(operation.access, Access::Public | Access::Optional);
        if !is_open && !request.headers().contains_key(AUTHORIZATION) {
            return Reply::error(401, "Unauthorized", "Unauthorized");
        }
        let described = schemas.operation(operation.id);
        let found = described.and_then(|described| {
            let (collection, action) = self.inner.collections.action(operation, described)?;
            let path = route::parameters(operation.path, path)?;
            let call = Call {
                operation,
                described,
                collection,
                path,
                request,
            };
            Some((call, action))
        });
        match found {
            Some((call, action)) => self.act(&call, action),
            None => unsupported(operation, "respond to it"),
        }
    }

    fn act(&self, call: &Call<'_>, action: Action) -> Reply {
        let response = match action {
            Action::Create => call
                .body(self.inner.schemas)
                .map(|body| self.create(call, &body)),
            Action::List => Ok(self.list(call)),
            Action::Get(property) => Ok(self.read(call, property)),
            Action::Update(property) => {
                let body = call.body(self.inner.schemas);
                body.map(|body| self.update(call, property, &body))
            }
            Action::Delete(property) => Ok(self.delete(call, property)),
        };
        response.unwrap_or_else(|entries| invalid(&entries))
    }

    fn create(&self, call: &Call<'_>, body: &Value) -> Reply {
        let number = self.items().next_number();
        let body = with_defaults(self.inner.schemas, &call.described["body"], body.clone());
        let mut value = self.composed(&call.described["response"], &body, number);
        stamp(&mut value, "created_at", number);
        let Some(id) = value["id"].as_str().map(str::to_owned) else {
            return unsupported(call.operation, "make an id for it");
        };
        self.items().put(call.collection, &id, value.clone());
        respond(call.status(), &value)
    }

    fn read(&self, call: &Call<'_>, property: &str) -> Reply {
        let stored = self
            .items()
            .find(call.collection, property, call.value(property))
            .cloned();
        match stored {
            Some(stored) => respond(
                call.status(),
                &self.shown(&call.described["response"], &stored),
            ),
            None => not_found(),
        }
    }

    fn update(&self, call: &Call<'_>, property: &str, body: &Value) -> Reply {
        let stored = self
            .items()
            .find(call.collection, property, call.value(property))
            .cloned();
        let Some(stored) = stored else {
            return not_found();
        };
        let number = self.items().next_number();
        // A stored item may have more properties than this operation returns.
        let schema = &call.described["response"];
        let body = without_null(self.inner.schemas, schema, body);
        let mut value = updated(&stored, &body);
        stamp(&mut value, "modified_at", number);
        let shown = self.composed(schema, &value, number);
        let value = updated(&value, &shown);
        let id = value["id"].as_str().unwrap_or_default().to_owned();
        self.items().put(call.collection, &id, value);
        respond(call.status(), &shown)
    }

    fn delete(&self, call: &Call<'_>, property: &str) -> Reply {
        let removed = self
            .items()
            .remove(call.collection, property, call.value(property));
        match removed {
            Some(()) => Reply::status(call.status()),
            None => not_found(),
        }
    }

    fn list(&self, call: &Call<'_>) -> Reply {
        let response = &call.described["response"];
        let Some(item) = list_item(self.inner.schemas, response) else {
            return unsupported(call.operation, "list its items");
        };
        let query = call.request.uri().query().unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let query = Query {
            schemas: self.inner.schemas,
            described: call.described,
            item,
            pairs: &pairs,
        };
        let stored: Vec<Value> = self.items().all(call.collection).cloned().collect();
        let listed = query.select(stored).and_then(|items| {
            let (page, pagination) = query.page(&items)?;
            let page: Vec<Value> = page.iter().map(|stored| self.shown(item, stored)).collect();
            let is_paged = self.inner.schemas.resolved(response)["type"] != "array";
            Ok(match is_paged {
                true => self.composed(
                    response,
                    &json!({"items": page, "pagination": pagination}),
                    0,
                ),
                false => page.into(),
            })
        });
        match listed {
            Ok(list) => respond(call.status(), &list),
            Err(QueryError::Invalid(name, message)) => {
                let entry = json!({"loc": ["query", name], "msg": message, "type": "greater_than"});
                invalid(&[entry])
            }
            Err(QueryError::Unsupported(what)) => unsupported(call.operation, &what),
        }
    }

    /// Returns a stored item without the properties that the schema lacks.
    fn shown(&self, schema: &'static Value, stored: &Value) -> Value {
        self.composed(schema, stored, 0)
    }

    /// Composes a value with the given properties. Drops properties that the schema lacks.
    fn composed(&self, schema: &Value, given: &Value, number: u64) -> Value {
        let schemas = self.inner.schemas;
        let lookup = |id: &str| self.items().with_id(id).cloned();
        let mut given = given.clone();
        loop {
            let composer = Composer::new(schemas, Extent::Sparse);
            let composer = composer.numbered(number).knowing(&lookup);
            match composer.compose(schema, &given) {
                Ok(value) => return value,
                Err(problem) if remove(&mut given, &problem.path) => {}
                Err(_) => return given,
            }
        }
    }
}

impl Call<'_> {
    /// Returns the value of a path parameter.
    fn value(&self, name: &str) -> &str {
        let mut parameters = self.path.iter();
        let found = parameters.find(|(other, _)| *other == name);
        found.map_or("", |(_, value)| value)
    }

    fn status(&self) -> u16 {
        let status = self.described["status"].as_u64();
        status
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(200)
    }

    /// Returns the body if it is valid. Otherwise returns the validation errors.
    fn body(&self, schemas: &'static Schemas) -> Result<Value, Vec<Value>> {
        let Some(schema) = self.described.get("body") else {
            return Ok(Value::Null);
        };
        let Ok(body) = serde_json::from_slice(self.request.body()) else {
            let entry =
                json!({"loc": ["body"], "msg": "JSON decode error", "type": "json_invalid"});
            return Err(vec![entry]);
        };
        let problems = problems(schemas, schema, &body);
        match problems.is_empty() {
            true => Ok(body),
            false => Err(problems.iter().map(entry).collect()),
        }
    }
}

/// Removes a part of a value, or the object that contains the part. Returns whether it existed.
fn remove(value: &mut Value, path: &[Step]) -> bool {
    let [step, rest @ ..] = path else {
        return false;
    };
    let below = match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(*index),
    };
    if below.is_some_and(|below| remove(below, rest)) {
        return true;
    }
    match (step, value) {
        (Step::Key(key), Value::Object(entries)) => entries.remove(key).is_some(),
        _ => false,
    }
}

/// Sets a timestamp property. It is one second later for each change of the store.
fn stamp(value: &mut Value, property: &str, number: u64) {
    /// 2026-01-05T09:00:00Z, the timestamp of samples, in seconds since 1970.
    const START: i64 = 1_767_603_600;
    let seconds = i64::try_from(number).unwrap_or_default();
    let time = DateTime::from_timestamp(START.saturating_add(seconds), 0).unwrap_or_default();
    if let Some(property) = value.get_mut(property) {
        *property = time.to_rfc3339_opts(SecondsFormat::Secs, true).into();
    }
}

fn entry(problem: &Problem) -> Value {
    let steps = problem.path.iter().map(|step| match step {
        Step::Key(key) => json!(key),
        Step::Index(index) => json!(index),
    });
    let loc: Vec<Value> = std::iter::once(json!("body")).chain(steps).collect();
    let kind = match problem.kind {
        ProblemKind::Missing => "missing",
        ProblemKind::Type => "type_error",
        ProblemKind::Value => "value_error",
    };
    json!({"loc": loc, "msg": problem.message, "type": kind})
}

fn invalid(entries: &[Value]) -> Reply {
    respond(
        422,
        &json!({"error": "RequestValidationError", "detail": entries}),
    )
}

fn not_found() -> Reply {
    Reply::error(404, "ResourceNotFound", "Not found")
}

fn unsupported(operation: &Operation, what: &str) -> Reply {
    let text = format!(
        "{}: the store cannot {what}; expect the call with `Mock::on`, and pass others on with `Mock::otherwise`",
        operation.id
    );
    Reply::error(418, "UnsupportedByStore", &text)
}
