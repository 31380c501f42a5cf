//! Decoding is lossless: tests every decoded type of every version with random instances of its schema in the contract.
//!
//! `POLAR_CASES` is the number of instances of each type, `POLAR_SEED` the first random seed. A failure prints both, so
//! that it can be reproduced.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "decoding/facts.rs"]
mod facts;
#[path = "decoding/fixture.rs"]
mod fixture;
#[path = "decoding/mutation.rs"]
mod mutation;
#[path = "decoding/round_trip.rs"]
mod round_trip;
#[path = "decoding/samples.rs"]
mod samples;

include!(concat!(env!("OUT_DIR"), "/decoded.rs"));
