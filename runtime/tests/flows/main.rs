//! Multi-step workflows: uploads, downloads, and routes to sessions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[cfg(feature = "reqwest")]
#[path = "../bucket/mod.rs"]
mod bucket;
#[path = "../polar/mod.rs"]
mod polar;
#[path = "../script/mod.rs"]
mod script;

mod downloads;
mod routes;
mod uploads;
