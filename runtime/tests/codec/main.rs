//! Decoding, encoding, and request types.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "../fixtures/mod.rs"]
mod fixtures;

mod decode;
mod encode;
mod ids;
mod inputs;
mod unions;
