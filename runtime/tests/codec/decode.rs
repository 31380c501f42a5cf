//! Decoding: formats, values, and error messages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use crate::fixtures;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;

use crate::fixtures::{PAGE, Page, Price, PriceFixed, Scalar, Status, Update};
use polar_client_runtime::codec::{self, Decode};
use polar_client_runtime::types::{
    Date, Decimal, Json, JsonObject, Number, Patch, Timestamp, Uuid,
};
use serde::Deserialize;
use serde::de::value::{Error as PlainError, MapDeserializer};

fn read<T: Decode>(text: &str) -> T {
    codec::from_str(text).unwrap()
}

fn refused<T: Decode>(text: &str) -> String {
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
    // Without an offset it would not be encoded as received.
    assert!(
        matches!(&product.metadata["since"], Scalar::String(text) if text == "2026-01-01T00:00:00")
    );
}

#[test]
fn all_deserializers_decode_the_same_value() {
    let page: Page = read(PAGE);
    let json: Json = serde_json::from_str(PAGE).unwrap();
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
        refused::<PriceFixed>(r#"{"price_amount":1,"price_currency":"usd"}"#),
        "amount_type: missing"
    );
    assert_eq!(
        refused::<PriceFixed>(r#"{"amount_type":1,"price_amount":1,"price_currency":"usd"}"#),
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
        refused::<Page>(r#"{"items":null,"total_count":1}"#),
        "items: expected a list, found null"
    );
    assert_eq!(refused::<Page>(r#"{"items":[]}"#), "total_count: missing");
}

#[test]
fn missing_required_lists_and_maps_are_errors() {
    for (wrong, found) in [("", "missing"), (r#""items":null,"#, "null")] {
        let message = refused::<Page>(&format!(r#"{{{wrong}"total_count":1}}"#));
        assert!(message.starts_with("items: "), "{message}");
        assert!(message.ends_with(found), "{message}");
    }
    let product = |field: &str| {
        let broken = PAGE.replacen(&format!(r#""{field}":"#), r#""other":"#, 1);
        assert_ne!(broken, PAGE);
        refused::<Page>(&broken)
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
fn an_error_has_the_path_of_the_value() {
    for (from, to, message) in [
        (
            r#""price_amount":5"#,
            r#""price_amount":"x""#,
            r#"items[0].prices[1].price_amount: expected an integer, found "x" (in Price::LegacyFixed)"#,
        ),
        (
            r#""price_amount":5"#,
            r#""price":5"#,
            "items[0].prices[1].price_amount: missing (in Price::LegacyFixed)",
        ),
        (
            r#""price_amount":999999999999"#,
            r#""price_amount":3.5"#,
            "items[0].prices[0].price_amount: expected an integer, found 3.5 (in Price::Fixed)",
        ),
        (
            r#""is_archived":false"#,
            r#""is_archived":0"#,
            "items[0].is_archived: expected true or false, found 0",
        ),
        (
            r#""status":"active""#,
            r#""status":{}"#,
            "items[0].status: expected a string, found an object",
        ),
        (
            "2026-11-21T18",
            "2026-11-21T99",
            r#"items[0].created_at: expected a date and time, found "2026-11-21T99:22:49.476450Z""#,
        ),
        (
            "3c90c3cc",
            "zzz",
            r#"items[0].id: expected a UUID, found "zzz-0d44-4b50-8888-8dd25736052a""#,
        ),
        (
            r#"{"items":[{"#,
            r#"{"items":[7,{"#,
            "items[0]: expected an object, found 7",
        ),
        (
            r#""total_count":1"#,
            r#""total_count":[]"#,
            "total_count: expected an integer, found a list",
        ),
    ] {
        let broken = PAGE.replacen(from, to, 1);
        assert_ne!(broken, PAGE);
        assert_eq!(refused::<Page>(&broken), message);
        let through_serde = serde_json::from_str::<Page>(&broken)
            .err()
            .unwrap()
            .to_string();
        assert!(through_serde.contains(message), "{through_serde}");
    }
}

#[test]
fn errors_state_path_and_variant_separately() {
    let error =
        codec::from_str::<Page>(&PAGE.replacen(r#""price_amount":5"#, r#""price_amount":null"#, 1))
            .err()
            .unwrap();
    assert_eq!(error.path(), "items[0].prices[1].price_amount");
    assert_eq!(error.message(), "expected an integer, found null");
    assert_eq!(error.variant(), Some("Price::LegacyFixed"));
    assert!(error.source().is_none());
}

#[test]
fn unusual_keys_are_quoted_in_paths() {
    assert_eq!(
        refused::<BTreeMap<String, Vec<i64>>>(r#"{"a.b \"c\"":[1,true]}"#),
        r#"["a.b \"c\""][1]: expected an integer, found true"#
    );
}

#[test]
fn duplicate_keys_are_errors() {
    assert_eq!(
        refused::<Json>(r#"{"a":1,"b":{"c":1,"c":1}}"#),
        "b.c: the key is repeated"
    );
    assert_eq!(
        refused::<Update>(r#"{"name":"x","limit":1,"n\u0061me":"y"}"#),
        "name: the key is repeated"
    );
    assert_eq!(
        refused::<Vec<Json>>(r#"[{"c":1},{"c":1,"d":2,"c":null}]"#),
        "[1].c: the key is repeated"
    );
    // Twice in different objects is fine.
    assert_eq!(read::<Json>(r#"{"a":{"a":1},"b":{"a":1}}"#)["b"]["a"], 1);
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
            refused::<JsonObject>(&object(last)),
            format!("{last}: the key is repeated")
        );
    }
}

#[test]
fn depth_is_limited_in_every_format() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(codec::from_str::<Json>(&nested(127)).is_ok());
    let error = codec::from_str::<Json>(&nested(100_000)).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
    let tower = |depth| (0..depth).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
    assert!(codec::from_value::<Json>(&tower(128)).is_ok());
    assert_eq!(
        codec::from_value::<Json>(&tower(129))
            .unwrap_err()
            .to_string(),
        "nested more than 128 levels deep"
    );
}

#[test]
fn numbers_are_kept_up_to_their_limits() {
    assert_eq!(read::<i64>("9223372036854775807"), i64::MAX);
    assert_eq!(read::<i64>("-9223372036854775808"), i64::MIN);
    assert_eq!(
        refused::<i64>("9223372036854775808"),
        "expected an integer of at most 64 bits, sign included, found 9223372036854775808"
    );
    for (text, value) in [("1.0", 1), ("1e3", 1000), ("-0.0", 0), ("-2.50e1", -25)] {
        assert_eq!(read::<i64>(text), value);
    }
    assert_eq!(read::<i64>(r#"{"$serde_json::private::Number":"3.0"}"#), 3);
    assert_eq!(refused::<i64>("1.5"), "expected an integer, found 1.5");
    // The nearest double may be another integer.
    for text in ["9007199254740993.0", "1e300", "-1e16"] {
        assert!(codec::from_str::<i64>(text).is_err(), "{text}");
    }
    assert_eq!(read::<u64>("18446744073709551615"), u64::MAX);
    assert_eq!(read::<u64>("1.0"), 1);
    assert_eq!(
        codec::to_string(&vec![1, u64::MAX]),
        "[1,18446744073709551615]"
    );
    assert_eq!(
        refused::<u64>("-1"),
        "expected an integer from 0 to 18446744073709551615, found -1"
    );
    assert_eq!(refused::<i64>("\"1\""), r#"expected an integer, found "1""#);
    assert_eq!(read::<f64>("3"), 3.0);
    assert_eq!(
        read::<f64>("18446744073709551615"),
        18_446_744_073_709_551_615.0
    );
    assert_eq!(
        read::<f64>("56.425000000000004").to_string(),
        "56.425000000000004"
    );
    assert_eq!(
        read::<Number>("18446744073709551615"),
        Number::Unsigned(u64::MAX)
    );
    assert_eq!(read::<Number>("-0"), Number::Float(-0.0));
    assert_eq!(read::<Number>("1"), Number::Integer(1));
    assert_eq!(read::<Number>("1.0"), Number::Float(1.0));
    assert!(codec::from_str::<f64>("1e999").is_err());
    assert_eq!(refused::<f64>("true"), "expected a number, found true");
}

#[test]
fn decimals_decode_from_strings_and_numbers() {
    for (wire, text) in [
        ("\"0.050000000000\"", "0.050000000000"),
        ("\"0E-12\"", "0E-12"),
        ("7", "7"),
        ("0.05", "0.05"),
        ("1e21", "1000000000000000000000"),
        ("18446744073709551615", "18446744073709551615"),
    ] {
        assert_eq!(read::<Decimal>(wire).as_str(), text);
    }
    assert_eq!(
        refused::<Decimal>("\"1,5\""),
        r#"expected a decimal number, found "1,5""#
    );
    assert_eq!(
        refused::<Decimal>("true"),
        "expected a decimal number, found true"
    );
}

#[test]
fn numbers_are_decoded_with_arbitrary_precision_of_serde_json() {
    fn wrapped<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, PlainError> {
        T::deserialize(MapDeserializer::new(
            [
                ("amount_type", Value::Text("metered_unit")),
                ("unit_amount", Value::Number(text)),
            ]
            .into_iter(),
        ))
    }
    let unit = |text: &str| wrapped::<fixtures::PriceUnit>(text).unwrap().unit_amount;
    assert_eq!(
        unit("0.1000000000000000055511151231257827").as_str(),
        "0.1000000000000000055511151231257827"
    );
    assert_eq!(unit("12").as_str(), "12");
    assert_eq!(
        read::<Number>(r#"{"$serde_json::private::Number":"-0"}"#),
        Number::Float(-0.0)
    );
    assert_eq!(
        unit("340282366920938463463374607431768211455").as_str(),
        "340282366920938463463374607431768211455"
    );
    let fixed = MapDeserializer::new(
        [
            ("amount_type", Value::Text("fixed")),
            ("price_amount", Value::Number("5")),
            ("price_currency", Value::Text("usd")),
        ]
        .into_iter(),
    );
    let fixed: Result<PriceFixed, PlainError> = Deserialize::deserialize(fixed);
    assert_eq!(fixed.unwrap().price_amount, 5);
    // No number inside: an ordinary object.
    let message = wrapped::<fixtures::PriceUnit>("no number")
        .err()
        .unwrap()
        .to_string();
    assert!(
        message.contains("unit_amount: expected a decimal number, found an object"),
        "{message}"
    );
    assert_eq!(
        read::<f64>(r#"{"$serde_json::private::Number":"1.5"}"#),
        1.5
    );
    assert!(codec::from_str::<f64>(r#"{"$serde_json::private::Number":"1e999"}"#).is_err());
}

/// The values of the test's map deserializer: a string, or a number as `arbitrary_precision` passes it.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Number(&'a str),
}

impl<'de> serde::de::IntoDeserializer<'de, PlainError> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> serde::Deserializer<'de> for Value<'de> {
    type Error = PlainError;

    fn deserialize_any<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, PlainError> {
        match self {
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::Number(text) => visitor.visit_map(MapDeserializer::new(
                [("$serde_json::private::Number", text.to_owned())].into_iter(),
            )),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn other_formats_have_other_keys_and_numbers() {
    let yaml = serde_yaml::Deserializer::from_str("{1: a, true: 2, -3: .5}");
    let map: BTreeMap<String, Scalar> = codec::deserialize(yaml).unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["-3", "1", "true"]);
    assert!(serde_yaml::from_str::<Page>("items: [").is_err());
    let error = Page::deserialize(serde::de::value::BytesDeserializer::<PlainError>::new(b"x"))
        .err()
        .unwrap();
    assert!(error.to_string().contains("byte array"), "{error}");
}

#[test]
fn containers_of_every_kind() {
    assert_eq!(read::<(i64, String)>(r#"[1,"a"]"#), (1, "a".to_owned()));
    assert_eq!(
        read::<(bool, bool, bool, i64)>("[true,false,true,4]"),
        (true, false, true, 4)
    );
    assert_eq!(
        refused::<(i64, i64)>("[1,2,3]"),
        "expected a list of 2 items, found 3 items"
    );
    assert_eq!(
        refused::<(i64, i64, i64)>("[1,2]"),
        "expected a list of 3 items, found 2 items"
    );
    assert_eq!(
        refused::<(i64, i64)>("{}"),
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
        refused::<BTreeMap<Uuid, i64>>(r#"{"x":1}"#),
        "x: expected a value under a valid key, found 1"
    );
    assert_eq!(
        read::<Box<Vec<Option<i64>>>>("[1,null]"),
        Box::new(vec![Some(1), None])
    );
    assert_eq!(
        refused::<JsonObject>("[]"),
        "expected an object, found a list"
    );
    assert_eq!(read::<Date>("\"2026-02-28\"").to_string(), "2026-02-28");
    assert_eq!(
        refused::<Date>("\"2026-02-30\""),
        r#"expected a date (YYYY-MM-DD), found "2026-02-30""#
    );
    assert_eq!(
        read::<Timestamp>("\"2026-01-01T01:00:00+01:00\"").timestamp(),
        1_767_225_600
    );
    read::<()>("null");
    assert_eq!(refused::<()>("1"), "expected null, found 1");
}

#[test]
fn json_values_are_kept_unchanged() {
    let text = r#"{"a":[1,1.0,-2,18446744073709551615,1e300,true,null,"\u00e9",{}],"b":{"c":[]}}"#;
    assert_eq!(
        read::<Json>(text),
        serde_json::from_str::<Json>(text).unwrap()
    );
}

#[test]
fn syntax_errors_keep_their_position() {
    let error = codec::from_str::<Page>("{\"items\":[],\n\"total_count\" 1}")
        .err()
        .unwrap();
    let source = error
        .source()
        .unwrap()
        .downcast_ref::<serde_json::Error>()
        .unwrap();
    assert_eq!((source.line(), source.column()), (2, 15));
    assert_eq!(error.path(), "");
    for text in ["", "1 2", "{\"items\":[]}x", "nul", "[1,]"] {
        assert!(codec::from_str::<Json>(text).is_err(), "{text}");
    }
}

#[test]
fn errors_never_show_tokens_or_long_strings() {
    let long = "x".repeat(60);
    for (text, message) in [
        (
            r#"{"limit":"polar_oat_abc"}"#.to_owned(),
            "limit: expected an integer, found a string that may be secret",
        ),
        (
            r#"{"limit":"see https://polar.sh/?t=polar_cst_abc"}"#.to_owned(),
            "limit: expected an integer, found a string that may be secret",
        ),
        (
            format!(r#"{{"limit":"{long}"}}"#),
            "limit: expected an integer, found a string of 62 characters",
        ),
        (
            r#"{"day":"whsec_x"}"#.to_owned(),
            "day: expected a date (YYYY-MM-DD), found a string that may be secret",
        ),
    ] {
        assert_eq!(refused::<Update>(&text), message);
    }
    assert_eq!(
        refused::<BTreeMap<String, i64>>(r#"{"client_secret":"abc"}"#),
        "client_secret: expected an integer, found a string that may be secret"
    );
    assert_eq!(
        refused::<BTreeMap<String, Vec<i64>>>(r#"{"tokens":["abc"]}"#),
        "tokens[0]: expected an integer, found a string that may be secret"
    );
    assert_eq!(
        refused::<BTreeMap<String, String>>(r#"{"token":123456}"#),
        "token: expected a string, found a number that may be secret"
    );
}

#[test]
fn errors_never_show_keys_that_are_tokens_or_long() {
    type Map = BTreeMap<String, BTreeMap<String, i64>>;
    let long = "k".repeat(1_000_000);
    for (text, message) in [
        (
            r#"{"a":{"polar_oat_abc":true}}"#.to_owned(),
            "a[redacted]: expected an integer, found true".to_owned(),
        ),
        (
            r#"{"see polar_cst_abc":{"a":1,"a":true}}"#.to_owned(),
            "[redacted].a: the key is repeated; [redacted].a: expected an integer, found true"
                .to_owned(),
        ),
        (
            r#"{"tokens":{"9f86d081":"","expires_at":true}}"#.to_owned(),
            "tokens[redacted]: expected an integer, found a string that may be secret; \
             tokens.expires_at: expected an integer, found true"
                .to_owned(),
        ),
        (
            format!(r#"{{"a":{{"{long}":null}}}}"#),
            format!(
                r#"a["{}"…]: expected an integer, found null"#,
                "k".repeat(40)
            ),
        ),
    ] {
        assert_eq!(refused::<Map>(&text), message);
        let error = codec::from_str::<Map>(&text).err().unwrap();
        let shown = format!("{error:?}");
        assert!(!shown.contains("abc") && shown.len() < 1000, "{shown}");
    }
}

#[test]
fn decoding_a_list_stops_at_the_first_invalid_item() {
    let text = format!("[{}]", vec!["null"; 200_000].join(","));
    let error = codec::from_str::<Vec<PriceFixed>>(&text).err().unwrap();
    assert_eq!(error.problems().len(), 10);
    assert!(error.is_truncated());
    assert_eq!(error.path(), "[0]");
    let shown = error.to_string();
    assert!(
        shown.ends_with("[9]: expected an object, found null; and more"),
        "{shown}"
    );
}

#[test]
fn all_errors_are_listed_with_their_variants() {
    let page = PAGE
        .replacen(r#""price_amount":999999999999"#, r#""price_amount":"x""#, 1)
        .replacen(r#""price_amount":5"#, r#""x":5"#, 1)
        .replacen(r#""is_archived":false,"#, "", 1)
        .replacen(r#""total_count":1"#, r#""total_count":null"#, 1);
    let error = codec::from_str::<Page>(&page).err().unwrap();
    let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "items[0].is_archived: missing",
            r#"items[0].prices[0].price_amount: expected an integer, found "x" (in Price::Fixed)"#,
            "items[0].prices[1].price_amount: missing (in Price::LegacyFixed)",
            "total_count: expected an integer, found null",
        ]
    );
    assert!(!error.is_truncated());
    assert_eq!(error.to_string(), problems.join("; "));
    // Fields of a missing value, or of one that is not an object, are not reported as well.
    assert_eq!(
        refused::<(Page, i64)>(r#"[3,"x"]"#),
        r#"[0]: expected an object, found 3; [1]: expected an integer, found "x""#
    );
    assert_eq!(
        refused::<(PriceFixed, (i64, PriceFixed))>(r#"[{"price_currency":1},[]]"#),
        "[0].amount_type: missing; [0].price_amount: missing; [0].price_currency: expected a string, found 1; \
         [1]: expected a list of 2 items, found 0 items"
    );
}
