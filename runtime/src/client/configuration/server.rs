//! The servers of the API.

use std::borrow::Cow;

use http::Uri;
#[cfg(any(feature = "opentelemetry", feature = "tracing"))]
use http::uri::Authority;

use crate::Error;

/// A server of the API, such as production or the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    name: Cow<'static, str>,
    url: Cow<'static, str>,
}

impl Server {
    /// Creates a server that the OpenAPI description lists. For generated code.
    #[must_use]
    pub const fn fixed(name: &'static str, url: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            url: Cow::Borrowed(url),
        }
    }

    /// Creates a server with another base URL, such as a proxy or a mock. Paths of operations are appended to the path
    /// of the URL.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the URL is not `http` or `https`, if it has no host, or if it has a user name, query
    /// or fragment.
    pub fn custom(url: &str) -> Result<Self, Error> {
        check(url).map_err(|reason| Error::Configuration {
            message: format!("the server's URL {reason}"),
        })?;
        Ok(Self {
            name: Cow::Borrowed("custom"),
            url: Cow::Owned(url.trim_end_matches('/').to_owned()),
        })
    }

    /// Returns the server's name: `production`, `sandbox`, or `custom`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the host, without the port.
    #[cfg(any(feature = "opentelemetry", feature = "tracing"))]
    pub(in crate::client) fn host(&self) -> Option<String> {
        Some(self.authority()?.host().to_owned())
    }

    /// Returns the port, or the default port of the scheme.
    #[cfg(any(feature = "opentelemetry", feature = "tracing"))]
    pub(in crate::client) fn port(&self) -> Option<u16> {
        let usual = if self.url.starts_with("https:") {
            443
        } else {
            80
        };
        Some(self.authority()?.port_u16().unwrap_or(usual))
    }

    #[cfg(any(feature = "opentelemetry", feature = "tracing"))]
    fn authority(&self) -> Option<Authority> {
        self.url.parse::<Uri>().ok()?.into_parts().authority
    }
}

fn check(url: &str) -> Result<(), &'static str> {
    let uri: Uri = url.parse().map_err(|_| "is not a URL")?;
    let authority = uri.authority().ok_or("has no host")?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err("is neither http nor https"),
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err("has no host");
    }
    if authority.as_str().contains('@') {
        return Err("contains a user name: set credentials on the client");
    }
    if url.contains(['?', '#']) {
        return Err("has a query or a fragment");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn urls_are_kept_without_the_last_slash() {
        for (url, kept) in [
            ("https://api.polar.sh", "https://api.polar.sh"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            (
                "https://proxy.example/polar/",
                "https://proxy.example/polar",
            ),
            ("http://[::1]:9000", "http://[::1]:9000"),
        ] {
            let server = Server::custom(url).unwrap();
            assert_eq!((server.name(), server.url()), ("custom", kept));
        }
    }

    #[test]
    fn other_urls_are_rejected_without_repeating_them() {
        for (url, reason) in [
            ("", "is not a URL"),
            ("api.polar.sh", "is neither http nor https"),
            ("/v1", "has no host"),
            ("ftp://api.polar.sh", "is neither http nor https"),
            ("https://", "is not a URL"),
            ("https://user:s3cret@api.polar.sh", "contains a user name"),
            ("https://api.polar.sh?x=1", "has a query or a fragment"),
            ("https://api.polar.sh/#x", "has a query or a fragment"),
        ] {
            let error = Server::custom(url).unwrap_err().to_string();
            assert!(error.contains(reason), "{url}: {error}");
            assert!(!error.contains("s3cret"));
        }
    }
}
