//! Decoding loses nothing: every type that is decoded, of every version, tried with random instances of what the
//! contract itself says of it.
//!
//! `POLAR_CASES` is the number of instances for each type, `POLAR_SEED` the first seed. A failure names both, so that one
//! case can be repeated.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "decoding/facts.rs"]
mod facts;
#[path = "decoding/mutation.rs"]
mod mutation;
#[path = "decoding/round_trip.rs"]
mod round_trip;
#[path = "decoding/samples.rs"]
mod samples;
#[path = "decoding/subject.rs"]
mod subject;

include!(concat!(env!("OUT_DIR"), "/decoded.rs"));
