//! The memory of a call that waits for its response, with and without spans:
//! `cargo bench -p polar-client-runtime --bench waiting_call`.
//!
//! The bench starts many calls with a transport that never responds and allocates nothing. It divides the memory that
//! they allocate by the number of calls. Then it runs itself a second time with the feature `tracing`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is a program: a panic is how it fails"
)]

#[path = "../tests/heap/mod.rs"]
mod heap;

use std::process::Command;

const CALLS: usize = 1000;

/// The maximum memory of a waiting call in bytes that the project aims at.
const TARGET_BYTES: i64 = 4096;

const WITH_TRACING: &str = "WAITING_CALL_WITH_TRACING";

fn main() {
    let taken = heap::waiting(CALLS);
    let bytes = taken.bytes_current / CALLS as i64;
    let blocks = taken.count_current / CALLS as i64;
    let spans = if cfg!(feature = "tracing") {
        "with"
    } else {
        "without"
    };
    println!(
        "a waiting call {spans} `tracing`: {bytes} bytes in {blocks} allocations, aim {TARGET_BYTES}"
    );
    if !cfg!(feature = "tracing") && std::env::var_os(WITH_TRACING).is_none() {
        const RUN_WITH_TRACING: [&str; 7] = [
            "bench",
            "-p",
            "polar-client-runtime",
            "--bench",
            "waiting_call",
            "--features",
            "tracing",
        ];
        let status = Command::new(env!("CARGO"))
            .args(RUN_WITH_TRACING)
            .env(WITH_TRACING, "1")
            .status();
        assert!(status.unwrap().success());
    }
}
