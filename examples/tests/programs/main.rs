//! Runs the examples as programs, with a server on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod actix_webhooks;
mod axum_webhooks;
mod entitlements;
mod export;
mod files;
mod ingest;
mod license;
mod metering;
#[cfg(unix)]
mod receiver;
mod saas;
mod support;
