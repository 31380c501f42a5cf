//! Decodes arbitrary bytes. Decoding must not panic, and a decoded value must be equal after it is encoded and decoded
//! again.
//!
//! The first byte selects the type, the rest is the JSON.

#![no_main]

use std::collections::BTreeMap;
use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use polar_client::codec::{self, Decode, Encode};
use polar_client::types::{Decimal, Timestamp};
use polar_client::v2026_10::models::{
    CustomFieldValue, Event, EventsPage, Filter, MetadataValue, ProductList,
};
use polar_client::v2026_10::webhooks;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else {
        return;
    };
    match choice % 8 {
        0 => round_trip::<webhooks::Event>(text),
        1 => round_trip::<Event>(text),
        2 => round_trip::<ProductList>(text),
        3 => round_trip::<EventsPage>(text),
        4 => round_trip::<Filter>(text),
        5 => round_trip::<BTreeMap<String, MetadataValue>>(text),
        6 => round_trip::<BTreeMap<String, CustomFieldValue>>(text),
        _ => round_trip::<(Vec<Decimal>, Vec<Timestamp>)>(text),
    }
});

fn round_trip<T: Decode + Encode + PartialEq + Debug>(text: &[u8]) {
    let value: T = match codec::from_slice(text) {
        Ok(value) => value,
        Err(error) => return drop(error.to_string()),
    };
    let written = codec::to_vec(&value);
    let again: Result<T, _> = codec::from_slice(&written);
    assert!(
        again.as_ref().is_ok_and(|again| *again == value),
        "{value:?} is written as {}, which is {again:?}",
        String::from_utf8_lossy(&written)
    );
}
