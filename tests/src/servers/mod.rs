//! Real database servers for tests. Each server runs in a temporary folder on a Unix socket, and is stopped after the
//! test.
//!
//! If a server is not installed, tests are skipped with a message, or fail if `SERVERS_REQUIRED` is set.

mod postgres;
mod process;
mod redis;

pub use postgres::PostgresServer;
pub use redis::RedisServer;

use std::io;

/// Returns the started server. If it is not installed, prints a message and returns `None`.
///
/// # Panics
/// If the server is installed and does not start, and if it is not installed although `SERVERS_REQUIRED` is set.
fn unless_missing<T>(name: &str, started: io::Result<T>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_required = std::env::var_os("SERVERS_REQUIRED").is_some();
            assert!(!is_required, "{name} is required: {error}");
            // Not captured by the test harness, so that skipped tests are visible.
            let _ = io::Write::write_all(
                &mut io::stderr(),
                format!("SKIPPED: {name} is not installed: {error}\n").as_bytes(),
            );
            None
        }
        Err(error) => {
            let problem: Result<T, _> = Err(error);
            problem.map(Some).unwrap_or_else(|error| {
                assert_eq!(error.to_string(), "", "{name} did not start");
                None
            })
        }
    }
}
