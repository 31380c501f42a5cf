//! Plausible values of scalar properties, by their names.

use serde_json::{Map, Value, json};

use super::context::{Context, id_of, uuid};
use crate::testing::schemas::{NONE, problems};

/// Nullable properties that are null in samples: they would mean that something has ended or is exceptional.
const ABSENT: [&str; 20] = [
    "archived",
    "blocked",
    "cancel",
    "deleted",
    "discount",
    "ended",
    "ends",
    "error",
    "expire",
    "failure",
    "modified",
    "next_payment",
    "past_due",
    "pause",
    "pending",
    "refund",
    "resume",
    "revoked",
    "tax_id",
    "trial",
];

/// Returns whether a nullable property is null in samples.
pub(super) fn is_absent(key: &str) -> bool {
    ABSENT.iter().any(|word| key.contains(word))
}

/// The usual values of enums, such as those of a normal status.
const USUAL: [&str; 12] = [
    "active",
    "paid",
    "open",
    "succeeded",
    "granted",
    "public",
    "usd",
    "US",
    "month",
    "purchase",
    "individual",
    "raw",
];

/// Returns the usual value of an enum, or else the first value.
pub(super) fn preferred(values: &[Value]) -> Option<&Value> {
    let usual = USUAL
        .iter()
        .find_map(|usual| values.iter().find(|value| *value == usual));
    usual.or_else(|| values.first())
}

/// Makes composed properties consistent with the given ones. For example, an entity with a given interval is recurring.
pub(super) fn make_consistent(object: &mut Map<String, Value>, given: Option<&Map<String, Value>>) {
    const IS_RECURRING: &str = "is_recurring";
    let is_given = given.is_some_and(|given| given.contains_key(IS_RECURRING));
    let interval = object
        .get("recurring_interval")
        .map(|interval| !interval.is_null());
    if let (Some(property), Some(is_recurring), false) =
        (object.get_mut(IS_RECURRING), interval, is_given)
    {
        *property = is_recurring.into();
    }
}

/// Returns a plausible value of a scalar schema.
pub(super) fn scalar(schema: &Value, context: Context<'_>) -> Value {
    match schema["type"].as_str() {
        Some("boolean") => json!(matches!(
            context.key,
            "paid" | "is_granted" | "is_recurring" | "succeeded" | "active" | "enabled"
        )),
        Some("integer" | "number") => json!(integer(schema, context.key)),
        _ => string(schema, context),
    }
}

/// Amounts that are zero, so that totals equal the sums of their parts.
const NO_AMOUNT: [&str; 5] = ["balance", "discount", "fee", "refunded", "tax"];

fn integer(schema: &Value, key: &str) -> i64 {
    let usual = match key {
        "duplicates" => 0,
        "http_code" => 200,
        "exp_year" => 2030,
        "exp_month" => 12,
        "basis_points" => 1000,
        _ if key.ends_with("amount") => match NO_AMOUNT.iter().any(|word| key.contains(word)) {
            true => 0,
            false => 1000,
        },
        _ => 1,
    };
    let bound = |keyword: &str| schema[keyword].as_f64();
    let lowest = bound("minimum")
        .map(f64::ceil)
        .or(bound("exclusiveMinimum").map(|bound| bound.floor() + 1.0));
    let highest = bound("maximum")
        .map(f64::floor)
        .or(bound("exclusiveMaximum").map(|bound| bound.ceil() - 1.0));
    let number = (usual as f64)
        .min(highest.unwrap_or(f64::MAX))
        .max(lowest.unwrap_or(f64::MIN));
    number as i64
}

/// The timestamp of events in the past.
const HAPPENED: &str = "2026-01-05T09:00:00Z";
/// The date of events in the past.
const DAY: &str = "2026-01-05";
/// The timestamp of events in the future.
const TO_COME: &str = "2026-02-05T09:00:00Z";

fn string(schema: &Value, context: Context<'_>) -> Value {
    let key = context.key;
    let is_to_come = ["end", "expire", "next", "due"]
        .iter()
        .any(|word| key.contains(word));
    let text = match schema["format"].as_str() {
        Some("uuid") => uuid(context, schema).to_string(),
        Some("date-time") if is_to_come => TO_COME.to_owned(),
        Some("date-time") => HAPPENED.to_owned(),
        Some("date") => DAY.to_owned(),
        Some("decimal") => "0.5".to_owned(),
        Some("email") => EMAIL.to_owned(),
        Some("uri") => url(context),
        Some("ipvanyaddress") => "203.0.113.7".to_owned(),
        _ => named(context),
    };
    let is_valid = |text: &str| problems(&NONE, schema, &text.into()).is_empty();
    let fitted = || fitted(&text, schema);
    let candidates = [text.clone(), fitted()];
    let others = PATTERN_CANDIDATES.iter().map(|text| (*text).to_owned());
    let found = candidates
        .into_iter()
        .chain(others)
        .find(|text| is_valid(text));
    found.unwrap_or(text).into()
}

const EMAIL: &str = "ada@example.com";

/// Strings that are tried for properties with a pattern.
const PATTERN_CANDIDATES: [&str; 7] = [
    "usd",
    "US",
    "image/png",
    "application/pdf",
    "example",
    "EXAMPLE1",
    "1",
];

/// Extends or truncates a string to the length that the schema requires.
fn fitted(text: &str, schema: &Value) -> String {
    let length = |keyword: &str| {
        schema[keyword]
            .as_u64()
            .and_then(|length| usize::try_from(length).ok())
    };
    let max_length = length("maxLength").unwrap_or(usize::MAX);
    let mut fitted: String = text.chars().take(max_length).collect();
    while fitted.chars().count() < length("minLength").unwrap_or(0) {
        fitted.push('x');
    }
    fitted
}

/// Returns the key of a map entry.
pub(super) fn entry_key(schema: &Value) -> String {
    let keys = ["key", "en", "1"];
    let is_valid = |key: &&str| problems(&NONE, schema, &(*key).into()).is_empty();
    keys.into_iter().find(is_valid).unwrap_or("key").to_owned()
}

/// Returns a plausible string for a property, by its name.
fn named(context: Context<'_>) -> String {
    let Context { key, resource, .. } = context;
    if let Some(text) = fixed(key, resource) {
        return text.to_owned();
    }
    let external = key.strip_prefix("external_");
    match key {
        "name" | "label" | "title" => {
            capitalized(&format!("example {}", resource.replace('_', " ")))
        }
        "slug" => format!("example-{}", resource.replace('_', "-")),
        "external_id" => format!("{resource}-{}", context.serial + 1),
        _ if key.ends_with("url") || key.ends_with("uri") => url(context),
        _ if key.contains("secret") || key.contains("token") => {
            format!("{key}_{}", id_of(key, context.serial).simple())
        }
        _ => match external.and_then(|key| key.strip_suffix("_id")) {
            Some(resource) => format!("{resource}-1"),
            None => capitalized(&format!("example {}", key.replace('_', " "))),
        },
    }
}

/// Returns the string of a property whose value is always the same. Returns `None` for other properties.
fn fixed(key: &str, resource: &str) -> Option<&'static str> {
    let is_person = matches!(resource, "customer" | "member" | "owner" | "user");
    Some(match key {
        "country" => "US",
        "state" => "CA",
        "city" => "San Francisco",
        "line1" => "1 Example Street",
        "line2" => "Floor 2",
        "postal_code" => "94105",
        "last4" => "4242",
        "brand" => "visa",
        "locale" => "en",
        "timezone" => "UTC",
        "mime_type" => "application/pdf",
        "invoice_number" | "receipt_number" => "EXAMPLE-0001",
        "ip_address" => "203.0.113.7",
        "token_type" => "Bearer",
        "name" if resource.contains("file") => "example.pdf",
        "name" if is_person => "Ada Lovelace",
        "billing_name" | "customer_billing_name" | "customer_name" => "Ada Lovelace",
        _ if key.contains("email") => EMAIL,
        _ if key.contains("currency") => "usd",
        _ => return None,
    })
}

fn url(context: Context<'_>) -> String {
    let page = ["_url", "_uri"]
        .iter()
        .find_map(|end| context.key.strip_suffix(end));
    let page = page.unwrap_or(context.resource).replace('_', "-");
    format!("https://example.com/{page}")
}

fn capitalized(text: &str) -> String {
    let mut chars = text.trim_end().chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
