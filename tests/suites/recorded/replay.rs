//! Makes the recorded requests again with the client. Path, query and body must be equal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polar_client_runtime::client::Server;
use polar_tests::contract::{Contract, Operation, Style};
use polar_tests::difference::{Difference, Undocumented};
use polar_tests::{RecordedRequest, Recorder};
use serde_json::{Map, Value, json};

use crate::calls::Arguments;
use crate::{EXCHANGES, contract};

/// Requests with undocumented content, which the client cannot send.
const NOT_REPRODUCIBLE: [(&str, &str); 1] = [(
    "products:create",
    "The body is missing, or too long: requests that were made by hand.",
)];

#[tokio::test]
async fn every_recorded_request_is_made_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded");
    let (uncorrected, corrected) = (
        Contract::read(&folder.join("contract.yaml"), None),
        contract(),
    );
    let (uncorrected, described) = (uncorrected.operations(), corrected.operations());
    let recorder = Recorder::new(500, "");
    let server = Server::custom("http://polar.test").unwrap();
    let client = (crate::REPLAY.operations)(server, Some(recorder.clone())).unwrap();
    let (mut made, mut unknown, mut problems) = (0, BTreeSet::new(), BTreeMap::new());
    for line in EXCHANGES.lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let name = recorded["operation"].as_str().unwrap().to_owned();
        let Some(known) = uncorrected.iter().find(|it| it.id == name) else {
            unknown.insert(name);
            continue;
        };
        let target = (known.method.as_str(), known.path);
        let described = described
            .iter()
            .find(|it| (it.method.as_str(), it.path) == target);
        let operation = client
            .iter()
            .find(|it| (it.method, it.path) == target)
            .unwrap();
        let arguments = arguments(&corrected, described.unwrap(), &recorded);
        let outcome = match operation.call(&arguments) {
            Ok(call) => call.await.map(drop).map_err(|error| error.to_string()),
            Err(problem) => Err(problem.to_string()),
        };
        let problem = match recorder.take().as_slice() {
            [sent] => difference(&corrected, &recorded, sent),
            sent => Some(format!("{} requests are sent: {outcome:?}", sent.len())),
        };
        match problem {
            None => made += 1,
            Some(problem) => drop(problems.insert(name, problem)),
        }
    }
    let not_reproducible = NOT_REPRODUCIBLE.map(|(name, _)| name);
    assert!(problems.keys().eq(&not_reproducible), "{problems:#?}");
    // The contract lacks some operations of the server, which the client cannot call.
    assert_eq!((made, unknown.len()), (202, 18), "{unknown:?}");
}

/// Returns the arguments that reproduce the recorded request.
fn arguments(contract: &Contract, described: &Operation<'_>, recorded: &Value) -> Arguments {
    Arguments {
        path: values(described.path, recorded["path"].as_str().unwrap()),
        query: query(contract, described, recorded),
        body: recorded.get("request").cloned(),
        credential: 0,
    }
}

/// Returns the path parameters of a path by its template.
fn values(template: &str, path: &str) -> Map<String, Value> {
    let mut values = Map::new();
    for (segment, given) in template.split('/').zip(path.split('/')) {
        let name = segment
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'));
        if let Some(name) = name {
            let text = percent_encoding::percent_decode_str(given);
            values.insert(name.to_owned(), json!(text.decode_utf8().unwrap()));
        }
    }
    values
}

/// Returns the query parameters as JSON, by their schemas in the contract.
fn query(contract: &Contract, described: &Operation<'_>, recorded: &Value) -> Map<String, Value> {
    let mut query = Map::new();
    for (name, text) in pairs(recorded) {
        let (name, key) = name.split_once('[').unwrap_or((&name, ""));
        let parameters = described.parameters();
        let parameter = parameters.iter().find(|it| it.name == name);
        let Some(parameter) = parameter else {
            continue;
        };
        let forms = contract.forms(parameter.schema.schema);
        let is = |ty: &str| forms.iter().any(|form| form["type"] == ty);
        let value = match parameter.style {
            Style::Json => serde_json::from_str(&text).unwrap(),
            _ if is("integer") || is("boolean") => serde_json::from_str(&text).unwrap(),
            _ => json!(text),
        };
        let slot = query.entry(name).or_insert(Value::Null);
        match (parameter.style, slot) {
            (Style::DeepObject, slot) => slot[key.trim_end_matches(']')] = value,
            (_, Value::Array(values)) => values.push(value),
            (_, slot) if is("array") => *slot = json!([value]),
            (_, slot) => *slot = value,
        }
    }
    query
}

fn pairs(recorded: &Value) -> Vec<(String, String)> {
    let pairs = recorded["query"].as_array().into_iter().flatten();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    pairs.map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

/// Returns how the request of the client differs from the recorded one.
fn difference(contract: &Contract, recorded: &Value, sent: &RecordedRequest) -> Option<String> {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    if recorded["path"] != path || recorded["method"] != sent.method.as_str() {
        return Some(format!("{} {path} is sent", sent.method));
    }
    let grouped = |pairs: Vec<(String, String)>| {
        let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, text) in pairs {
            grouped.entry(name).or_default().push(text);
        }
        grouped
    };
    let query = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let (recorded_query, query) = (grouped(pairs(recorded)), grouped(query));
    if recorded_query != query {
        return Some(format!("{query:?} is sent instead of {recorded_query:?}"));
    }
    let sent: Value = match sent.content_type.as_deref() {
        Some("application/x-www-form-urlencoded") => {
            let pairs = form_urlencoded::parse(sent.body.as_bytes()).into_owned();
            Value::Object(pairs.map(|(key, text)| (key, json!(text))).collect())
        }
        _ => serde_json::from_str(&sent.body).unwrap_or_default(),
    };
    let constants = contract.optional_constants();
    let difference = Difference {
        constants: &constants,
        undocumented: Undocumented::None,
    };
    difference
        .find(&recorded["request"], &sent)
        .map(|it| format!("body{it}"))
}
