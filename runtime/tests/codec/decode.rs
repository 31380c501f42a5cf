//! Decoding: formats, values, and error messages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod errors;
mod numbers;

use crate::fixtures;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;

use crate::fixtures::{PAGE, Page, Price, PriceFixed, Scalar, Status, Update};
use polar_client_runtime::codec::{self, Decode};
use polar_client_runtime::types::{
    Date, Decimal, JsonObject, JsonValue, Number, Patch, Timestamp, Uuid,
};
use serde::Deserialize;
use serde::de::value::{Error as PlainError, MapDeserializer};

fn read<T: Decode>(text: &str) -> T {
    codec::from_str(text).unwrap()
}

fn decode_error<T: Decode>(text: &str) -> String {
    match codec::from_str::<T>(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_page_is_read_field_by_field() {
    let page: Page = read(PAGE);
    let product = &page.items[0];
    assert_eq!(page.total_count, 1);
    assert_eq!(
        product.id.to_string(),
        "3c90c3cc-0d44-4b50-8888-8dd25736052a"
    );
    assert_eq!(product.created_at.timestamp_micros(), 1_795_285_369_476_450);
    assert_eq!(product.modified_at, None);
    assert_eq!(product.name, "Gold \"plan\"");
    assert_eq!(product.description.as_deref(), Some("café 😀"));
    assert_eq!(product.status, Status::Active);
    assert!(
        matches!(&product.prices[0], Price::Fixed(price) if price.price_amount == 999_999_999_999)
    );
    assert!(matches!(&product.prices[1], Price::LegacyFixed(price) if price.price_amount == 5));
    assert!(
        matches!(&product.prices[2], Price::Unit(price) if price.unit_amount == "0.05".parse().unwrap())
    );
    assert!(matches!(&product.prices[3], Price::Unknown(json) if json["amount_type"] == "tiered"));
    assert!(matches!(
        product.metadata["b"],
        Scalar::Number(Number::Integer(1))
    ));
    assert!(matches!(
        product.metadata["c"],
        Scalar::Number(Number::Float(1.0))
    ));
    // A timestamp without an offset stays a string: as a timestamp, it would be encoded in UTC.
    assert!(
        matches!(&product.metadata["since"], Scalar::String(text) if text == "2026-01-01T00:00:00")
    );
}

#[test]
fn all_deserializers_decode_the_same_value() {
    let page: Page = read(PAGE);
    let json: JsonValue = serde_json::from_str(PAGE).unwrap();
    assert!(codec::from_slice::<Page>(PAGE.as_bytes()).unwrap() == page);
    assert!(codec::from_value::<Page>(&json).unwrap() == page);
    assert!(serde_json::from_str::<Page>(PAGE).unwrap() == page);
    assert!(serde_json::from_slice::<Page>(PAGE.as_bytes()).unwrap() == page);
    assert!(serde_json::from_reader::<_, Page>(PAGE.as_bytes()).unwrap() == page);
    assert!(serde_json::from_value::<Page>(json).unwrap() == page);
    assert!(serde_yaml::from_str::<Page>(&PAGE.replace(r"\ud83d\ude00", "😀")).unwrap() == page);
    assert!(serde_yaml::from_str::<Page>(&serde_yaml::to_string(&page).unwrap()).unwrap() == page);
}

#[test]
fn order_does_not_matter_and_unknown_keys_are_ignored() {
    let price: PriceFixed = read(
        r#"{"price_currency":"usd","x":{"price_amount":1},"price_amount":2,"y":[[]],"amount_type":"fixed"}"#,
    );
    assert_eq!((price.price_amount, &*price.price_currency), (2, "usd"));
    assert!(matches!(price.amount_type, Cow::Borrowed("fixed")));
}

#[test]
fn escapes_are_resolved_in_values_and_keys() {
    assert_eq!(
        read::<String>(r#""\"\\\/\b\f\n\r\t\u0041\ud83d\ude00""#),
        "\"\\/\u{8}\u{c}\n\r\tA😀"
    );
    assert_eq!(
        read::<PriceFixed>(r#"{"amount\u005ftype":"fixed","price_amount":1,"price_currency":""}"#)
            .price_amount,
        1
    );
    for text in [
        r#""\ud83d""#,
        r#""\ude00\ud83d""#,
        r#""\x""#,
        "\"\u{1}\"",
        "\"open",
    ] {
        assert!(codec::from_str::<String>(text).is_err(), "{text}");
    }
    assert!(codec::from_slice::<String>(b"\"\xff\"").is_err());
}

#[test]
fn constants_keep_the_received_value() {
    let price: PriceFixed =
        read(r#"{"amount_type":"new","price_amount":1,"price_currency":"usd"}"#);
    assert_eq!(price.amount_type, "new");
    assert_eq!(
        decode_error::<PriceFixed>(r#"{"price_amount":1,"price_currency":"usd"}"#),
        "amount_type: missing"
    );
    assert_eq!(
        decode_error::<PriceFixed>(r#"{"amount_type":1,"price_amount":1,"price_currency":"usd"}"#),
        "amount_type: expected a string, found 1"
    );
    let unit: fixtures::PriceUnit = read(r#"{"unit_amount":"1"}"#);
    assert!(matches!(unit.amount_type, Cow::Borrowed("metered_unit")));
}

#[test]
fn null_and_missing_are_distinguished_where_they_differ() {
    let empty: Update = read("{}");
    assert!(empty == Update::default());
    assert_eq!(empty.name, Patch::Keep);
    assert_eq!(read::<Update>(r#"{"name":null}"#).name, Patch::Clear);
    assert_eq!(
        read::<Update>(r#"{"name":"x"}"#).name,
        Patch::Set("x".to_owned())
    );
    assert_eq!(read::<Option<i64>>("null"), None);
    assert_eq!(
        decode_error::<Page>(r#"{"items":null,"total_count":1}"#),
        "items: expected a list, found null"
    );
    assert_eq!(
        decode_error::<Page>(r#"{"items":[]}"#),
        "total_count: missing"
    );
}

#[test]
fn missing_required_lists_and_maps_are_errors() {
    for (wrong, found) in [("", "missing"), (r#""items":null,"#, "null")] {
        let message = decode_error::<Page>(&format!(r#"{{{wrong}"total_count":1}}"#));
        assert!(message.starts_with("items: "), "{message}");
        assert!(message.ends_with(found), "{message}");
    }
    let product = |field: &str| {
        let broken = PAGE.replacen(&format!(r#""{field}":"#), r#""other":"#, 1);
        assert_ne!(broken, PAGE);
        decode_error::<Page>(&broken)
    };
    assert_eq!(product("prices"), "items[0].prices: missing");
    assert_eq!(product("metadata"), "items[0].metadata: missing");
    // If they are optional, null and a missing key are equivalent.
    assert_eq!(read::<(Option<Vec<i64>>, i64)>("[null,1]").0, None);
}

#[test]
fn additional_properties_are_the_undeclared_ones() {
    let update: Update = read(r#"{"a":1,"name":"x","b":{"c":null},"limit":2}"#);
    assert_eq!(update.additional.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(update.limit, Some(2));
}

#[test]
fn duplicate_keys_are_errors() {
    assert_eq!(
        decode_error::<JsonValue>(r#"{"a":1,"b":{"c":1,"c":1}}"#),
        "b.c: the key is repeated"
    );
    assert_eq!(
        decode_error::<Update>(r#"{"name":"x","limit":1,"n\u0061me":"y"}"#),
        "name: the key is repeated"
    );
    assert_eq!(
        decode_error::<Vec<JsonValue>>(r#"[{"c":1},{"c":1,"d":2,"c":null}]"#),
        "[1].c: the key is repeated"
    );
    // Equal keys in different objects are valid.
    assert_eq!(
        read::<JsonValue>(r#"{"a":{"a":1},"b":{"a":1}}"#)["b"]["a"],
        1
    );
}

#[test]
fn duplicate_keys_are_detected_in_large_objects() {
    let object = |last: &str| {
        let fields: Vec<String> = (0..5000)
            .map(|index| format!(r#""key_{index}":{index}"#))
            .collect();
        format!("{{{},\"{last}\":0}}", fields.join(","))
    };
    assert_eq!(read::<JsonObject>(&object("other")).len(), 5001);
    for last in ["key_0", "key_63", "key_64", "key_4999"] {
        assert_eq!(
            decode_error::<JsonObject>(&object(last)),
            format!("{last}: the key is repeated")
        );
    }
}

#[test]
fn depth_is_limited_in_every_format() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(codec::from_str::<JsonValue>(&nested(127)).is_ok());
    let error = codec::from_str::<JsonValue>(&nested(100_000)).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
    let tower = |depth| (0..depth).fold(JsonValue::Null, |inner, _| JsonValue::Array(vec![inner]));
    assert!(codec::from_value::<JsonValue>(&tower(128)).is_ok());
    assert_eq!(
        codec::from_value::<JsonValue>(&tower(129))
            .unwrap_err()
            .to_string(),
        "nested more than 128 levels deep"
    );
}

#[test]
fn containers_of_every_kind() {
    assert_eq!(read::<(i64, String)>(r#"[1,"a"]"#), (1, "a".to_owned()));
    assert_eq!(
        read::<(bool, bool, bool, i64)>("[true,false,true,4]"),
        (true, false, true, 4)
    );
    assert_eq!(
        decode_error::<(i64, i64)>("[1,2,3]"),
        "expected a list of 2 items, found 3 items"
    );
    assert_eq!(
        decode_error::<(i64, i64, i64)>("[1,2]"),
        "expected a list of 3 items, found 2 items"
    );
    assert_eq!(
        decode_error::<(i64, i64)>("{}"),
        "expected a list, found an object"
    );
    assert_eq!(
        read::<BTreeMap<Status, i64>>(r#"{"active":1,"new":2}"#)
            .get(&Status::Unknown("new".into())),
        Some(&2)
    );
    let id = Uuid::from_u128(5);
    assert_eq!(
        read::<BTreeMap<Uuid, i64>>(&format!(r#"{{"{id}":1}}"#)).get(&id),
        Some(&1)
    );
    assert_eq!(
        decode_error::<BTreeMap<Uuid, i64>>(r#"{"x":1}"#),
        "x: expected a value under a valid key, found 1"
    );
    assert_eq!(
        read::<Box<Vec<Option<i64>>>>("[1,null]"),
        Box::new(vec![Some(1), None])
    );
    assert_eq!(
        decode_error::<JsonObject>("[]"),
        "expected an object, found a list"
    );
    assert_eq!(read::<Date>("\"2026-02-28\"").to_string(), "2026-02-28");
    assert_eq!(
        decode_error::<Date>("\"2026-02-30\""),
        r#"expected a date (YYYY-MM-DD), found "2026-02-30""#
    );
    assert_eq!(
        read::<Timestamp>("\"2026-01-01T01:00:00+01:00\"").timestamp(),
        1_767_225_600
    );
    read::<()>("null");
    assert_eq!(decode_error::<()>("1"), "expected null, found 1");
}

#[test]
fn json_values_are_kept_unchanged() {
    let text = r#"{"a":[1,1.0,-2,18446744073709551615,1e300,true,null,"\u00e9",{}],"b":{"c":[]}}"#;
    assert_eq!(
        read::<JsonValue>(text),
        serde_json::from_str::<JsonValue>(text).unwrap()
    );
}
