//! Encoding, byte by byte, and the output of `Debug`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::fixtures::{PAGE, Page, Price, Status, Update};
use polar_client_runtime::codec::{self, Redacted, optional};
use polar_client_runtime::types::{
    Clear, Date, Decimal, JsonObject, JsonValue, Number, OneOrMany, Patch, Timestamp, Uuid,
};

#[test]
fn a_page_is_written_as_it_was_read() {
    let page: Page = codec::from_str(PAGE).unwrap();
    // Characters are encoded without unnecessary escapes.
    let expected = PAGE.replace(r"caf\u00e9 \ud83d\ude00", "café 😀");
    assert_eq!(codec::to_string(&page), expected);
    assert_eq!(codec::to_vec(&page), expected.as_bytes());
    assert_eq!(serde_json::to_string(&page).unwrap(), expected);
    assert_eq!(
        codec::to_value(&page),
        serde_json::from_str::<JsonValue>(&expected).unwrap()
    );
    assert_eq!(
        serde_json::to_string(&serde_json::to_value(&page).unwrap()).unwrap(),
        serde_json::to_string(&codec::to_value(&page)).unwrap()
    );
}

#[test]
fn absent_null_and_a_value_are_written_differently() {
    let written = |update: &Update| codec::to_string(update);
    assert_eq!(
        written(&Update::default()),
        r#"{"nullable":null,"kept_secret":null}"#
    );
    let name = |name: Patch<String>| {
        written(&Update {
            name,
            nullable: Some(1),
            kept_secret: Some(String::new()),
            ..Update::default()
        })
    };
    assert_eq!(name(Patch::Keep), r#"{"nullable":1,"kept_secret":""}"#);
    assert_eq!(
        name(Clear),
        r#"{"name":null,"nullable":1,"kept_secret":""}"#
    );
    assert_eq!(
        name("Jane".into()),
        r#"{"name":"Jane","nullable":1,"kept_secret":""}"#
    );
    let additional = BTreeMap::from([("x".to_owned(), JsonValue::from(1))]);
    assert_eq!(
        written(&Update {
            additional,
            ..Update::default()
        }),
        r#"{"nullable":null,"kept_secret":null,"x":1}"#
    );
}

#[test]
fn setters_can_take_a_patch_in_every_form() {
    fn patch(value: impl Into<Patch<String>>) -> Patch<String> {
        value.into()
    }
    assert_eq!(patch("a"), Patch::Set("a".to_owned()));
    assert_eq!(patch("a".to_owned()), Patch::Set("a".to_owned()));
    assert_eq!(patch(Some("a".to_owned())), Patch::Set("a".to_owned()));
    assert_eq!(patch(None), Patch::Clear);
    assert_eq!(patch(Clear), Patch::Clear);
    assert_eq!(patch(Patch::Keep), Patch::default());
    assert_eq!(patch("a").as_set().map(String::as_str), Some("a"));
    assert!(patch(Patch::Keep).is_keep() && !patch(Clear).is_keep());
}

#[test]
fn scalars() {
    let time: Timestamp = codec::from_str("\"2026-11-21T18:22:49.5+02:00\"").unwrap();
    let day = Date::from_ymd_opt(2026, 1, 2).unwrap();
    let object = JsonObject::from_iter([("k".to_owned(), JsonValue::from(1.5))]);
    let cases: [(&dyn codec::Encode, &str); 21] = [
        (&"a\"\u{1}é", "\"a\\\"\\u0001é\""),
        (&String::from("x"), "\"x\""),
        (&Cow::Borrowed("x"), "\"x\""),
        (&true, "true"),
        (&1_i64, "1"),
        (&1.0, "1.0"),
        (&f64::NAN, "null"),
        (&Number::Unsigned(u64::MAX), "18446744073709551615"),
        (&Number::Float(2.0), "2.0"),
        (
            &Uuid::from_u128(1),
            "\"00000000-0000-0000-0000-000000000001\"",
        ),
        (&time, "\"2026-11-21T16:22:49.500000Z\""),
        (&day, "\"2026-01-02\""),
        (&"0E-12".parse::<Decimal>().unwrap(), "\"0E-12\""),
        (&object, "{\"k\":1.5}"),
        (&(), "null"),
        (&(1_i64, "a", true), "[1,\"a\",true]"),
        (&OneOrMany::<String>::from("x"), "[\"x\"]"),
        (&OneOrMany::<i64>::from([1, 2]), "[1,2]"),
        (&vec![None, Some(1_i64)], "[null,1]"),
        (
            &BTreeMap::from([(Status::PastDue, 1_i64)]),
            "{\"past_due\":1}",
        ),
        (&Box::new(Some(false)), "false"),
    ];
    for (value, text) in cases {
        assert_eq!(codec::to_string(value), text);
        assert_eq!(
            codec::to_value(value),
            serde_json::from_str::<JsonValue>(text).unwrap()
        );
    }
}

#[test]
fn one_or_many_converts_from_values_and_lists() {
    assert_eq!(OneOrMany::<i64>::from(5), OneOrMany::from(vec![5]));
    assert_eq!(
        OneOrMany::<i64>::from(&[5, 6][..]),
        OneOrMany::<i64>::from([5, 6])
    );
}

#[test]
fn debug_reads_like_a_derived_one() {
    let page: Page = codec::from_str(r#"{"items":[],"total_count":3}"#).unwrap();
    assert_eq!(format!("{page:?}"), "Page { items: [], total_count: 3 }");
    let prices: Vec<Price> = codec::from_str(
        r#"[{"amount_type":"metered_unit","unit_amount":"1.50"},{"z":[null,1.0,"a"]}]"#,
    )
    .unwrap();
    assert_eq!(
        format!("{prices:?}"),
        r#"[Unit(PriceUnit { amount_type: "metered_unit", unit_amount: "1.50" }), Unknown({"z": [null, 1.0, "a"]})]"#
    );
    let update = Update {
        limit: Some(1),
        day: Date::from_ymd_opt(2026, 1, 2),
        ..Update::default()
    };
    assert_eq!(
        format!("{update:#?}"),
        "Update {\n    limit: 1,\n    nullable: None,\n    day: 2026-01-02,\n    kept_secret: None,\n}"
    );
}

#[test]
fn secrets_are_sent_and_not_printed() {
    let update: Update = codec::from_str(
        r#"{"secret":"hush","kept_secret":"hush","name":"see polar_cs_hush","api_token":"hush","note":"whsec_hush","nested":{"deep":[{"password":"hush"}]}}"#,
    )
    .unwrap();
    assert_eq!(codec::to_string(&update).matches("hush").count(), 6);
    for printed in [format!("{update:?}"), format!("{update:#?}")] {
        assert!(!printed.contains("hush"), "{printed}");
        assert_eq!(printed.matches("[redacted]").count(), 6, "{printed}");
    }
    assert_eq!(format!("{:?}", Redacted(&"hush")), "[redacted]");
    assert_eq!(format!("{:?}", Redacted(optional(&None::<String>))), "None");
}

#[test]
fn values_encode_to_yaml() {
    let update = Update {
        name: Patch::Clear,
        limit: Some(2),
        ..Update::default()
    };
    assert_eq!(
        serde_yaml::to_string(&update).unwrap(),
        "name: null\nlimit: 2\nnullable: null\nkept_secret: null\n"
    );
}

#[test]
fn strings_are_escaped_like_in_serde_json() {
    let mut texts: Vec<String> = (0..=0x7f_u8)
        .map(|byte| char::from(byte).to_string())
        .collect();
    texts.extend([
        "".to_owned(),
        "ä\u{2028}🦀".to_owned(),
        "a\"b\\c\nd".to_owned(),
    ]);
    assert_eq!(
        codec::to_string(&texts),
        serde_json::to_string(&texts).unwrap()
    );
    let keys: BTreeMap<String, i64> = texts.into_iter().zip(0..).collect();
    assert_eq!(
        codec::to_string(&keys),
        serde_json::to_string(&keys).unwrap()
    );
}
