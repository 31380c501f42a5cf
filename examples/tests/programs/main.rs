//! The examples, run as programs against a server on the loopback interface.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[cfg(unix)]
#[path = "../receiver/mod.rs"]
mod receiver;
#[path = "../support/mod.rs"]
mod support;

mod actix_webhooks;
mod axum_webhooks;
mod entitlements;
mod export;
mod files;
mod ingest;
mod license;
mod metering;
mod saas;
