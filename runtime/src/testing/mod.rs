//! Tests of code that uses a client (feature `test-util`).
//!
//! - [`sample`] returns valid values of response types, so that a test specifies only what matters to it.
//! - A [`Mock`] responds to expected calls, and records requests. Operations are named by the types of their requests,
//!   so responses are type-checked, and they are validated against the OpenAPI description.
//! - A [`Store`] is an in-memory API that stores what is created.
//! - A `Server` serves either over HTTP (feature `test-server`).
//! - `SignedDelivery` is a webhook delivery, for tests of handlers (feature `webhooks`).
//!
//! A failed expectation is a panic, when the mock is dropped or earlier by [`Mock::verify`], which names missing and
//! unexpected calls.

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
