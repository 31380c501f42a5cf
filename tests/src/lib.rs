//! What the test suites share: the code emitted for every document in `inputs/`, compiled, and a transport that records.

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

/// The versions of the API that the client has.
pub mod versions {
    include!(concat!(env!("OUT_DIR"), "/versions.rs"));
}

pub use delivered::{Recorded, recorded_deliveries};
pub use emitted::{emitted_file, emitted_files};
pub use recorder::{Recorder, Reply, Sent};

/// The code that the generator emits for the documents in `inputs/`: a module each, as in the published crate.
///
/// A warning of the compiler about emitted code is an error here.
#[deny(warnings, missing_docs, unreachable_pub)]
#[allow(
    clippy::module_inception,
    clippy::self_named_constructors,
    reason = "an input may be called like a module of the version, and have a service that is called `new`"
)]
pub mod inputs {
    include!(concat!(env!("OUT_DIR"), "/inputs.rs"));
}

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
