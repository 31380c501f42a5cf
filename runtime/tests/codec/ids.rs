//! Identifiers: conversions, and use with frameworks and serde.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeSet, HashSet};

use polar_client_runtime::codec;
use polar_client_runtime::types::{
    Clear, Date, Decimal, Id, Number, OneOrMany, Patch, Timestamp, Uuid,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::{Value, json};

/// A marker without any trait.
enum Order {}

const TEXT: &str = "3c90c3cc-0d44-4b50-8888-8dd25736052a";
const UUID: Uuid = Uuid::from_u128(0x3c90c3cc_0d44_4b50_8888_8dd25736052a);
const ID: Id<Order> = Id::new(UUID);

fn is_sent_between_threads<T: Copy + Send + Sync + Unpin + 'static>(_: T) {}

#[test]
fn ids_convert_from_and_to_uuids() {
    is_sent_between_threads(ID);
    assert_eq!(size_of::<Option<Id<Order>>>(), size_of::<Option<Uuid>>());
    assert_eq!(TEXT.parse(), Ok(ID));
    assert_eq!(ID.to_string(), TEXT);
    assert_eq!(format!("{ID:?} {:>38}", ID), format!("{UUID:?} {UUID:>38}"));
    assert_eq!(
        (Uuid::from(ID), *ID.as_uuid(), Id::from(UUID)),
        (UUID, UUID, ID)
    );
    assert!("3c90".parse::<Id<Order>>().is_err());
    let others = [Id::new(Uuid::max()), ID, Id::new(Uuid::nil()), ID];
    let sorted: BTreeSet<Id<Order>> = others.into();
    assert_eq!(
        Vec::from_iter(sorted),
        [Id::new(Uuid::nil()), ID, Id::new(Uuid::max())]
    );
    assert_eq!(HashSet::from(others).len(), 3);
}

#[test]
fn the_codec_reads_and_writes_them_as_strings() {
    let quoted = format!("\"{TEXT}\"");
    assert_eq!(codec::from_str::<Id<Order>>(&quoted).unwrap(), ID);
    assert_eq!(codec::to_string(&ID), quoted);
    let error = codec::from_str::<Id<Order>>("7").unwrap_err();
    assert!(error.to_string().contains("a UUID"), "{error}");
}

#[test]
fn an_id_deserializes_from_a_path_segment() {
    // Extractors such as `axum::extract::Path` deserialize a path segment as a string.
    let segment = StrDeserializer::<ValueError>::new(TEXT);
    assert_eq!(Id::<Order>::deserialize(segment).unwrap(), ID);
    let segment = StrDeserializer::<ValueError>::new("order");
    assert!(Id::<Order>::deserialize(segment).is_err());
}

#[test]
fn uuids_are_accepted_as_ids() {
    let one: [OneOrMany<Id<Order>>; 6] = [
        ID.into(),
        UUID.into(),
        [UUID].into(),
        vec![UUID].into(),
        [UUID].as_slice().into(),
        (&[UUID]).into(),
    ];
    assert!(one.iter().all(|one| *one == OneOrMany::from(ID)));
    let set: [Patch<Id<Order>>; 3] = [ID.into(), UUID.into(), Some(ID).into()];
    assert_eq!(set, [Patch::Set(ID); 3]);
    assert_eq!(Patch::<Id<Order>>::from(None), Clear);
    let lists: [Patch<Vec<Id<Order>>>; 4] = [
        [UUID].into(),
        vec![UUID].into(),
        [ID].into(),
        vec![ID].into(),
    ];
    assert!(lists.iter().all(|list| *list == Patch::Set(vec![ID])));
}

fn kept<T: DeserializeOwned + serde::Serialize>(json: Value) {
    let value: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(value).unwrap(), json);
}

#[test]
fn serde_reads_and_writes_all_values() {
    kept::<Id<Order>>(json!(TEXT));
    kept::<Uuid>(json!(TEXT));
    kept::<Timestamp>(json!("2026-11-21T18:22:49.476450Z"));
    kept::<Date>(json!("2026-11-21"));
    kept::<Decimal>(json!("0.0500"));
    kept::<Number>(json!(1));
    kept::<Number>(json!(1.5));
    kept::<Number>(json!(u64::MAX));
    kept::<OneOrMany<Id<Order>>>(json!([TEXT]));
    kept::<Patch<Decimal>>(json!("1.5"));
    kept::<Patch<Decimal>>(json!(null));
    assert_eq!(
        serde_json::from_str::<Decimal>("0.05").unwrap().to_string(),
        "0.05"
    );
    assert!(serde_json::from_str::<Decimal>("\"five\"").is_err());
    assert_eq!(
        serde_json::to_value(Patch::<i64>::Keep).unwrap(),
        Value::Null
    );
}
