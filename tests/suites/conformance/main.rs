//! Calls every operation of every version through the client. The server validates requests against the contract,
//! without the generator's code.
//!
//! The server rejects requests that violate the uncorrected contract with the status 599. Its responses are random
//! instances of the contract.
//!
//! | environment variable | selects | default |
//! |---|---|---|
//! | `POLAR_OPERATION` | a single operation, such as `orders:list` | all operations |
//! | `POLAR_SEED` | the first random seed | 1 |
//! | `POLAR_CASES` | the number of calls of each kind | 1 |

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

/// Defines a module for each check, with a test for each version.
macro_rules! for_each_version {
    ($($name:ident: $check:path;)*) => {
        $(
            mod $name {
                use super::*;

                polar_tests::each_version! { version_test($check) }
            }
        )*
    };
}

macro_rules! version_test {
    ($name:ident $version:literal $check:path) => {
        #[tokio::test]
        async fn $name() {
            $check(crate::fixture::fixture($version)).await;
        }
    };
}

#[path = "../calls/mod.rs"]
mod calls;
mod case;
mod everything;
mod fixture;
mod paging;
mod prism;
mod rejections;
mod server;
mod validate;

include!(concat!(env!("OUT_DIR"), "/calls.rs"));

/// Returns a server to which no connection can be made.
fn unreachable_server() -> polar_client_runtime::client::Server {
    polar_client_runtime::client::Server::custom("http://127.0.0.1:1").unwrap()
}
