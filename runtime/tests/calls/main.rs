//! Calls, from the request to the response or the error.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "../polar/mod.rs"]
mod polar;
#[path = "../script/mod.rs"]
mod script;

mod blocking;
mod bodies;
mod errors;
mod http;
mod limits;
mod options;
mod requests;
mod retries;
mod stack;
mod timers;
mod tokens;
