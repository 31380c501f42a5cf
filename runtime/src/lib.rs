//! The hand-written half of the [`polar-client`](https://docs.rs/polar-client) crate: depend on that one.
//!
//! `polar-client` is generated from the API's description. Whatever does not follow from the description lives here:
//! how values are read and written ([`codec`]), the types of their fields ([`types`]), how requests are built and sent
//! ([`client`], [`transport`]), what takes several of them ([`flows`]), how deliveries are verified (`webhooks`), and what
//! can go wrong ([`Error`]). `polar-client` re-exports what its users need; the rest
//! is an interface between the two crates and changes with them.
//!
//! # Features
//! - `rustls` (default): `reqwest`, with rustls for `https`.
//! - `native-tls`: `reqwest`, with the TLS of the operating system.
//! - `reqwest`: the transport over reqwest and tokio's clock, on their own without TLS, for a `reqwest::Client` of one's own.
//!   Without it there is neither reqwest nor tokio among the dependencies: clients are built with a
//!   [`Transport`](transport::Transport) and, to repeat calls and to end them in time, a [`Timer`](transport::Timer).
//! - `blocking`: `send_blocking()` on every request.
//! - `files`: uploads from files and readers, and downloads to files. It needs tokio, and brings `tempfile`.
//! - `tracing`: spans for calls and their attempts.
//! - `exports`: exports in CSV, row by row.
//! - `ingest`: events in batches, from many tasks, through outages.
//! - `test-util`: a stand-in for the API, for tests.
//! - `webhooks`: deliveries of webhooks are verified and read.
//! - `axum`, `actix-web`: a verified delivery is an extractor of that framework.

mod checksum;
pub mod client;
pub mod codec;
mod error;
pub mod flows;
#[cfg(feature = "ingest")]
pub mod ingest;
mod secrets;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod transport;
pub mod types;
#[cfg(feature = "webhooks")]
pub mod webhooks;

pub use error::{
    ApiError, Error, ExportError, Location, RawBody, StorageError, UploadError, UploadStep,
    ValidationEntry,
};

/// What the macros of this crate need from others.
#[doc(hidden)]
pub mod __private {
    pub use bytes::Bytes;
    pub use serde;
}
