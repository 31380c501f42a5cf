//! Tests of the generator's public functions, with small contracts and with those in `spec/`.

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
