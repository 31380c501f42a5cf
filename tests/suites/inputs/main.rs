//! Tests of the code that is emitted for each contract in `inputs/`: its source, by snapshots, and its behavior.
//!
//! The code is part of the library of this package, which denies warnings.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod contracts;
mod limits;
mod paging;
mod reference_responses;
mod requests;
mod security;
mod unions;
mod values;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};

use polar_client_runtime::codec::{self, Decode, DecodeError, Encode};

/// Types and their codec.
const TYPES: &[&str] = &["models/", "codec/"];
/// Types, codec and events.
const EVENTS: &[&str] = &["models/", "codec/", "webhooks.rs"];
/// Operations.
const OPERATIONS: &[&str] = &["services/"];
/// Types, codec, operations, error codes and pages.
const ALL: &[&str] = &[
    "models/",
    "codec/",
    "services/",
    "error_code.rs",
    "pages.rs",
];
/// The root of the version, servers and operations.
const TREE: &[&str] = &["mod.rs", "server.rs", "services/"];

/// Types, their identifiers, and operations.
const IDENTIFIERS: &[&str] = &["ids.rs", "models/", "services/"];

/// All files.
const EVERYTHING: &[&str] = &[""];

macro_rules! snapshots {
    ($($input:ident: $parts:ident,)*) => {
        $(
            #[test]
            fn $input() {
                insta::assert_snapshot!(stringify!($input), emitted(stringify!($input), $parts));
            }
        )*

        const SNAPSHOTS: &[&str] = &[$(stringify!($input)),*];
    };
}

snapshots! {
    aliases: TYPES,
    ambiguous_union: TYPES,
    answers: OPERATIONS,
    constants: TYPES,
    csv_rows: ALL,
    dates_and_times: TYPES,
    deep_object: OPERATIONS,
    directions: TYPES,
    enum_odd_values: TYPES,
    equal_successes: OPERATIONS,
    error_classes: ALL,
    fallback_union: TYPES,
    flows: ALL,
    form_body: ALL,
    given_names: ALL,
    idempotency_key: OPERATIONS,
    identifiers: IDENTIFIERS,
    ingest: OPERATIONS,
    metering: TREE,
    inline_types: TYPES,
    input_output_pairs: TYPES,
    joined_parameters: OPERATIONS,
    json_body: ALL,
    json_parameter: OPERATIONS,
    keywords: ALL,
    kind_union: TYPES,
    limits: ALL,
    lookups: TYPES,
    many_required_fields: TYPES,
    maps: TYPES,
    names: EVERYTHING,
    nested_tag: TYPES,
    nested_union: TYPES,
    nullable: TYPES,
    nullable_components: TYPES,
    numbers: TYPES,
    open_objects: TYPES,
    open_tuples: TYPES,
    overlapping_tags: TYPES,
    paging: ALL,
    patch_body: ALL,
    patch_shared_type: TYPES,
    path_parameters: OPERATIONS,
    query_parameters: OPERATIONS,
    recursive_type: TYPES,
    required_key_union: TYPES,
    secrets: TYPES,
    security: TREE,
    shared_constant_union: TYPES,
    shared_types: TYPES,
    sub_services: TREE,
    superset_keys_union: TYPES,
    tag_union: TYPES,
    tuple: TYPES,
    webhooks: EVENTS,
    write_only_union: TYPES,
}

/// The input `reference_responses` is excluded, because it has a module of its own.
#[test]
fn every_input_has_a_snapshot() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/inputs");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let inputs: BTreeSet<String> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let shown: BTreeSet<String> = SNAPSHOTS
        .iter()
        .chain(&["reference_responses"])
        .map(|&input| input.to_owned())
        .collect();
    assert_eq!(
        inputs.difference(&shown).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

/// Returns the emitted files whose paths start with one of the parts, without the lines that are the same in all files:
/// the header and the lists of modules.
fn emitted(input: &str, parts: &[&str]) -> String {
    let mut text = String::new();
    for (path, source) in polar_tests::emitted_files(input).unwrap() {
        let lists_modules = matches!(path.as_str(), "models/mod.rs" | "codec/mod.rs");
        let is_data = path.ends_with(".json");
        if is_data || lists_modules || !parts.iter().any(|part| path.starts_with(part)) {
            continue;
        }
        let (header, source) = source.split_once("\n\n").unwrap();
        assert!(header.starts_with("// @generated"), "{path}: {header}");
        writeln!(text, "// file: {path}\n\n{source}").unwrap();
    }
    text
}

/// Decodes a value, asserts that it is encoded as the same bytes, and returns it.
fn round_trip<T: Decode + Encode>(json: &str) -> T {
    let value: T = codec::from_str(json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    assert_eq!(codec::to_string(&value), json);
    value
}

/// Returns the error of a value that cannot be decoded.
fn decode_error<T: Decode + Debug>(json: &str) -> DecodeError {
    codec::from_str::<T>(json).unwrap_err()
}
