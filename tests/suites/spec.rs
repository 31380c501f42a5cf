//! The commands that compare, import and update contracts.

#[path = "support/steps.rs"]
mod steps;

mod spec_diff;
mod spec_import;
mod spec_update;
