//! Unions and enums: their variants, unknown ones, and errors.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeSet, HashSet};

use crate::fixtures::{Grant, Price, Scalar, Status};
use polar_client_runtime::codec;

#[test]
fn guards_decide_before_the_first_structural_match() {
    let price = |text: &str| codec::from_str::<Price>(text).unwrap();
    assert!(matches!(
        price(r#"{"amount_type":"fixed","price_amount":1,"price_currency":"usd","legacy":true}"#),
        Price::LegacyFixed(_)
    ));
    assert!(matches!(
        price(r#"{"amount_type":"fixed","price_amount":1,"price_currency":"usd","legacy":false}"#),
        Price::Fixed(_)
    ));
    assert!(matches!(
        price(r#"{"legacy":null,"price_currency":"usd","price_amount":1,"amount_type":"fixed"}"#),
        Price::Fixed(_)
    ));
}

#[test]
fn unknown_variants_are_kept() {
    for text in [
        r#"{"amount_type":"new","x":[1,1.0]}"#,
        "{}",
        "[1]",
        "\"text\"",
        "null",
        "12",
        r#"{"amount_type":1}"#,
    ] {
        let price: Price = codec::from_str(text).unwrap();
        assert!(matches!(price, Price::Unknown(_)), "{text}");
        assert_eq!(codec::to_string(&price), text);
    }
}

#[test]
fn paths_reach_into_objects() {
    let grant: Grant = codec::from_str(
        r#"{"benefit":{"id":1,"type":"priced"},"price":{"amount_type":"x"},"level":1}"#,
    )
    .unwrap();
    assert!(matches!(grant, Grant::Priced(priced) if matches!(priced.price, Price::Unknown(_))));
    for text in [
        r#"{"benefit":{"type":"priced"},"price":null}"#,
        r#"{"benefit":{"type":"priced"}}"#,
        r#"{"benefit":"priced"}"#,
        r#"{"benefit":[{"type":"priced"}]}"#,
    ] {
        assert!(
            matches!(codec::from_str(text).unwrap(), Grant::Unknown(_)),
            "{text}"
        );
    }
}

#[test]
fn errors_name_the_innermost_variant() {
    let error = |text: &str| codec::from_str::<Grant>(text).err().unwrap().to_string();
    assert_eq!(
        error(
            r#"{"benefit":{"type":"priced"},"price":{"amount_type":"fixed","price_amount":"1","price_currency":"usd"},"level":1}"#
        ),
        r#"price.price_amount: expected an integer, found "1" (in Price::Fixed)"#
    );
    assert_eq!(
        error(r#"{"benefit":{"type":"priced"},"price":{"amount_type":"x"},"level":null}"#),
        "level: expected an integer, found null (in Grant::Priced)"
    );
    // An error outside of the union does not mention it.
    let outside = codec::from_str::<(i64, Grant)>(
        r#"["a",{"benefit":{"type":"priced"},"price":1,"level":null}]"#,
    )
    .err()
    .unwrap();
    assert_eq!((outside.path(), outside.variant()), ("[0]", None));
}

#[test]
fn rejected_variants_leave_no_error() {
    let scalars: Vec<Scalar> =
        codec::from_str(r#"["2026-01-01T00:00:00Z","2026-01-01","x",1,2.5,true,null]"#).unwrap();
    assert!(matches!(
        &scalars[..],
        [
            Scalar::Timestamp(_),
            Scalar::String(_),
            Scalar::String(_),
            Scalar::Number(_),
            Scalar::Number(_),
            Scalar::Boolean(true),
            Scalar::Unknown(_)
        ]
    ));
    // Problems that were recorded before are kept.
    assert!(codec::from_str::<(i64, Scalar)>(r#"["a","x"]"#).is_err());
}

#[test]
fn an_integer_that_no_variant_can_hold_is_kept() {
    let text = "10000000000000000000";
    let scalar: Scalar = codec::from_str(text).unwrap();
    assert!(matches!(scalar, Scalar::Unknown(_)));
    assert_eq!(codec::to_string(&scalar), text);
}

#[test]
fn enums_keep_unknown_values() {
    assert_eq!(Status::from("past_due"), Status::PastDue);
    assert_eq!(Status::from("active".to_owned()), Status::Active);
    assert_eq!("active".parse(), Ok(Status::Active));
    assert_eq!(Status::from("paused"), Status::Unknown("paused".to_owned()));
    assert!(Status::from("paused").is_unknown() && !Status::Active.is_unknown());
    assert_eq!(Status::from("Active").as_str(), "Active");
    assert_eq!(AsRef::<str>::as_ref(&Status::PastDue), "past_due");
    assert_eq!(
        format!("{:>10}|{:?}", Status::PastDue, Status::Active),
        "  past_due|\"active\""
    );
    assert_eq!(
        codec::to_string(&vec![Status::PastDue, Status::Unknown("x\"".into())]),
        r#"["past_due","x\""]"#
    );
    assert_eq!(
        serde_json::from_str::<Status>("\"past_due\"").unwrap(),
        Status::PastDue
    );
    assert_eq!(
        codec::from_str::<Status>("1").unwrap_err().to_string(),
        "expected a string, found 1"
    );
    assert_eq!(
        ["a", "active", "a"]
            .map(Status::from)
            .into_iter()
            .collect::<HashSet<_>>()
            .len(),
        2
    );
    assert_eq!(
        ["z", "past_due", "active"]
            .map(Status::from)
            .into_iter()
            .collect::<BTreeSet<_>>()
            .first(),
        Some(&Status::Active)
    );
}
