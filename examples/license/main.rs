//! A license check for a desktop program. It needs no token, and keeps working while the network or the API is down.
//!
//! ```sh
//! export LICENSE_ORGANIZATION=<ID of the organization that sells the program>
//! cargo run --example license -- activate <key>
//! cargo run --example license -- check         # at each start of the program
//! cargo run --example license -- deactivate    # before the program moves to another computer
//! ```
//!
//! A license is invalid only if the API responds that the key is revoked or disabled, or that it does not exist. After
//! any other error (no network, an overloaded server, a page of a proxy, a retired version of the API), the license
//! stays valid for two weeks after the last successful validation.
//!
//! | exit code of `check` | the license |
//! |---|---|
//! | 0 | is valid |
//! | 1 | does not exist, because the key was not activated; or another error occurred |
//! | 2 | cannot be verified |
//! | 3 | is invalid |
//!
//! `POLAR_SERVER` selects another server, such as `sandbox`. `LICENSE_FILE` is the path of the file that stores the
//! license, by default `license.json`. Users can read and change this file: the check prevents mistakes, not fraud.

mod activation;
mod check;
mod file;
mod license;

use std::env;
use std::error::Error as StdError;
use std::process::ExitCode;
use std::time::Duration;

use polar_client::ids::OrganizationId;
use polar_client::v2026_10::{Polar, server};
use polar_client::{Anonymous, Error, Server};

use activation::{activate, deactivate};
use check::check;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn StdError>> {
    let organization: OrganizationId = env::var("LICENSE_ORGANIZATION")?.parse()?;
    let keys = client()?.customer_portal(Anonymous).license_keys();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["activate", key] => activate(&keys, organization, key).await,
        ["check"] => check(&keys, organization).await,
        ["deactivate"] => deactivate(&keys, organization).await,
        _ => Err("usage: license activate KEY | check | deactivate".into()),
    }
}

/// Returns a client without a token, with short timeouts for an interactive program.
fn client() -> Result<Polar<Anonymous>, Error> {
    let server = match env::var("POLAR_SERVER").as_deref() {
        Ok("sandbox") => server::SANDBOX,
        Ok(url) if url != "production" => Server::custom(url)?,
        _ => server::PRODUCTION,
    };
    Polar::builder()
        .app("license-example", "1.0")
        .server(server)
        .timeout(Duration::from_secs(10))
        .attempt_timeout(Duration::from_secs(4))
        .build()
}
