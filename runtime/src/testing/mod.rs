//! Tests of code that uses a client (feature `test-util`).
//!
//! - [`sample`] makes valid values of what the API sends, so that a test only says what matters to it.
//! - A [`Mock`] responds to the calls that a test expects, and records what was sent. Operations are named by the types of
//!   their requests, so that responses have the right type, too, and responses are validated against the OpenAPI
//!   description.
//! - A [`Store`] is an in-memory API that keeps what is created.
//! - A `Server` is either as an HTTP server (feature `test-server`).
//! - `SignedDelivery` is a delivery of a webhook, for tests of handlers (feature `webhooks`).
//!
//! A test fails with a panic, as tests do: when the mock is dropped, or earlier by [`Mock::verify`], it names the calls
//! that did not come and those that nobody expected.

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
/// Makes JSON for [`sample_with`].
pub use serde_json::json;
#[cfg(feature = "test-server")]
pub use server::Server;
pub use store::{Store, StoreTransport};
