//! Decoding, encoding, and values that are sent.

#[path = "../fixtures/mod.rs"]
mod fixtures;

mod decode;
mod encode;
mod ids;
mod inputs;
mod unions;
