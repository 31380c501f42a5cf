//! The hand-written part of the [`polar-client`](https://docs.rs/polar-client) crate. Depend on `polar-client` instead.
//!
//! `polar-client` is generated from the OpenAPI description of Polar's API. This crate contains the rest:
//!
//! - requests and clients ([`client`], [`transport`]);
//! - the codec ([`codec`]) and the types of fields ([`types`]);
//! - errors ([`Error`]);
//! - multi-step workflows, such as uploads ([`flows`]), and the verification of webhooks (`webhooks`).
//!
//! `polar-client` re-exports what its users need. The rest of this crate is an interface between the two crates. It can
//! change in any release.
//!
//! # Features
//! HTTP and TLS:
//!
//! - `reqwest`: HTTP with reqwest, without TLS, and tokio's timer. Without this feature, clients need a
//!   [`Transport`](transport::Transport), and a [`Timer`](transport::Timer) for retries and timeouts.
//! - `rustls` (default): `reqwest` with rustls.
//! - `native-tls`: `reqwest` with the TLS implementation of the operating system.
//! - `http2` (default): `reqwest` with HTTP/2, if the server supports it.
//! - `gzip` (default): `reqwest` with compressed responses.
//! - `blocking`: `send_blocking()` on every request.
//!
//! Files and exports:
//!
//! - `files`: uploads from files and readers, and downloads to files. Depends on tokio and `tempfile`.
//! - `exports`: typed rows of CSV exports.
//!
//! Usage events:
//!
//! - `ingest`: usage events that are sent in batches.
//! - `metering`: usage of customers, and balances of their meters.
//! - `outpost`: balances that are computed locally, from snapshots that Polar sends by WebSocket. With `redis`, several
//!   processes share them.
//! - `spool`: usage events that are kept on disk until they are delivered. Depends on `redb`.
//!
//! Webhooks and routes:
//!
//! - `webhooks`: verification and decoding of webhook deliveries.
//! - `axum`, `actix-web`: webhook routes and extractors for this framework. `axum` also has routes that redirect to
//!   checkouts and to the customer portal.
//!
//! Databases:
//!
//! - `postgres`: usage events in transactions of PostgreSQL, and deduplication of webhook deliveries in PostgreSQL.
//! - `redis`: a rate limit that several processes share, and deduplication of webhook deliveries in Redis.
//!
//! Observability:
//!
//! - `tracing`: spans of calls and their attempts, and log events about retries, delays and failures.
//! - `opentelemetry`: metrics of attempts, and propagation of the W3C trace context.
//! - `opentelemetry-exporter`: usage events from spans that count the tokens of language models.
//!
//! Tests:
//!
//! - `test-util`: sample values, a mock and an in-memory API.
//! - `test-server`: the mock or the in-memory API as an HTTP server.
//!
//! # WebAssembly
//! `wasm32-wasip2`, and `wasm32-unknown-unknown` in a JavaScript host (browsers, Node.js, Cloudflare Workers), are
//! supported without default features, and with any of `webhooks`, `axum`, `exports`, `ingest`, `metering`, `tracing`,
//! `opentelemetry` and `test-util`. The other features need sockets, files or threads, and are a compile error.
//!
//! Clients need a [`Transport`](transport::Transport), and a [`Timer`](transport::Timer) for retries and timeouts. On
//! `wasm32-unknown-unknown`, time and randomness come from the host, and [`transport::Instant`] is the type of `web-time`.

// Shows the features that each item requires, on docs.rs, which uses the nightly compiler.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(
    target_family = "wasm",
    any(
        feature = "reqwest",
        feature = "files",
        feature = "blocking",
        feature = "actix-web",
        feature = "opentelemetry-exporter",
        feature = "outpost",
        feature = "postgres",
        feature = "redis",
        feature = "spool",
        feature = "test-server"
    )
))]
compile_error!(
    "the features `rustls`, `native-tls`, `reqwest`, `http2`, `gzip`, `blocking`, `files`, `actix-web`, `opentelemetry-exporter`, \
     `outpost`, `postgres`, `redis`, `spool` and `test-server` are not available on WebAssembly: \
     use `default-features = false` with a version of the API and any of `webhooks`, `axum`, `exports`, `ingest`, `metering`, `tracing`, \
     `opentelemetry` and `test-util`, and give the client a `Transport` and a `Timer`"
);

mod checksum;
pub mod client;
pub mod codec;
mod error;
pub mod flows;
#[cfg(feature = "ingest")]
pub mod ingest;
mod log;
#[cfg(feature = "metering")]
pub mod metering;
#[cfg(feature = "postgres")]
pub mod outbox;
#[cfg(feature = "outpost")]
pub mod outpost;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "axum")]
pub mod routes;
#[cfg(feature = "redis")]
mod scripts;
mod secrets;
#[cfg(feature = "test-util")]
pub mod testing;
mod time;
pub mod transport;
pub mod types;
#[cfg(feature = "webhooks")]
pub mod webhooks;

pub use error::{
    ApiError, Error, ExportError, Location, RawBody, StorageError, UploadError, UploadStep,
    ValidationEntry,
};

/// The reqwest crate, in the version that this crate uses. Use it to build a `reqwest::Client` for the default
/// transport.
#[cfg(feature = "reqwest")]
pub use reqwest;

/// The redis crate, in the version that this crate uses. To enable its features, such as TLS, add it to your own
/// dependencies as well.
#[cfg(feature = "redis")]
pub use redis;
/// The tokio-postgres crate, in the version that this crate uses. Use it for configurations, clients and transactions.
#[cfg(feature = "postgres")]
pub use tokio_postgres;

/// Re-exports for the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use bytes::Bytes;
    pub use serde;
}
