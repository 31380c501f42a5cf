//! Reads a published document from a file or a server, up to [`MAX_DOCUMENT_BYTES`].

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use polar_codegen::document::{self, Source};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::Error;

/// The maximum size of a document in bytes, about ten times the size of the documents that Polar publishes.
pub const MAX_DOCUMENT_BYTES: u64 = 32 * 1024 * 1024;

/// The location of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// A URL.
    Url(String),
}

impl Origin {
    /// Interprets an argument. A URL has a scheme.
    pub fn from_argument(argument: &str) -> Self {
        if argument.starts_with("https://") || argument.starts_with("http://") {
            Self::Url(argument.to_owned())
        } else {
            Self::File(PathBuf::from(argument))
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// Reads and parses the document.
pub(super) fn read(origin: &Origin) -> Result<Value, Error> {
    let bytes = match origin {
        Origin::File(path) => {
            let unreadable = |error| Error::Io {
                path: path.clone(),
                error,
            };
            let file = File::open(path).map_err(unreadable)?;
            limited(file).map_err(unreadable)?
        }
        Origin::Url(url) => download(url, Instant::now() + TIMEOUT)?,
    };
    let from = origin.to_string();
    match bytes {
        Some(bytes) => parse(&bytes, from),
        None => Err(Error::TooLarge {
            from,
            limit: MAX_DOCUMENT_BYTES,
        }),
    }
}

/// Downloads a document. Redirects are followed until the deadline. `None` if the document is too large.
fn download(url: &str, deadline: Instant) -> Result<Option<Vec<u8>>, Error> {
    let failed = |message| Error::Download {
        url: url.to_owned(),
        message,
    };
    let agent = agent();
    let mut address = url.to_owned();
    for _ in 0..=MAX_REDIRECTS {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed(format!("timed out after {} s", TIMEOUT.as_secs())));
        }
        let request = agent.get(&address).config().timeout_global(Some(left));
        let mut response = request
            .build()
            .call()
            .map_err(|error| failed(causes(&error)))?;
        if let Some(location) = location(&response) {
            address = redirected(&address, location).map_err(failed)?;
            continue;
        }
        if !response.status().is_success() {
            return Err(Error::Status {
                url: url.to_owned(),
                status: response.status().as_u16(),
            });
        }
        return limited(response.body_mut().as_reader()).map_err(|error| failed(causes(&error)));
    }
    Err(failed(format!(
        "redirected more than {MAX_REDIRECTS} times"
    )))
}

/// The maximum number of redirects.
const MAX_REDIRECTS: usize = 5;

/// The timeout of a download, including redirects.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Creates an HTTP client that does not follow redirects. [`download`] follows them, because it limits the total time.
fn agent() -> Agent {
    Agent::config_builder()
        .max_redirects(0)
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(15)))
        .http_status_as_error(false)
        .build()
        .new_agent()
}

fn location(response: &Response<Body>) -> Option<&str> {
    let location = response.headers().get("location")?.to_str().ok()?;
    response.status().is_redirection().then_some(location)
}

/// Returns the target of a redirect. Only `https` is permitted, so that the document cannot be replaced in transit.
///
/// # Errors
/// The reason why the `Location` is invalid.
pub fn redirected(from: &str, location: &str) -> Result<String, String> {
    let origin = from.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.split(['/', '?', '#']).next()?;
        (scheme == "https").then_some(host)
    });
    let is_https = |url: &str| {
        let scheme = url.get(.."https://".len());
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    };
    match (origin, location) {
        (_, url) if is_https(url) => Ok(url.to_owned()),
        (Some(_), url) if url.starts_with("//") => Ok(format!("https:{url}")),
        (Some(host), path) if path.starts_with('/') => Ok(format!("https://{host}{path}")),
        _ => Err(format!(
            "redirected to `{location}`: only redirects to https are followed"
        )),
    }
}

/// Reads up to [`MAX_DOCUMENT_BYTES`]. `None` if there is more.
fn limited(reader: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_DOCUMENT_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_DOCUMENT_BYTES).then_some(bytes))
}

/// Returns an error with its sources on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

fn parse(bytes: &[u8], from: String) -> Result<Value, Error> {
    let parsed = match bytes.trim_ascii_start().first() {
        Some(b'<') => return Err(Error::Html { from }),
        Some(b'{') => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        _ => parse_yaml(bytes, &from),
    };
    parsed.map_err(|message| Error::Syntax { from, message })
}

/// Parses YAML by the generator's rules: duplicate keys and deep nesting are errors.
fn parse_yaml(bytes: &[u8], from: &str) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    document::corrected(Source { name: from, text }, None).map_err(|report| {
        let messages = report.into_iter().map(|problem| problem.message);
        messages.collect::<Vec<_>>().join("; ")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use std::net::TcpListener;

    use super::*;

    #[test]
    fn nothing_is_requested_after_the_deadline() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let url = format!("http://{}/openapi.json", server.local_addr().unwrap());
        let error = download(&url, Instant::now()).unwrap_err().to_string();
        assert!(error.contains("timed out after 60 s"), "{error}");
        let connected = server.accept().unwrap_err().kind();
        assert_eq!(connected, io::ErrorKind::WouldBlock);
    }
}
