//! Decodes recorded responses and webhooks of a real server. The server implements an older contract than those in
//! `spec/`, so the build script generates a client from that contract.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a panic is how a test fails; of the generated client only the types are used"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polar_client_runtime::codec;
use polar_client_runtime::types::Uuid;
use polar_tests::contract::{Contract, Rules};
use polar_tests::decoded::{self, DecodeFn, Entry};
use polar_tests::difference::{Difference, Undocumented};
use polar_tests::recorded_deliveries;
use serde_json::Value;

#[path = "../calls/mod.rs"]
mod calls;
mod replay;

include!(concat!(env!("OUT_DIR"), "/recorded.rs"));
include!(concat!(env!("OUT_DIR"), "/recorded_calls.rs"));

const EXCHANGES: &str = include_str!("../../fixtures/recorded/exchanges.jsonl");

/// Places where responses of the server violate its own contract. Each entry is the end of a place, and the reason.
const DEVIATIONS: &[(&str, &str)] = &[
    ("/prices/*/type", PRICE_INTERVAL),
    ("/prices/*/recurring_interval", PRICE_INTERVAL),
    ("/prices/*/*/type", PRICE_INTERVAL),
    ("/prices/*/*/recurring_interval", PRICE_INTERVAL),
    ("/product_price/type", PRICE_INTERVAL),
    ("/product_price/recurring_interval", PRICE_INTERVAL),
    ("event-types:list/items/*/first_seen", NO_OFFSET),
    ("event-types:list/items/*/last_seen", NO_OFFSET),
    (
        "customer_portal:organizations:get/products/*/prices/*",
        PRICE_PER_UNIT,
    ),
    (
        "customer_portal:organizations:get/products/*/prices/*/tiers",
        PRICE_PER_UNIT,
    ),
    (
        "customer_portal:organizations:get/products/*/prices/*/minimum_units",
        PRICE_PER_UNIT,
    ),
    (
        "customer_portal:organizations:get/products/*/prices/*/maximum_units",
        PRICE_PER_UNIT,
    ),
    (
        "customer_portal:organizations:get/products/*/prices/*/unit_label",
        PRICE_PER_UNIT,
    ),
];
const PRICE_INTERVAL: &str = "Prices of the catalog say how often they are paid, as legacy ones do; the document knows that of legacy ones only.";

const NO_OFFSET: &str =
    "There is no offset in these points in time. They are read as UTC, and written as such.";
const PRICE_PER_UNIT: &str = "The document does not know prices per unit here. They are unknown prices to the client, and kept whole.";

/// Recorded operations that the contract of the server does not contain, or without the recorded status.
const UNDOCUMENTED: [&str; 18] = [
    "customer_portal:customers:export",
    "customer_portal:license_keys:rotate",
    "customer_portal:subscriptions:get_cancel_preview",
    "customer_portal:subscriptions:get_charge_preview",
    "customer_portal:subscriptions:preview_change",
    "customer_portal:subscriptions:revoke",
    "customers:growth",
    "customers:top",
    "events:get_statistics_by_customer",
    "events:get_statistics_by_property",
    "events:get_statistics_by_variance",
    "events:list_statistics_timeseries",
    "files:download",
    "license_keys:rotate",
    "oauth2:clients:oauth2:create_client",
    "subscriptions:get_cancel_preview",
    "subscriptions:get_charge_preview",
    "subscriptions:preview_change",
];

/// Validates recorded bodies against the contract, and compares them with what the client decodes and encodes.
struct BodyValidator {
    contract: Contract,
    rules: Rules,
    /// The unions, by the schemas of their variants.
    unions: Vec<(Vec<Value>, &'static Entry)>,
}

/// The deviations, and the variants that occurred in all bodies.
#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    variants: BTreeSet<(&'static str, &'static str)>,
}

/// A deviation from the contract.
#[derive(Debug)]
struct Problem {
    /// The operation or webhook, followed by the path of the value, with `*` for indexes and IDs.
    place: String,
    what: String,
}

/// Returns the contract that the server followed.
fn contract() -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded");
    let overlay = folder.join("overlay.yaml");
    Contract::read(&folder.join("contract.yaml"), Some(&overlay))
}

impl BodyValidator {
    fn new() -> Self {
        let contract = contract();
        let (mut unions, mut pointers) = (Vec::new(), Vec::new());
        for entry in RECORDED.types {
            let Some(union) = &entry.union else { continue };
            let all = union.variants.iter().flat_map(|(_, pointers)| *pointers);
            let places: Vec<_> = all.map(|pointer| contract.place(pointer)).collect();
            unions.push((
                places.iter().map(|place| place.schema.clone()).collect(),
                entry,
            ));
            pointers.extend(places.into_iter().map(|place| place.pointer));
        }
        let rules = Rules::new(&contract, pointers.iter().map(String::as_str));
        Self {
            contract,
            rules,
            unions,
        }
    }

    /// Decodes a body, and compares its encoding with the recorded one. `name` is for messages.
    fn validate(
        &self,
        name: &str,
        decode: DecodeFn,
        schema: &Value,
        body: &str,
        findings: &mut Findings,
    ) {
        let read: Value = serde_json::from_str(body).unwrap();
        let value = match decode(body) {
            Ok(value) => value,
            Err(error) => return findings.problem(name, error.to_string()),
        };
        let written: Value = serde_json::from_str(&value.to_json()).unwrap();
        let constants = self.contract.optional_constants();
        let difference = Difference {
            constants: &constants,
            undocumented: Undocumented::None,
        };
        let documented = self.contract.documented(schema, &read);
        for (place, what) in difference.all(&documented, &written) {
            findings.problem(&format!("{name}{place}"), what);
        }
        self.unions(name, schema, &read, findings);
    }

    /// Finds the values of unions, and checks that each value is valid against the schema of its variant.
    fn unions(&self, place: &str, schema: &Value, value: &Value, findings: &mut Findings) {
        let forms = self.contract.forms(schema);
        if value.is_null() {
            return;
        }
        let entry = self
            .unions
            .iter()
            .find(|(known, _)| known.iter().eq(forms.iter().copied()));
        let form = match (forms.as_slice(), entry) {
            ([], _) => return,
            ([only], _) => *only,
            (_, Some((_, entry))) => match self.variant(place, entry, value, findings) {
                Some(form) => form,
                None => return,
            },
            // Needs no check: the union without a decision, a union of scalars, or a number that is encoded as a
            // string.
            (_, None) => return,
        };
        let mut below = |key: &str, value: &Value| {
            if let Some(schema) = Contract::part(form, key) {
                self.unions(&format!("{place}/{key}"), schema, value, findings);
            }
        };
        match value {
            Value::Object(entries) => entries.iter().for_each(|(key, value)| below(key, value)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, item)| below(&index.to_string(), item)),
            _ => {}
        }
    }

    /// Returns the schema of the variant that the value decodes as.
    fn variant(
        &self,
        place: &str,
        entry: &'static Entry,
        value: &Value,
        findings: &mut Findings,
    ) -> Option<&Value> {
        let union = entry.union.as_ref()?;
        let decoded = (entry.decode)(&value.to_string()).ok()?;
        let variant = (union.variant)(&*decoded);
        findings.variants.insert((entry.name, variant));
        let Some((_, pointers)) = union.variants.iter().find(|(name, _)| *name == variant) else {
            findings.problem(place, format!("{} is unknown", entry.name));
            return None;
        };
        let form = self.contract.place(pointers[0]);
        if let Err(violations) = self.rules.check(&form.pointer, value) {
            findings.problem(
                place,
                format!("no valid {}::{variant}: {violations}", entry.name),
            );
        }
        Some(form.schema)
    }

    /// Returns the schema of an operation's successful response.
    fn response_schema(&self, operation: &str, status: &str) -> Option<&Value> {
        let paths = self.contract.tree()["paths"].as_object().unwrap().values();
        let mut operations = paths.flat_map(|item| item.as_object().unwrap().values());
        let found = operations.find(|found| found["operationId"] == operation)?;
        let schema = &found["responses"][status]["content"]["application/json"]["schema"];
        schema.is_object().then_some(schema)
    }
}

impl Findings {
    fn problem(&mut self, place: &str, what: String) {
        let is_data = |it: &str| it.parse::<usize>().is_ok() || it.parse::<Uuid>().is_ok();
        let segments = place
            .split('/')
            .map(|it| if is_data(it) { "*" } else { it });
        let place = segments.collect::<Vec<_>>().join("/");
        self.problems.push(Problem { place, what });
    }

    /// Fails if there are unknown deviations.
    fn finish(&self) {
        let known = |problem: &Problem| {
            DEVIATIONS
                .iter()
                .any(|(end, _)| problem.place.ends_with(end))
        };
        let unexpected: Vec<&Problem> = self
            .problems
            .iter()
            .filter(|problem| !known(problem))
            .collect();
        assert!(
            unexpected.is_empty(),
            "{} problems:\n{unexpected:#?}",
            unexpected.len()
        );
    }
}

#[test]
fn every_recorded_response_round_trips() {
    let (validator, mut findings) = (BodyValidator::new(), Findings::default());
    let (mut count, mut undocumented) = (0, BTreeSet::new());
    let responses: BTreeMap<&str, DecodeFn> = RECORDED
        .responses
        .iter()
        .map(|it| (it.operation, it.decode))
        .collect();
    for line in EXCHANGES.lines() {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let (operation, body) = (
            exchange["operation"].as_str().unwrap(),
            exchange["body"].as_str().unwrap(),
        );
        let status = exchange["status"].to_string();
        let json = exchange["headers"]["content-type"] == "application/json";
        // A null body means no content if the contract documents none.
        if !status.starts_with('2') || !json || body.is_empty() || body == "null" {
            continue;
        }
        if let Some(schema) = validator.response_schema(operation, &status) {
            let decode = responses
                .get(operation)
                .unwrap_or_else(|| panic!("{operation} has no response"));
            validator.validate(operation, *decode, schema, body, &mut findings);
            count += 1;
        } else {
            undocumented.insert(operation.to_owned());
        }
    }
    findings.finish();
    assert_eq!(
        undocumented.iter().map(String::as_str).collect::<Vec<_>>(),
        UNDOCUMENTED
    );
    assert_eq!(count, 160);
    findings.finish();
    insta::assert_snapshot!("variants_of_responses", listed(&findings.variants));
}

#[test]
fn every_recorded_webhook_round_trips() {
    let (validator, mut findings) = (BodyValidator::new(), Findings::default());
    let decode = decoded::decode::<api::webhooks::Event>;
    let mut types = BTreeSet::new();
    for delivery in recorded_deliveries() {
        let body = delivery.body.as_str();
        let read: Value = serde_json::from_str(body).unwrap();
        // Messages for chats have no type.
        let Some(name) = read["type"].as_str() else {
            continue;
        };
        let payload = &validator.contract.tree()["webhooks"][name]["post"]["requestBody"]["content"]
            ["application/json"];
        validator.validate(name, decode, &payload["schema"], body, &mut findings);
        let event: api::webhooks::Event = codec::from_str(body).unwrap();
        assert_eq!((event.event_type(), event.is_unknown()), (name, false));
        types.insert(name.to_owned());
    }
    // There is a recorded delivery of each event type of the contract.
    let webhooks = validator.contract.tree()["webhooks"].as_object().unwrap();
    assert_eq!(types, webhooks.keys().cloned().collect());
    findings.finish();
    insta::assert_snapshot!("variants_of_webhooks", listed(&findings.variants));
}

fn listed(variants: &BTreeSet<(&str, &str)>) -> String {
    let lines = variants
        .iter()
        .map(|(union, variant)| format!("{union}::{variant}"));
    lines.collect::<Vec<_>>().join("\n")
}
