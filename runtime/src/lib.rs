//! The hand-written half of the [`polar-client`](https://docs.rs/polar-client) crate: depend on that one.
//!
//! `polar-client` is generated from the OpenAPI description of the API. Everything that does not follow from the
//! description is here: the codec ([`codec`]), field types ([`types`]), requests and clients ([`client`],
//! [`transport`]), multi-step workflows ([`flows`]), verification of webhooks (`webhooks`), and errors ([`Error`]).
//! `polar-client` re-exports what its users need. The rest is an interface between the two crates and changes with
//! them.
//!
//! # Features
//! - `rustls` (default): `reqwest`, with rustls for `https`.
//! - `native-tls`: `reqwest`, with the TLS of the operating system.
//! - `reqwest`: the transport based on reqwest, and tokio's timer, without TLS: for a `reqwest::Client` of your own.
//!   Without it there is neither reqwest nor tokio among the dependencies: clients are built with a
//!   [`Transport`](transport::Transport) and, to retry calls and to time them out, a [`Timer`](transport::Timer).
//! - `http2` (default), `gzip` (default): `reqwest`, with HTTP/2 where the server offers it, and with compressed responses.
//! - `blocking`: `send_blocking()` on every request.
//! - `files`: uploads from files and readers, and downloads to files. Requires tokio and `tempfile`.
//! - `tracing`: spans for calls and their attempts, and events for retries, waits and failures.
//! - `opentelemetry`: metrics of attempts by OpenTelemetry's conventions, and the W3C trace context sent with them.
//! - `opentelemetry-exporter`: spans that count the tokens of language models as usage events.
//! - `exports`: CSV exports, row by row.
//! - `ingest`: ingestion of events in batches, from many tasks, through outages.
//! - `metering`: usage of customers, tracked through the ingester, and the balances of their meters.
//! - `outpost`: balances that are computed locally, from snapshots that Polar sends by WebSocket; with `redis`, for all processes
//!   of a program.
//! - `postgres`: usage events that are part of a transaction of PostgreSQL, and webhook deliveries that are remembered there,
//!   by all processes of a program.
//! - `redis`: a rate limit that several processes share, and webhook deliveries that are remembered in Redis.
//! - `spool`: events on disk until they are delivered, so that they survive the end of the process. It brings `redb`.
//! - `test-util`: samples of what the API sends, a mock and an in-memory store, for tests.
//! - `test-server`: the mock or the store as an HTTP server.
//! - `webhooks`: verification and decoding of webhook deliveries.
//! - `axum`, `actix-web`: webhook endpoints as routes of that framework, and verified deliveries as extractors; for axum, routes
//!   to a checkout and to the customer portal as well.
//!
//! # WebAssembly
//! `wasm32-wasip2`, and `wasm32-unknown-unknown` in a JavaScript host (browsers, Node.js, Cloudflare Workers), work without
//! default features, and with any of `webhooks`, `axum`, `exports`, `ingest`, `metering`, `tracing`, `opentelemetry` and `test-util`. A
//! client there needs a [`Transport`](transport::Transport), and for retries and timeouts a [`Timer`](transport::Timer). On
//! `wasm32-unknown-unknown` time and randomness come from the host, so that [`transport::Instant`] is that of `web-time`
//! there. The other features need sockets, files or threads, and are rejected by the compiler.

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

/// The HTTP client of the default transport, for building a `reqwest::Client` in the version of this crate.
#[cfg(feature = "reqwest")]
pub use reqwest;

/// The client of Redis: for connections of the version that this crate takes. Its features, such as those for TLS, are
/// enabled by a dependency of your own.
#[cfg(feature = "redis")]
pub use redis;
/// The client of PostgreSQL: for configurations, clients and transactions of the version that this crate takes.
#[cfg(feature = "postgres")]
pub use tokio_postgres;

/// Re-exports for the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use bytes::Bytes;
    pub use serde;
}
