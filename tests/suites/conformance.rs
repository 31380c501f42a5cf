//! Every operation of every version, called through the client on a server that knows the contract and nothing of the
//! generator.
//!
//! The server refuses, with status 599, whatever the published contract does not allow, and responds with random
//! instances of what it promises. `POLAR_OPERATION` picks one operation, `POLAR_SEED` is the first seed, `POLAR_CASES`
//! the number of calls of each kind.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

/// A test for each version.
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
            $check(crate::subject::subject($version)).await;
        }
    };
}

#[path = "calls/mod.rs"]
mod calls;
#[path = "conformance/case.rs"]
mod case;
#[path = "conformance/everything.rs"]
mod everything;
#[path = "conformance/judge.rs"]
mod judge;
#[path = "conformance/paging.rs"]
mod paging;
#[path = "conformance/prism.rs"]
mod prism;
#[path = "conformance/refusals.rs"]
mod refusals;
#[path = "conformance/server.rs"]
mod server;
#[path = "conformance/subject.rs"]
mod subject;

include!(concat!(env!("OUT_DIR"), "/calls.rs"));

/// Returns a server that does not respond.
fn nowhere() -> polar_client_runtime::client::Server {
    polar_client_runtime::client::Server::custom("http://127.0.0.1:1").unwrap()
}
