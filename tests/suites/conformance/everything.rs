//! Calls every operation, and lets the server send every response that the contract lists.

use std::collections::BTreeSet;

use polar_client_runtime::{Error, Location, ValidationEntry};
use polar_tests::contract::{Contract, Extent, Generator, Operation as Described, Response};
use serde_json::{Value, json};

use crate::calls;
use crate::case::{arguments, difference};
use crate::fixture::{VersionFixture, setting};
use crate::server::{ContractServer, Reply, VIOLATION};

/// The number of calls of each kind if `POLAR_CASES` is not set.
const DEFAULT_CASES: u64 = 1;

for_each_version! {
    required_values_only: required;
    all_values: everything;
    some_values: some;
    every_status: every_status;
    no_operation_is_missing: complete;
    two_yaml_parsers_read_the_same_contract: same_reading;
}

/// Checks that another YAML parser reads the same contract. The client and these tests use the generator's parser, so
/// they could not detect an error of it.
async fn same_reading(fixture: &'static VersionFixture) {
    let read = Contract::uncorrected(fixture.version());
    assert!(fixture.uncorrected.tree() == read.tree());
}

/// Checks that the client has exactly the operations of the contract.
async fn complete(fixture: &'static VersionFixture) {
    let uncorrected = fixture.uncorrected_operations();
    let uncorrected: BTreeSet<(&str, &str)> = uncorrected
        .iter()
        .map(|it| (it.method.as_str(), it.path))
        .collect();
    let operations = (fixture.client.operations)(crate::unreachable_server(), None).unwrap();
    let of_client: BTreeSet<_> = operations.iter().map(|it| (it.method, it.path)).collect();
    assert_eq!(of_client, uncorrected);
    assert_eq!(operations.len(), uncorrected.len());
}

async fn required(fixture: &'static VersionFixture) {
    successes(fixture, Extent::Required).await;
}

async fn everything(fixture: &'static VersionFixture) {
    successes(fixture, Extent::Everything).await;
}

async fn some(fixture: &'static VersionFixture) {
    successes(fixture, Extent::Some).await;
}

async fn successes(fixture: &'static VersionFixture, extent: Extent) {
    let run = Run::start(fixture).await;
    let is_first = |all: &[Response<'_>], one: &Response<'_>| {
        all.iter().map(|it| it.status).min() == Some(one.status)
    };
    run.each(extent, is_first).await;
}

async fn every_status(fixture: &'static VersionFixture) {
    let run = Run::start(fixture).await;
    run.each(Extent::Required, |_, _| true).await;
}

/// The server and client of one version.
struct Run {
    fixture: &'static VersionFixture,
    server: ContractServer,
}

/// One call.
struct Case<'t> {
    operation: &'t calls::Operation,
    described: &'t Described<'static>,
    response: &'t Response<'static>,
    extent: Extent,
    seed: u64,
}

impl Run {
    async fn start(fixture: &'static VersionFixture) -> Self {
        Self {
            fixture,
            server: ContractServer::start(fixture).await,
        }
    }

    /// Calls all operations, once for each selected response, and fails with a list of all errors.
    async fn each(
        &self,
        extent: Extent,
        is_picked: impl Fn(&[Response<'_>], &Response<'_>) -> bool,
    ) {
        let (seed, cases) = (
            setting("POLAR_SEED", 1),
            setting("POLAR_CASES", DEFAULT_CASES),
        );
        let mut problems = Vec::new();
        for operation in &self.fixture.operations(&self.server.url) {
            let described = self.fixture.described(operation.method, operation.path);
            let responses = described.responses();
            for response in responses.iter().filter(|one| is_picked(&responses, one)) {
                for seed in seed..seed + cases {
                    let case = Case {
                        operation,
                        described,
                        response,
                        extent,
                        seed,
                    };
                    if let Err(problem) = self.call(&case).await {
                        problems.push(format!("{}\n{problem}", case.describe(self.fixture)));
                    }
                }
            }
        }
        let count = problems.len();
        problems.truncate(8);
        assert!(
            count == 0,
            "{count} problems, of which the first are:\n\n{}",
            problems.join("\n\n")
        );
    }

    async fn call(&self, case: &Case<'_>) -> Result<(), String> {
        let mut generator = Generator::new(&self.fixture.corrected, case.seed).extent(case.extent);
        let expected = arguments(case.described, &mut generator, case.extent);
        let (reply, sent) = reply(case.response, &mut generator);
        self.server.respond_with(move |_| reply.clone());
        let call = case
            .operation
            .call(&expected)
            .map_err(|problem| problem.to_string())?;
        let outcome = call.await;
        let received = self.server.take();
        if let Err(error) = &outcome
            && error.status().is_some_and(|status| status == VIOLATION)
        {
            let reason = String::from_utf8_lossy(error.api().unwrap().body()).into_owned();
            return Err(format!("the contract does not allow it: {reason}"));
        }
        let [received] = received.as_slice() else {
            let outcome = outcome.err().map(|error| error.to_string());
            return Err(format!(
                "{} requests: {outcome:?}\n{expected:?}",
                received.len()
            ));
        };
        difference(self.fixture, case.described, &expected, received)?;
        match case.response.status {
            200..300 => self.success(outcome, &sent),
            status => self.failure(outcome, status, &sent),
        }
    }

    fn success(&self, outcome: Result<Value, Error>, sent: &Value) -> Result<(), String> {
        let value = outcome.map_err(|error| format!("rejected: {error:?}\n{sent}"))?;
        let difference = self.fixture.difference().find(sent, &value);
        difference.map_or(Ok(()), |it| Err(format!("{it}\nsent {sent}\nread {value}")))
    }

    fn failure(
        &self,
        outcome: Result<Value, Error>,
        status: u16,
        sent: &Value,
    ) -> Result<(), String> {
        let error = outcome.err().ok_or("the client returned no error")?;
        let api = error.api().ok_or_else(|| format!("{error:?}"))?;
        let detail = &sent["detail"];
        let entries: Vec<Value> = api.validation().iter().map(entry).collect();
        let expected: Vec<Value> = detail.as_array().into_iter().flatten().map(known).collect();
        let (code, class) = ((self.fixture.client.code)(&error), sent["error"].as_str());
        let is_right = api.status() == status
            && code == class.map(|class| (class.to_owned(), false))
            && error.is_not_found() == (status == 404 && class.is_some())
            && api.detail() == detail.as_str()
            && entries == expected;
        match is_right {
            true => Ok(()),
            false => Err(format!(
                "{error:?} with {code:?} and {entries:?}\nanswered {sent}"
            )),
        }
    }
}

/// Returns a response, and the value that the client should decode from it.
fn reply<'c>(response: &Response<'c>, generator: &mut Generator<'c>) -> (Reply, Value) {
    let mut reply = Reply {
        status: response.status,
        ..Reply::default()
    };
    let Some(content) = &response.content else {
        return (reply, Value::Null);
    };
    reply.content_type = Some(content.media_type.to_owned());
    // The schema is empty. Servers respond with null, which the client decodes as no value.
    if content
        .schema
        .schema
        .as_object()
        .is_some_and(|it| it.is_empty())
    {
        "null".clone_into(&mut reply.body);
        return (reply, Value::Null);
    }
    let value = generator.non_null(content.schema.schema).value;
    if content.media_type == "application/json" {
        reply.body = value.to_string();
        return (reply, value);
    }
    // The schema describes a row, while the client returns the CSV as a string.
    reply.body = table(&value);
    let text = Value::from(reply.body.as_str());
    (reply, text)
}

/// Returns CSV with a header and one row.
fn table(row: &Value) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        value => quoted(value.as_str().unwrap_or(&value.to_string())),
    };
    let row = row.as_object().into_iter().flatten();
    let (header, cells): (Vec<String>, Vec<String>) =
        row.map(|(name, value)| (quoted(name), cell(value))).unzip();
    format!("{}\r\n{}\r\n", header.join(","), cells.join(","))
}

/// Returns a decoded validation entry as JSON, in the form that [`known`] returns.
fn entry(entry: &ValidationEntry) -> Value {
    let steps = entry.location.iter().map(|step| match step {
        Location::Key(key) => json!(key),
        Location::Index(index) => json!(index),
    });
    json!([steps.collect::<Vec<_>>(), entry.message, entry.kind])
}

/// Returns the part of a sent validation entry that the client keeps. It converts negative indexes to strings.
fn known(entry: &Value) -> Value {
    let steps = entry["loc"].as_array().into_iter().flatten();
    let steps = steps.map(|step| match step.as_i64() {
        Some(..0) => json!(step.to_string()),
        _ => step.clone(),
    });
    json!([steps.collect::<Vec<_>>(), entry["msg"], entry["type"]])
}

impl Case<'_> {
    fn describe(&self, fixture: &VersionFixture) -> String {
        let (id, status) = (self.operation.id, self.response.status);
        format!(
            "{id} of {}, {:?} values, sent with {status}: POLAR_OPERATION={id} POLAR_SEED={}",
            fixture.version(),
            self.extent,
            self.seed
        )
    }
}
