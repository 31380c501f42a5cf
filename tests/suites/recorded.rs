//! Recorded responses and deliveries of a real server. It followed an older contract than those in `spec/`, so the client
//! is generated from that contract here, and every recorded body is decoded with it.

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

#[path = "calls/mod.rs"]
mod calls;
#[path = "recorded/replay.rs"]
mod replay;

include!(concat!(env!("OUT_DIR"), "/recorded.rs"));
include!(concat!(env!("OUT_DIR"), "/recorded_calls.rs"));

const EXCHANGES: &str = include_str!("../fixtures/recorded/exchanges.jsonl");

/// Where the server answered otherwise than its own document says: how the place ends, and what is there.
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

/// Operations that the server has and its document has not, or not with the status that was sent.
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

/// The contract and the unions that recorded bodies are validated with.
struct Judge {
    contract: Contract,
    rules: Rules,
    /// Unions, by the forms that their variants have in the contract.
    unions: Vec<(Vec<Value>, &'static Entry)>,
}

/// The variants that occurred in all bodies.
#[derive(Default)]
struct Seen {
    problems: Vec<Problem>,
    variants: BTreeSet<(&'static str, &'static str)>,
}

/// A deviation from the document.
#[derive(Debug)]
struct Problem {
    /// Operation or webhook, and the way to the value, with `*` for indexes and ids.
    place: String,
    what: String,
}

/// Returns the contract that the server followed.
fn contract() -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded");
    let overlay = folder.join("overlay.yaml");
    Contract::read(&folder.join("contract.yaml"), Some(&overlay))
}

impl Judge {
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

    /// Decodes the body and compares what is written with what was recorded. `name` is for messages.
    fn judge(&self, name: &str, decode: DecodeFn, schema: &Value, body: &str, seen: &mut Seen) {
        let read: Value = serde_json::from_str(body).unwrap();
        let value = match decode(body) {
            Ok(value) => value,
            Err(error) => return seen.problem(name, error.to_string()),
        };
        let written: Value = serde_json::from_str(&value.to_json()).unwrap();
        let constants = self.contract.optional_constants();
        let difference = Difference {
            constants: &constants,
            undocumented: Undocumented::None,
        };
        let documented = self.contract.documented(schema, &read);
        for (place, what) in difference.all(&documented, &written) {
            seen.problem(&format!("{name}{place}"), what);
        }
        self.unions(name, schema, &read, seen);
    }

    /// Finds the values of unions, and checks that each is of the variant whose schema it follows.
    fn unions(&self, place: &str, schema: &Value, value: &Value, seen: &mut Seen) {
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
            (_, Some((_, entry))) => match self.variant(place, entry, value, seen) {
                Some(form) => form,
                None => return,
            },
            // Nothing to be distinguished: the one union without a decision, scalars, or numbers that are written as texts.
            (_, None) => return,
        };
        let mut below = |key: &str, value: &Value| {
            if let Some(schema) = Contract::part(form, key) {
                self.unions(&format!("{place}/{key}"), schema, value, seen);
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

    /// Returns the schema of the variant that the value is decoded to.
    fn variant(
        &self,
        place: &str,
        entry: &'static Entry,
        value: &Value,
        seen: &mut Seen,
    ) -> Option<&Value> {
        let union = entry.union.as_ref()?;
        let decoded = (entry.decode)(&value.to_string()).ok()?;
        let variant = (union.variant)(&*decoded);
        seen.variants.insert((entry.name, variant));
        let Some((_, pointers)) = union.variants.iter().find(|(name, _)| *name == variant) else {
            seen.problem(place, format!("{} is unknown", entry.name));
            return None;
        };
        let form = self.contract.place(pointers[0]);
        if let Err(violations) = self.rules.check(&form.pointer, value) {
            seen.problem(
                place,
                format!("no valid {}::{variant}: {violations}", entry.name),
            );
        }
        Some(form.schema)
    }

    /// Returns the schema of an operation's successful response.
    fn answer(&self, operation: &str, status: &str) -> Option<&Value> {
        let paths = self.contract.tree()["paths"].as_object().unwrap().values();
        let mut operations = paths.flat_map(|item| item.as_object().unwrap().values());
        let found = operations.find(|found| found["operationId"] == operation)?;
        let schema = &found["responses"][status]["content"]["application/json"]["schema"];
        schema.is_object().then_some(schema)
    }
}

impl Seen {
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
    let (judge, mut seen) = (Judge::new(), Seen::default());
    let (mut count, mut undocumented) = (0, BTreeSet::new());
    let answers: BTreeMap<&str, DecodeFn> = RECORDED
        .answers
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
        // A null body is no content where the contract documents none.
        if !status.starts_with('2') || !json || body.is_empty() || body == "null" {
            continue;
        }
        if let Some(schema) = judge.answer(operation, &status) {
            let decode = answers
                .get(operation)
                .unwrap_or_else(|| panic!("{operation} has no response"));
            judge.judge(operation, *decode, schema, body, &mut seen);
            count += 1;
        } else {
            undocumented.insert(operation.to_owned());
        }
    }
    seen.finish();
    assert_eq!(
        undocumented.iter().map(String::as_str).collect::<Vec<_>>(),
        UNDOCUMENTED
    );
    assert_eq!(count, 160);
    seen.finish();
    insta::assert_snapshot!("variants_of_answers", listed(&seen.variants));
}

#[test]
fn every_recorded_webhook_round_trips() {
    let (judge, mut seen) = (Judge::new(), Seen::default());
    let decode = decoded::decode::<api::webhooks::Event>;
    let mut types = BTreeSet::new();
    for delivery in recorded_deliveries() {
        let body = delivery.body.as_str();
        let read: Value = serde_json::from_str(body).unwrap();
        // The messages for chats have none.
        let Some(name) = read["type"].as_str() else {
            continue;
        };
        let payload = &judge.contract.tree()["webhooks"][name]["post"]["requestBody"]["content"]["application/json"];
        judge.judge(name, decode, &payload["schema"], body, &mut seen);
        let event: api::webhooks::Event = codec::from_str(body).unwrap();
        assert_eq!((event.event_type(), event.is_unknown()), (name, false));
        types.insert(name.to_owned());
    }
    // One delivery of each type that the contract has.
    let webhooks = judge.contract.tree()["webhooks"].as_object().unwrap();
    assert_eq!(types, webhooks.keys().cloned().collect());
    seen.finish();
    insta::assert_snapshot!("variants_of_webhooks", listed(&seen.variants));
}

fn listed(variants: &BTreeSet<(&str, &str)>) -> String {
    let lines = variants
        .iter()
        .map(|(union, variant)| format!("{union}::{variant}"));
    lines.collect::<Vec<_>>().join("\n")
}
