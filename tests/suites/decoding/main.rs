//! Tests that decoding is lossless, for every decoded type of every version, with random instances of its schema in the
//! contract.
//!
//! The environment variable `POLAR_CASES` is the number of instances of each type, and `POLAR_SEED` the first random
//! seed. A failure prints the seed of its instance, with which it can be reproduced.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod facts;
mod fixture;
mod mutation;
mod round_trip;
mod samples;

include!(concat!(env!("OUT_DIR"), "/decoded.rs"));
