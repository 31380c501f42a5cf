//! Real servers for tests: each in a temporary folder of its own, on a Unix socket, stopped after the test.
//!
//! Where a server is not installed, tests are skipped with a message. Where `SERVERS_REQUIRED` is set, they fail.

mod postgres;
mod process;
mod redis;

pub use postgres::PostgresServer;
pub use redis::RedisServer;

use std::io;

/// Returns the server, or `None` with a message where it is not installed.
///
/// # Panics
/// When it is installed and does not start, and when it is required.
fn unless_missing<T>(name: &str, started: io::Result<T>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_required = std::env::var_os("SERVERS_REQUIRED").is_some();
            assert!(!is_required, "{name} is required: {error}");
            // Not through the test's captured output: what is skipped has to be seen.
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
