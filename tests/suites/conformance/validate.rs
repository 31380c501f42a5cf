//! Validates requests against the contract.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use polar_tests::contract::{Content, Operation, Parameter, Style};
use serde_json::{Map, Value, json};

use crate::fixture::{VersionFixture, is_corrected};
use crate::server::Received;

/// The prefixes of tokens, by the name of the security scheme in the contract.
const TOKENS: [(&str, &[&str]); 6] = [
    ("oat", &["polar_oat_"]),
    ("pat", &["polar_pat_"]),
    ("oidc", &["polar_at_u_", "polar_at_o_"]),
    ("customer_session", &["polar_cst_"]),
    ("member_session", &["polar_mst_"]),
    ("client_registration", &["polar_crt_"]),
];

/// The path of the registration of an OAuth2 client.
const REGISTRATION: &str = "/v1/oauth2/register/{client_id}";

type Validation = Result<(), String>;

impl VersionFixture {
    /// Validates a request. The error is the reason why the contract does not permit it.
    pub(crate) fn validate(&'static self, request: &Received) -> Validation {
        let operations = self.uncorrected_operations().iter();
        let operation = operations
            .filter(|operation| operation.method == request.method)
            .filter_map(|operation| Some((literals(operation.path, &request.path)?, operation)))
            .max_by_key(|(literals, _)| *literals);
        let Some((_, operation)) = operation else {
            return Err(format!("there is no {} {}", request.method, request.path));
        };
        self.headers(operation, request)?;
        self.path(operation, request)?;
        self.query(operation, request)?;
        self.body(operation, request)
    }

    fn headers(&'static self, operation: &Operation<'_>, request: &Received) -> Validation {
        let header = |name: &str| request.headers.get(name).and_then(|it| it.to_str().ok());
        ensure(
            header("polar-version") == Some(self.version()),
            "polar-version",
        )?;
        ensure(
            header("user-agent").is_some_and(|it| !it.is_empty()),
            "user-agent",
        )?;
        let accepted = header("accept").unwrap_or_default();
        let responses = operation.responses();
        let successes = responses.iter().filter(|response| response.status < 300);
        let media_types = successes.filter_map(|response| response.content.as_ref());
        for Content { media_type, .. } in media_types {
            let is_accepted = accepted.contains("*/*") || accepted.contains(media_type);
            ensure(is_accepted, &format!("accept: {accepted}"))?;
        }
        let secured = match operation.path {
            // The uncorrected contract requires a credential that servers reject.
            REGISTRATION => self.described(operation.method.as_str(), operation.path),
            _ => operation,
        };
        authorization(secured, header("authorization"))?;
        let length = header("content-length").map(str::parse);
        let length_is_right = match (request.method.as_str(), length) {
            ("POST" | "PUT" | "PATCH", None) => false,
            (_, length) => length.unwrap_or(Ok(0)) == Ok(request.body.len()),
        };
        ensure(length_is_right, "content-length")?;
        ensure(header("transfer-encoding").is_none(), "transfer-encoding")?;
        match (operation.body(), request.body.is_empty()) {
            (Some((_, true)), true) => Err("the body is missing".to_owned()),
            (None, false) => Err("a body that is not allowed".to_owned()),
            (Some((content, _)), false) => {
                let is_right = header("content-type") == Some(content.media_type);
                ensure(
                    is_right,
                    &format!("content-type: {:?}", header("content-type")),
                )
            }
            (_, true) => ensure(
                header("content-type").is_none(),
                "a content-type without content",
            ),
        }
    }

    fn path(&self, operation: &Operation<'_>, request: &Received) -> Validation {
        let parameters = operation.parameters();
        for (segment, text) in operation.path.split('/').zip(request.path.split('/')) {
            let Some(name) = parameter_of(segment) else {
                continue;
            };
            let parameter = parameters
                .iter()
                .find(|it| it.place == "path" && it.name == name);
            let parameter = parameter.ok_or_else(|| format!("{name} is not described"))?;
            let text = percent_decode_str(text).decode_utf8();
            let text = text.map_err(|error| format!("{name}: {error}"))?;
            ensure(!text.contains('/'), "the router knows no path with %2F")?;
            self.value(operation, parameter, &[text.into_owned()])?;
        }
        Ok(())
    }

    fn query(&'static self, operation: &Operation<'_>, request: &Received) -> Validation {
        let mut given: BTreeMap<&str, Vec<(Option<&str>, &str)>> = BTreeMap::new();
        for (name, value) in &request.query {
            let (name, key) = match name.split_once('[') {
                Some((name, key)) => (name, Some(key.trim_end_matches(']'))),
                None => (name.as_str(), None),
            };
            given.entry(name).or_default().push((key, value));
        }
        let added = self
            .described(&operation.method, operation.path)
            .parameters();
        let added = added.into_iter();
        let added = added.filter(|it| is_corrected(operation.path, it.name));
        let uncorrected = operation.parameters().into_iter();
        let uncorrected = uncorrected.filter(|it| !is_corrected(operation.path, it.name));
        for parameter in uncorrected.chain(added).filter(|it| it.place == "query") {
            let Some(values) = given.remove(parameter.name) else {
                ensure(
                    !parameter.is_required,
                    &format!("{} is missing", parameter.name),
                )?;
                continue;
            };
            let is_deep = values.iter().all(|(key, _)| key.is_some());
            let is_plain = values.iter().all(|(key, _)| key.is_none());
            match parameter.style {
                Style::DeepObject => {
                    ensure(is_deep, parameter.name)?;
                    let pairs = values
                        .iter()
                        .map(|(key, text)| (key.unwrap_or_default(), *text));
                    self.deep_object(&parameter, pairs)?;
                }
                Style::Plain | Style::Json => {
                    ensure(is_plain, parameter.name)?;
                    let texts = values.iter().map(|(_, text)| (*text).to_owned());
                    self.value(operation, &parameter, &texts.collect::<Vec<_>>())?;
                }
            }
        }
        ensure(
            given.is_empty(),
            &format!("the query has {:?}", given.keys()),
        )
    }

    /// Validates the strings of a query parameter.
    fn value(
        &self,
        operation: &Operation<'_>,
        parameter: &Parameter<'_>,
        texts: &[String],
    ) -> Validation {
        let check = |value: &Value| match is_corrected(operation.path, parameter.name) {
            true => self.is_corrected(&parameter.schema, value),
            false => self.check_uncorrected(&parameter.schema, value),
        };
        let readings = match (parameter.style, texts) {
            (Style::Json, [text]) => vec![serde_json::from_str(text).map_err(|it| it.to_string())?],
            _ => readings(texts),
        };
        any_of(&readings, check).map_err(|reason| format!("{}: {reason}", parameter.name))
    }

    fn deep_object<'t>(
        &self,
        parameter: &Parameter<'_>,
        pairs: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Validation {
        let mut entries: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (key, text) in pairs {
            entries.entry(key).or_default().push(text.to_owned());
        }
        for (key, texts) in entries {
            let objects: Vec<Value> = readings(&texts)
                .into_iter()
                .map(|value| json!({ key: value }))
                .collect();
            any_of(&objects, |object| {
                self.check_uncorrected(&parameter.schema, object)
            })
            .map_err(|reason| format!("{}[{key}]: {reason}", parameter.name))?;
        }
        Ok(())
    }

    fn body(&self, operation: &Operation<'_>, request: &Received) -> Validation {
        let Some((content, _)) = operation.body().filter(|_| !request.body.is_empty()) else {
            return Ok(());
        };
        let value = match content.media_type {
            "application/json" => {
                serde_json::from_slice(&request.body).map_err(|error| error.to_string())?
            }
            "application/x-www-form-urlencoded" => form(&request.body),
            other => return Err(format!("{other} is an unknown media type")),
        };
        let verdict = self.check_uncorrected(&content.schema, &value);
        verdict.map_err(|reason| format!("body: {reason}\n{value}"))
    }
}

/// Returns how many literal segments the path and the template have in common; `None` if the path does not match.
fn literals(template: &str, path: &str) -> Option<usize> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut count = 0;
    for (segment, given) in template.split('/').zip(path.split('/')) {
        match parameter_of(segment) {
            Some(_) if !given.is_empty() => {}
            None if segment == given => count += 1,
            _ => return None,
        }
    }
    Some(count)
}

/// Returns the name of the parameter in a template segment.
pub(crate) fn parameter_of(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn authorization(operation: &Operation<'_>, header: Option<&str>) -> Validation {
    let (kinds, token) = (
        operation.credentials(),
        header.map(|it| it.strip_prefix("Bearer ")),
    );
    let is_right = match token {
        None => operation.is_open_to_all(),
        Some(None) => false,
        Some(Some(token)) => TOKENS.iter().any(|(kind, prefixes)| {
            kinds.contains(kind) && prefixes.iter().any(|prefix| token.starts_with(prefix))
        }),
    };
    ensure(
        is_right,
        &format!("authorization: {header:?}, for one of {kinds:?}"),
    )
}

/// Returns all JSON values that the strings of a query parameter may stand for: a single value or a list, of any type.
fn readings(texts: &[String]) -> Vec<Value> {
    let types: [fn(&str) -> Option<Value>; 4] = [
        |text| Some(json!(text)),
        |text| text.parse::<i64>().ok().map(|it| json!(it)),
        |text| text.parse::<f64>().ok().map(|it| json!(it)),
        |text| text.parse::<bool>().ok().map(|it| json!(it)),
    ];
    let read = |read: fn(&str) -> Option<Value>| -> Option<Vec<Value>> {
        texts.iter().map(|text| read(text)).collect()
    };
    let lists = types.into_iter().filter_map(read);
    lists
        .flat_map(|values| match values.as_slice() {
            [one] => vec![one.clone(), Value::Array(values)],
            _ => vec![Value::Array(values)],
        })
        .collect()
}

/// Decodes a form as an object.
fn form(body: &[u8]) -> Value {
    let mut entries = Map::new();
    for (key, text) in form_urlencoded::parse(body) {
        let twice = entries.insert(key.into_owned(), json!(text));
        assert_eq!(twice, None, "no form has a key twice");
    }
    Value::Object(entries)
}

fn any_of(values: &[Value], check: impl Fn(&Value) -> Validation) -> Validation {
    let verdicts: Vec<String> = values
        .iter()
        .filter_map(|value| check(value).err())
        .collect();
    match verdicts.len() < values.len() {
        true => Ok(()),
        false => Err(verdicts.join(", or ")),
    }
}

fn ensure(is_right: bool, what: &str) -> Validation {
    match is_right {
        true => Ok(()),
        false => Err(what.to_owned()),
    }
}
