//! Verifies webhook deliveries with arbitrary headers and bodies. Verification must not panic, and must reject every
//! delivery that was not signed with the secret.
//!
//! The first four bytes are the current time, in units of 100,000 seconds since 1970. The headers follow, one per line,
//! then an empty line and the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use polar_client::types::Timestamp;
use polar_client::v2026_10::Webhooks;
use polar_client::webhooks::WebhookError;

/// No seed in the corpus is signed with this secret, so every accepted delivery is an error.
const SECRET: &str = "whsec_bm9ib2R5IGtub3dzIHRoaXM=";

fuzz_target!(|bytes: &[u8]| {
    let Some((seconds, message)) = bytes.split_first_chunk() else {
        return;
    };
    let seconds = i64::from(i32::from_le_bytes(*seconds)) * 100_000;
    let now = Timestamp::from_timestamp(seconds, 0).unwrap_or_default();
    let (headers, body) = parts(message);
    let webhooks = Webhooks::new(SECRET);

    if let Ok(delivery) = webhooks.verify_at(&headers, body, now) {
        panic!("{delivery:?} was not signed");
    }

    // A delivery with a valid signature is accepted, or rejected because of a header, its age or its body.
    let id = String::from_utf8_lossy(bytes);
    let Ok(signed) = webhooks.sign(&id, now, body) else {
        return;
    };
    match webhooks.verify_at(&signed, body, now) {
        Ok(delivery) => assert_eq!((delivery.id, delivery.timestamp), (id.into_owned(), now)),
        Err(error) => {
            assert!(!matches!(error, WebhookError::Signature), "{error}");
            let _ = (error.to_string(), error.status());
        }
    }
});

/// Splits the input into the names and values of headers, and the body.
fn parts(message: &[u8]) -> (Vec<(String, Vec<u8>)>, &[u8]) {
    let mut headers = Vec::new();
    let mut rest = message;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            break;
        };
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        headers.push((name, line[colon + 1..].to_vec()));
    }
    (headers, rest)
}
