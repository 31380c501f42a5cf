//! Tests of the commands that compare, import and update contracts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod contracts;
mod diff;
mod import;
mod update;
