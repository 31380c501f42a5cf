//! Webhooks: verification, handlers that run once, and web frameworks.

#![cfg(feature = "webhooks")]

#[path = "../event/mod.rs"]
mod event;

mod deliveries;
mod frameworks;
mod handlers;
mod verification;
