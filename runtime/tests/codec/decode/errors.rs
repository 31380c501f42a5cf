//! Error messages contain path, variant and position, and no secrets.

use super::*;

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
        assert_eq!(decode_error::<Page>(&broken), message);
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
        decode_error::<BTreeMap<String, Vec<i64>>>(r#"{"a.b \"c\"":[1,true]}"#),
        r#"["a.b \"c\""][1]: expected an integer, found true"#
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
        assert!(codec::from_str::<JsonValue>(text).is_err(), "{text}");
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
        assert_eq!(decode_error::<Update>(&text), message);
    }
    assert_eq!(
        decode_error::<BTreeMap<String, i64>>(r#"{"client_secret":"abc"}"#),
        "client_secret: expected an integer, found a string that may be secret"
    );
    assert_eq!(
        decode_error::<BTreeMap<String, Vec<i64>>>(r#"{"tokens":["abc"]}"#),
        "tokens[0]: expected an integer, found a string that may be secret"
    );
    assert_eq!(
        decode_error::<BTreeMap<String, String>>(r#"{"token":123456}"#),
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
        assert_eq!(decode_error::<Map>(&text), message);
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
    // A value that is missing or not an object is reported once, without its fields.
    assert_eq!(
        decode_error::<(Page, i64)>(r#"[3,"x"]"#),
        r#"[0]: expected an object, found 3; [1]: expected an integer, found "x""#
    );
    assert_eq!(
        decode_error::<(PriceFixed, (i64, PriceFixed))>(r#"[{"price_currency":1},[]]"#),
        "[0].amount_type: missing; [0].price_amount: missing; [0].price_currency: expected a string, found 1; \
         [1]: expected a list of 2 items, found 0 items"
    );
}
