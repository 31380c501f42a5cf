//! Webhooks: verification, handlers that run once, and web frameworks.

#![cfg(feature = "webhooks")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "../event/mod.rs"]
mod event;

mod deliveries;
mod frameworks;
mod handlers;
mod verification;
