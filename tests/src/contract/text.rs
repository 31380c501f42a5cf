//! Random strings that satisfy the formats and patterns of contracts.

use fastrand::Rng;
use serde_json::Value;

/// Strings that match each pattern of the contracts. Libraries that generate strings from regular expressions do not
/// support look-ahead.
const PATTERNS: &[(&str, &[&str])] = &[
    ("^[a-z0-9-_]+$", &["a", "tier-2_b", "0"]),
    ("usd", &["usd"]),
    (r"^image\/", &["image/png", "image/svg+xml"]),
    (r"^(image\/", &["image/webp", "application/pdf", "text/csv"]),
    (
        DECIMAL,
        &[
            "0", "12", "0.05", "-1.5", "99999.25", "3.100000", "+5", ".5", "5.",
        ],
    ),
];

/// The start of the patterns of decimals.
const DECIMAL: &str = r"^(?!^[-+.]*$)";

/// The maximum length of generated strings without a `maxLength`.
const MAX_STRING_LENGTH: u64 = 24;

/// Returns whether a schema describes a decimal that is encoded as a string.
pub(super) fn is_decimal(schema: &Value) -> bool {
    let pattern = schema["pattern"].as_str();
    pattern.is_some_and(|pattern| pattern.starts_with(DECIMAL))
}

/// Returns a random string for a string schema.
pub(super) fn text(random: &mut Rng, schema: &Value) -> String {
    if let Some(pattern) = schema["pattern"].as_str() {
        let known = PATTERNS
            .iter()
            .find(|(start, _)| pattern.starts_with(start));
        let (_, texts) =
            known.unwrap_or_else(|| panic!("`PATTERNS` has no strings that match {pattern}"));
        return pick(random, texts).to_owned();
    }
    match schema["format"].as_str() {
        Some("uuid" | "uuid4") => uuid(random),
        Some("date-time") => instant(random),
        Some("date") => date(random),
        Some("uri") => format!("https://example.com/{}", random.u16(..)),
        Some("email") => format!("name{}@example.com", random.u16(..)),
        Some("ipvanyaddress") => pick(random, &["192.0.2.7", "2001:db8::1"]).to_owned(),
        Some("time-zone") => pick(random, &["UTC", "Europe/Paris"]).to_owned(),
        Some(other) => panic!("strings of the format {other} cannot be generated"),
        None => words(random, schema),
    }
}

/// Returns a random string that occurs nowhere else, so that it can be searched in output.
pub(super) fn unmistakable(random: &mut Rng) -> String {
    format!("hidden{:016x}", random.u64(..))
}

fn words(random: &mut Rng, schema: &Value) -> String {
    let min = schema["minLength"].as_u64().unwrap_or(0);
    let max = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    let length = random.u64(min..=max.min(min + MAX_STRING_LENGTH));
    // Characters that are escaped in JSON, and characters of several bytes in UTF-8 or several code units in UTF-16.
    let odd = ['"', '\\', '\n', '\u{7}', 'é', '語', '😀', '/', ' '];
    let character = |random: &mut Rng| match random.u8(..12) {
        0 => *random.choice(&odd).unwrap_or(&' '),
        _ => random.alphanumeric(),
    };
    (0..length).map(|_| character(random)).collect()
}

fn uuid(random: &mut Rng) -> String {
    let bits = random.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

fn date(random: &mut Rng) -> String {
    format!(
        "{}-{:02}-{:02}",
        random.u16(1990..2100),
        random.u8(1..=12),
        random.u8(1..=28)
    )
}

fn instant(random: &mut Rng) -> String {
    let fraction = match random.u8(..4) {
        0 => String::new(),
        1 => format!(".{:03}", random.u32(..1_000)),
        _ => format!(".{:06}", random.u32(..1_000_000)),
    };
    let offset = pick(random, &["Z", "Z", "+00:00", "+05:30", "-08:00"]);
    let (hour, minute, second) = (random.u8(..24), random.u8(..60), random.u8(..60));
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}",
        date(random)
    )
}

fn pick<'t>(random: &mut Rng, texts: &[&'t str]) -> &'t str {
    random.choice(texts).copied().unwrap_or_default()
}
