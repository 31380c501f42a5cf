//! Configuration from environment variables.

use std::env::{self, VarError};

use super::builder::ClientBuilder;
use super::client::ApiVersion;
use super::server::Server;
use crate::Error;
use crate::client::credentials::{Anonymous, OrganizationToken};

const TOKEN: &str = "POLAR_ACCESS_TOKEN";
const SERVER: &str = "POLAR_SERVER";

impl<V: ApiVersion> ClientBuilder<Anonymous, V> {
    /// Creates a builder from environment variables: the organization access token in `POLAR_ACCESS_TOKEN`, and the
    /// server in `POLAR_SERVER`.
    ///
    /// The server is `production`, `sandbox` or a URL. If `POLAR_SERVER` is not set, the version's default server is
    /// used.
    ///
    /// # Errors
    /// [`Error::Configuration`] if `POLAR_ACCESS_TOKEN` is missing or empty, or if `POLAR_SERVER` is neither the name
    /// of a server nor a valid URL.
    pub fn from_env() -> Result<ClientBuilder<OrganizationToken, V>, Error> {
        let token = required(TOKEN, env::var(TOKEN))?;
        let server = match env::var(SERVER) {
            Err(VarError::NotPresent) => V::DEFAULT_SERVER,
            given => server::<V>(&required(SERVER, given)?)?,
        };
        Ok(Self::new().server(server).access_token(token))
    }
}

/// Returns the value of an environment variable. Error messages do not contain the value.
pub(crate) fn required(name: &str, value: Result<String, VarError>) -> Result<String, Error> {
    let problem = match value {
        Ok(value) if !value.trim().is_empty() => return Ok(value.trim().to_owned()),
        Ok(_) => "is empty",
        Err(VarError::NotPresent) => "is not set",
        Err(VarError::NotUnicode(_)) => "is not valid UTF-8",
    };
    Err(Error::configuration(format!(
        "the environment variable {name} {problem}"
    )))
}

fn server<V: ApiVersion>(value: &str) -> Result<Server, Error> {
    if let Some(server) = V::SERVERS.iter().find(|server| server.name() == value) {
        return Ok(server.clone());
    }
    Server::custom(value).map_err(|error| {
        let names: Vec<&str> = V::SERVERS.iter().map(Server::name).collect();
        Error::configuration(format!(
            "the environment variable {SERVER} names no server: it is none of {}, and {error}",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::ffi::OsString;

    use super::*;
    use crate::client::{Client, Credential};

    struct Version;

    impl ApiVersion for Version {
        const VERSION: &'static str = "2026-10";
        const DEFAULT_SERVER: Server = Server::fixed("production", "https://api.example");
        const SERVERS: &'static [Server] = &[
            Self::DEFAULT_SERVER,
            Server::fixed("sandbox", "https://sandbox.example"),
        ];
        const NOT_FOUND: &'static [&'static str] = &[];
        type Polar<C: Credential> = Client<C>;

        fn wrap<C: Credential>(client: Client<C>) -> Client<C> {
            client
        }
    }

    #[test]
    fn tokens_are_taken_without_the_space_around_them() {
        let value = |text: &str| required(TOKEN, Ok(text.to_owned()));
        assert_eq!(value(" polar_oat_x\n").unwrap(), "polar_oat_x");
        for (value, text) in [
            (Ok(" ".to_owned()), "is empty"),
            (Err(VarError::NotPresent), "is not set"),
            (
                Err(VarError::NotUnicode(OsString::from("hush"))),
                "is not valid UTF-8",
            ),
        ] {
            let error = required(TOKEN, value).unwrap_err().to_string();
            let expected = format!("the environment variable POLAR_ACCESS_TOKEN {text}");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn servers_are_named_or_given_by_their_url() {
        let url = |value: &str| server::<Version>(value).map(|server| server.url().to_owned());
        assert_eq!(url("sandbox").unwrap(), "https://sandbox.example");
        assert_eq!(url("production").unwrap(), "https://api.example");
        assert_eq!(url("http://localhost:1/").unwrap(), "http://localhost:1");
        assert_eq!(
            url("staging").unwrap_err().to_string(),
            "the environment variable POLAR_SERVER names no server: it is none of production, sandbox, and the \
             server's URL is neither http nor https"
        );
    }
}
