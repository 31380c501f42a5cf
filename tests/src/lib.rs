//! Code that test suites share: the compiled output of the generator for all contracts in `inputs/`, tools to validate
//! and generate values, servers, and a transport that records requests.

pub mod contract;
pub mod decoded;
mod delivered;
pub mod difference;
mod emitted;
#[cfg(doctest)]
mod misuse;
mod recorder;
#[cfg(unix)]
pub mod servers;

/// The API versions of the client.
pub mod versions {
    include!(concat!(env!("OUT_DIR"), "/versions.rs"));
}

pub use delivered::{Recorded, recorded_deliveries};
pub use emitted::{emitted_file, emitted_files, emitted_item};
pub use recorder::{RecordedRequest, Recorder, Reply};

/// The emitted code for the contracts in `inputs/`: a module for each, as in the published crate.
///
/// Compiler warnings about emitted code are errors here.
#[deny(warnings, missing_docs, unreachable_pub)]
#[allow(
    clippy::module_inception,
    clippy::self_named_constructors,
    reason = "an input may be called like a module of the version, and have a service that is called `new`"
)]
pub mod inputs {
    include!(concat!(env!("OUT_DIR"), "/inputs.rs"));
}

/// The examples of the README as doctests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
