//! A stand-in for the API, for tests of code that uses a client (feature `test-util`).
//!
//! A [`Mock`] answers the calls that a test expects and keeps what was sent. Nothing listens on a port. Operations are
//! named by the types of their requests, so that answers have the right type, too.
//!
//! A test fails with a panic, as tests do: when the mock is dropped, or earlier by [`Mock::verify`], it names the calls
//! that did not come and those that nobody expected.

#![allow(
    clippy::panic,
    reason = "a panic is how a test fails, and this is compiled for tests only"
)]

mod answer;
mod endpoint;
mod mock;
mod recorded;
mod rule;
mod when;

pub use answer::Answer;
pub use endpoint::Endpoint;
pub use mock::{Mock, MockTransport};
pub use recorded::Recorded;
pub use when::When;
