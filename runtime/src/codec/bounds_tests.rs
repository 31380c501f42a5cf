//! Tests of the memory and time that decoding takes, with worst-case input.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use super::build::COMPARED;
use super::error::DecodeError;
use super::read_str;

const KEYS: usize = 20_000;

const BYTES: usize = 1 << 17;

fn list(item: &str) -> String {
    let items = vec![item; BYTES / (item.len() + 1)];
    format!("[{}]", items.join(","))
}

fn object(key: impl Fn(usize) -> String) -> String {
    let entries = (0..KEYS).map(|index| format!(r#""{}":0"#, key(index)));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}

/// Returns JSON with as many values, keys or escapes as possible for its size.
fn dense() -> Vec<(&'static str, String)> {
    let tower = format!("{}{}", "[".repeat(120), "]".repeat(120));
    vec![
        ("digits", list("0")),
        ("empty strings", list(r#""""#)),
        ("escaped strings", list(r#""\n""#)),
        ("empty lists", list("[]")),
        ("towers of lists", list(&tower)),
        ("small objects", list(r#"{"a":0,"b":0}"#)),
        ("one escaped string", format!("{:?}", "\n".repeat(BYTES))),
        (
            "long escaped strings",
            list(&format!("{:?}", "\n".repeat(999))),
        ),
        ("a string of separators", format!("{:?}", ",".repeat(BYTES))),
        (
            "digits, then separators",
            format!("[{},{:?}]", list("0"), ",".repeat(BYTES)),
        ),
        ("many keys", object(|index| format!("{index:x}"))),
        ("many escaped keys", object(|index| format!("\\n{index:x}"))),
        ("a few bytes", "[0,0,0]".to_owned()),
    ]
}

#[test]
fn a_tape_takes_at_most_seven_times_its_text() {
    for (what, text) in dense() {
        let taken = read_str(&text).unwrap().memory();
        let allowed = 7 * text.len() + 256;
        assert!(taken <= allowed, "{what}: {taken}, of {} bytes", text.len());
    }
    let usual = r#"{"id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","created_at":"2026-11-21T18:22:49.476450Z","modified_at":null,"price_amount":5,"price_currency":"usd"}"#;
    let usual = list(usual);
    assert!(read_str(&usual).unwrap().memory() <= usual.len() + usual.len() / 4);
}

#[test]
fn repeated_keys_cost_no_more_than_others() {
    let compared = |text: &str| {
        COMPARED.set(0);
        let tape = read_str(text).unwrap();
        (COMPARED.get(), DecodeError::from_tape(&tape).is_some())
    };

    for (what, text) in [
        ("one key", object(|_| "a".to_owned())),
        ("each key twice", object(|index| format!("{:x}", index / 2))),
        ("two keys in turn", object(|index| (index % 2).to_string())),
        (
            "all keys, and then again",
            object(|index| format!("{:x}", index % (KEYS / 2))),
        ),
    ] {
        let (compared, failed) = compared(&text);
        assert!(failed, "{what}");
        assert!(compared <= 12 * KEYS, "{what}: {compared}");
    }
    for (what, text) in dense() {
        let (compared, failed) = compared(&text);
        assert!(!failed && compared <= 64 * 64, "{what}: {compared}");
    }
}
