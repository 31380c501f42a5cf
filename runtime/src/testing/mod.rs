//! Test utilities for code that uses a client (feature `test-util`).
//!
//! - [`sample`] returns a valid value of a response type, so that a test sets only the properties that matter to it.
//! - A [`Mock`] responds to expected calls, and records requests. Responses are type-checked, and validated against the
//!   OpenAPI description. If a call is missing or unexpected, the mock panics when it is dropped or
//!   [verified](Mock::verify).
//! - A [`Store`] is an in-memory API: what a test creates can be read, listed, updated and deleted.
//! - A `Server` serves a mock or a store over HTTP, for other processes (feature `test-server`).
//! - A `SignedDelivery` is a signed webhook delivery, for tests of webhook handlers (feature `webhooks`).

#![allow(
    clippy::panic,
    reason = "a panic is how a test fails, and this is compiled for tests only"
)]

#[cfg(feature = "webhooks")]
mod delivery;
mod mock;
mod route;
mod sample;
mod schemas;
#[cfg(feature = "test-server")]
mod server;
mod store;

#[cfg(feature = "webhooks")]
pub use delivery::SignedDelivery;
pub use mock::{Endpoint, Mock, MockTransport, Recorded, Reply, When};
#[doc(hidden)]
pub use sample::Schema;
#[doc(hidden)]
#[cfg(feature = "webhooks")]
pub use sample::sample_event;
pub use sample::{Sample, sample, sample_with};
pub use schemas::Described;
#[doc(hidden)]
pub use schemas::Schemas;
/// Creates a JSON value from a literal, for [`sample_with`].
pub use serde_json::json;
#[cfg(feature = "test-server")]
pub use server::Server;
pub use store::{Store, StoreTransport};
