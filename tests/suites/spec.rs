//! Tests of the commands that compare, import and update contracts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "support/steps.rs"]
mod steps;

mod spec_diff;
mod spec_import;
mod spec_update;
