//! Decoding is lossless: tests every decoded type of every version with random instances of its schema in the contract.
//!
//! `POLAR_CASES` is the number of instances of each type, `POLAR_SEED` the first random seed. A failure prints both, so
//! that it can be reproduced.

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
