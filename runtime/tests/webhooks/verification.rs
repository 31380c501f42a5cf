//! Verification of deliveries, and the order of the checks.

#![cfg(feature = "webhooks")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::event::Event;
use http::{HeaderMap, HeaderValue, StatusCode};
use polar_client_runtime::types::Timestamp;
use polar_client_runtime::webhooks::{Format, Headers, WebhookError};

type Webhooks = polar_client_runtime::webhooks::Webhooks<Event>;
type Delivery = polar_client_runtime::webhooks::Delivery<Event>;

const SECRET: &str = "whsec_c2VjcmV0";
const BODY: &str = r#"{"type":"order.paid"}"#;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

/// Returns the headers of a delivery that is signed with the timestamp 1000.
fn signed(body: &str) -> Vec<(&'static str, String)> {
    let headers = Webhooks::new(SECRET).sign("msg_1", at(1000), body);
    headers.unwrap().to_vec()
}

fn verify(headers: impl Headers, body: &str) -> Result<Delivery, WebhookError> {
    Webhooks::new(SECRET).verify_at(headers, body, at(1000))
}

/// Returns the headers of a delivery with one header replaced or omitted.
fn with(name: &'static str, value: Option<&str>) -> Vec<(&'static str, String)> {
    let mut headers = signed(BODY);
    headers.retain(|(header, _)| *header != name);
    headers.extend(value.map(|value| (name, value.to_owned())));
    headers
}

#[test]
fn headers_are_accepted_in_many_types() {
    let pairs = signed(BODY);
    let upper: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| (name.to_uppercase(), value.clone()))
        .collect();
    let map: HeaderMap = pairs
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect();
    let bytes: BTreeMap<String, Vec<u8>> = upper
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect();
    let hashed: HashMap<&str, &String> = pairs.iter().map(|(name, value)| (*name, value)).collect();
    let delivery = verify(&pairs, BODY).unwrap();
    assert_eq!(delivery.id, "msg_1");
    assert_eq!(delivery.timestamp, at(1000));
    assert_eq!(delivery.event.0["type"], "order.paid");
    for again in [
        verify(pairs.as_slice(), BODY),
        verify(upper, BODY),
        verify(&map, BODY),
        verify(map, BODY),
        verify(bytes, BODY),
        verify(&hashed, BODY),
    ] {
        assert_eq!(again.unwrap(), delivery);
    }
}

#[test]
fn headers_that_are_missing_are_named() {
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let error = verify(with(name, None), BODY).unwrap_err();
        assert!(
            matches!(error, WebhookError::MissingHeader { name: missing, .. } if missing == name)
        );
        assert_eq!(error.to_string(), format!("the header {name} is missing"));
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
    }
}

#[test]
fn headers_that_are_malformed_are_named() {
    let cases = [
        ("webhook-id", ""),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "soon"),
        ("webhook-timestamp", "+1000"),
        ("webhook-timestamp", "-1000"),
        ("webhook-timestamp", "1000.0"),
        ("webhook-timestamp", "99999999999999999999"),
        ("webhook-timestamp", "9223372036854775807"),
    ];
    for (name, value) in cases {
        let error = verify(with(name, Some(value)), BODY).unwrap_err();
        assert!(
            matches!(error, WebhookError::MalformedHeader { name: named, .. } if named == name),
            "{value}: {error:?}"
        );
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
    }
    for name in ["webhook-id", "webhook-timestamp"] {
        let mut repeated = signed(BODY);
        let (_, value) = repeated.iter().find(|(header, _)| *header == name).unwrap();
        let value = value.clone();
        repeated.push((name, value));
        let error = verify(repeated, BODY).unwrap_err();
        assert_eq!(error.to_string(), format!("the header {name} is malformed"));
    }
    let bytes = [("webhook-id", b"\xff".as_slice())];
    let error = verify(bytes, BODY).unwrap_err();
    assert!(matches!(error, WebhookError::MalformedHeader { .. }));
}

#[test]
fn any_of_several_signatures_is_enough() {
    let own = signed(BODY).pop().unwrap().1;
    for value in [
        format!("v1,AAAA {own}"),
        format!("{own} v1,AAAA"),
        format!("v1a,xyz v2,!! garbage  {own}"),
    ] {
        assert!(verify(with("webhook-signature", Some(&value)), BODY).is_ok());
    }
    let mut repeated = signed(BODY);
    repeated.push(("webhook-signature", "v1,AAAA".to_owned()));
    assert!(verify(repeated, BODY).is_ok());
    let unpadded = own.trim_end_matches('=').to_owned();
    assert!(verify(with("webhook-signature", Some(&unpadded)), BODY).is_ok());
}

#[test]
fn invalid_signatures_are_rejected() {
    let own = signed(BODY).pop().unwrap().1;
    let other = Webhooks::new("whsec_b3RoZXI=");
    let other = other.sign("msg_1", at(1000), BODY).unwrap()[2].1.clone();
    for value in [
        "",
        " ",
        "v1,",
        "v1",
        "garbage",
        "v1,AAAA",
        own.trim_start_matches("v1,"),
        &own.replace("v1,", "v2,"),
        &own.replace("v1,", "v1a,"),
        &own[..own.len() - 4],
        &format!("{own}AAAA"),
        &own.replace("v1,", "v1, "),
        &other,
    ] {
        let error = verify(with("webhook-signature", Some(value)), BODY).unwrap_err();
        assert!(matches!(error, WebhookError::Signature), "{value}");
        assert_eq!(error.status(), StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn both_keys_of_a_secret_are_accepted() {
    let webhooks = Webhooks::new(SECRET);
    let now = at(1000);
    let whole = webhooks.sign("a", now, BODY).unwrap();
    let standard = webhooks.sign_standard("a", now, BODY).unwrap();
    // The signature of `a.1000.{"type":"order.paid"}` was computed with another program.
    assert_eq!(whole[2].1, WHOLE);
    assert_eq!(standard[2].1, STANDARD);
    for headers in [whole, standard] {
        assert!(webhooks.verify_at(headers, BODY, now).is_ok());
    }
    // Padding is optional.
    let padded = Webhooks::new("whsec_c2VjcmV0MQ==");
    let headers = padded.sign_standard("a", now, BODY).unwrap();
    let unpadded = Webhooks::new("whsec_c2VjcmV0MQ");
    assert!(unpadded.verify_at(headers, BODY, now).is_ok());
}

const WHOLE: &str = "v1,xQy6lNLuJRmqc0XTpDRwQfz5sD01Q6aluY3LNqqlGr4=";
const STANDARD: &str = "v1,qt3u5Nzj2GWMJdLy0G5H417Wk8ydxcyPP8OSGCCo7E4=";

#[test]
fn secrets_of_every_form_verify_what_they_sign() {
    for secret in ["polar_whs_abc", "plain", "schlüssel🔑", "whsec_not base64!"] {
        let webhooks = Webhooks::new(secret);
        let headers = webhooks.sign("a", at(1000), BODY).unwrap();
        assert!(webhooks.verify_at(headers, BODY, at(1000)).is_ok());
        let error = webhooks.sign_standard("a", at(1000), BODY).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the webhook secret is unusable: it contains no key in base64"
        );
    }
}

#[test]
fn white_space_around_a_secret_is_ignored() {
    let whole = Webhooks::new(SECRET).sign("a", at(1000), BODY).unwrap();
    let standard = Webhooks::new(SECRET).sign_standard("a", at(1000), BODY);
    let standard = standard.unwrap();
    for secret in ["whsec_c2VjcmV0\n", " whsec_c2VjcmV0\r\n", "whsec_ c2VjcmV0"] {
        let webhooks = Webhooks::new(secret);
        assert!(
            webhooks.verify_at(&standard, BODY, at(1000)).is_ok(),
            "{secret:?}"
        );
        let is_trimmed = secret.trim() == SECRET;
        let verified = webhooks.verify_at(&whole, BODY, at(1000));
        assert_eq!(verified.is_ok(), is_trimmed, "{secret:?}");
        // The white space may belong to the secret. So `sign` uses it, and `verify` tries the secret with and without
        // it.
        let own = webhooks.sign("a", at(1000), BODY).unwrap();
        assert_ne!(own, whole);
        assert!(webhooks.verify_at(own, BODY, at(1000)).is_ok());
    }
}

#[test]
fn a_secret_without_a_prefix_may_be_base64() {
    let standard = Webhooks::new(SECRET).sign_standard("a", at(1000), BODY);
    let standard = standard.unwrap();
    for secret in ["c2VjcmV0", "c2VjcmV0\n"] {
        let webhooks = Webhooks::new(secret);
        assert!(webhooks.verify_at(&standard, BODY, at(1000)).is_ok());
        let own = webhooks.sign("a", at(1000), BODY).unwrap();
        assert!(webhooks.verify_at(own, BODY, at(1000)).is_ok());
    }
    let polar = Webhooks::new("polar_whs_c2VjcmV0");
    assert!(polar.verify_at(&standard, BODY, at(1000)).is_err());
}

#[test]
fn secrets_can_be_rotated_without_a_gap() {
    let (old, new) = (Webhooks::new("old"), Webhooks::new("new"));
    let both = Webhooks::new("new").with_secret("old");
    for webhooks in [&old, &new] {
        let headers = webhooks.sign("a", at(1000), BODY).unwrap();
        assert!(both.verify_at(headers, BODY, at(1000)).is_ok());
    }
    let headers = both.sign("a", at(1000), BODY).unwrap();
    assert!(new.verify_at(&headers, BODY, at(1000)).is_ok());
    assert!(old.verify_at(&headers, BODY, at(1000)).is_err());
}

#[test]
fn an_empty_secret_verifies_nothing() {
    // These secrets contain no key, so anyone could sign with them.
    let public = [
        "",
        "whsec_",
        "whsec_=",
        "whsec_==",
        "polar_whs_",
        " ",
        "whsec_ \n",
    ];
    for empty in public {
        for webhooks in [
            Webhooks::new(empty),
            Webhooks::new("good").with_secret(empty),
        ] {
            let headers = Webhooks::new("good").sign("a", at(1000), BODY).unwrap();
            let error = webhooks.verify_at(headers, BODY, at(1000)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the webhook secret is unusable: a secret is empty"
            );
            assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(webhooks.sign("a", at(1000), BODY).is_err());
        }
    }
}

#[test]
fn deliveries_are_accepted_within_the_tolerance() {
    let webhooks = Webhooks::new(SECRET);
    let verify = |webhooks: &Webhooks, now| webhooks.verify_at(signed(BODY), BODY, at(now));
    for now in [700, 1000, 1300] {
        assert!(verify(&webhooks, now).is_ok(), "{now}");
    }
    let stale = verify(&webhooks, 1301).unwrap_err();
    assert!(matches!(stale, WebhookError::Stale { age, .. } if age == Duration::from_secs(301)));
    assert_eq!(stale.to_string(), "the delivery is 301 seconds old");
    assert_eq!(stale.status(), StatusCode::FORBIDDEN);
    let future = verify(&webhooks, 699).unwrap_err();
    assert!(
        matches!(future, WebhookError::Future { ahead, .. } if ahead == Duration::from_secs(301))
    );
    assert_eq!(future.status(), StatusCode::FORBIDDEN);

    let strict = webhooks.tolerance(Duration::from_secs(10));
    assert!(verify(&strict, 1010).is_ok());
    assert!(verify(&strict, 1011).is_err());
    assert!(verify(&strict, 989).is_err());
    // Does not panic with the maximum timestamp.
    let headers = strict.sign("a", Timestamp::MAX_UTC, BODY).unwrap();
    let error = strict
        .verify_at(headers, BODY, Timestamp::MIN_UTC)
        .unwrap_err();
    assert!(matches!(error, WebhookError::Future { .. }), "{error:?}");
}

#[test]
fn unauthentic_deliveries_are_not_reported_as_old_or_malformed() {
    let webhooks = Webhooks::new(SECRET);
    let forged = with("webhook-signature", Some("v1,AAAA"));
    for (now, body) in [
        (9999, BODY),
        (1, BODY),
        (1000, "{"),
        (1000, r#"{"embeds":[]}"#),
    ] {
        let error = webhooks.verify_at(&forged, body, at(now)).unwrap_err();
        assert!(matches!(error, WebhookError::Signature), "{error:?}");
    }
    let error = webhooks.verify_at(signed("{"), "{", at(9999)).unwrap_err();
    assert!(matches!(error, WebhookError::Stale { .. }), "{error:?}");
}

#[test]
fn bodies_are_decoded_after_verification() {
    for body in ["", "{", "null", "\u{feff}{}", r#"{"type":"a","type":"a"}"#] {
        let error = verify(signed(body), body).unwrap_err();
        assert!(matches!(error, WebhookError::Malformed { .. }), "{error:?}");
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
    }
    let body = r#"{"type":"order.paid","data":"hush","data":1}"#;
    let error = verify(signed(body), body).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("msg_1") && text.contains("order.paid"),
        "{text}"
    );
    let WebhookError::Malformed {
        id,
        r#type,
        timestamp,
        body: raw,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((&*id, r#type.as_deref()), ("msg_1", Some("order.paid")));
    assert_eq!(timestamp, at(1000));
    assert_eq!(raw.bytes(), body);
    for (body, expected) in [
        (r#"{"content":"a","embeds":[]}"#, Format::Discord),
        (r#"{"text":"a","blocks":[]}"#, Format::Slack),
    ] {
        let error = verify(signed(body), body).unwrap_err();
        assert!(matches!(error, WebhookError::Formatted { format, .. } if format == expected));
        assert_eq!(error.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let body = r#"{"type":"a","api_version":"2031-07"}"#;
    let error = verify(signed(body), body).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the event follows version \"2031-07\" of the API, and the program was built for 2026-10"
    );
    assert_eq!(error.status(), StatusCode::NOT_IMPLEMENTED);
    for body in [
        r#"{"type":"a","api_version":"2026-10"}"#,
        r#"{"type":"a","api_version":null}"#,
    ] {
        assert!(verify(signed(body), body).is_ok());
    }
}

#[test]
fn short_secrets_are_detected() {
    for (secret, short) in [
        ("whsec_AA==", true),
        ("whsec_MDEyMzQ1Njc4OWFiY2Rl", true),
        ("whsec_MDEyMzQ1Njc4OWFiY2RlZg==", false),
        ("polar_whs_0123456789abcde", true),
        ("polar_whs_0123456789abcdef", false),
        // Decoded as base64, the key has only 12 bytes, and that key is accepted as well.
        ("0123456789abcdef", true),
        ("0123456789abcdef!", false),
        // Contains no key.
        ("whsec_", false),
    ] {
        assert_eq!(Webhooks::new(secret).has_short_secret(), short, "{secret}");
        let both = Webhooks::new("0123456789abcdef!").with_secret(secret);
        assert_eq!(both.has_short_secret(), short, "{secret}");
    }
    // Short secrets work, as on the server.
    assert!(Webhooks::new(SECRET).has_short_secret() && verify(signed(BODY), BODY).is_ok());
}

#[test]
fn secrets_and_signatures_are_not_printed() {
    let webhooks = Webhooks::new(SECRET).with_secret("polar_whs_hush");
    assert_eq!(
        format!("{webhooks:?}"),
        "Webhooks { secrets: 2, tolerance: 300s, body_limit: 1048576, body_timeout: 10s }"
    );
    let error = verify(with("webhook-signature", Some("v1,c2lnbmF0dXJl")), BODY).unwrap_err();
    assert_eq!(
        format!("{error:?} {error}"),
        "Signature the signature does not match any of the secrets"
    );
}
