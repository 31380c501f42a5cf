//! Tests of the generator with small and large contracts: reading, comparing, sharing and emitting.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod absence;

mod compare;
mod contract;
mod credentials;
mod layout;
mod names;
mod share;
mod size;
mod versions;
