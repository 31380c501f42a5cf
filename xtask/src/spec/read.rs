//! Reads a published document from a file or a server. Never more than [`LIMIT`] bytes of it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use super::Error;

/// The size of document that is refused. The real ones are a tenth of it.
pub const LIMIT: u64 = 32 * 1024 * 1024;

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// On disk.
    File(PathBuf),
    /// On a server.
    Url(String),
}

impl Origin {
    /// What an argument means: a URL has a scheme.
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
        Origin::Url(url) => download(url)?,
    };
    let from = origin.to_string();
    match bytes {
        Some(bytes) => parse(&bytes, from),
        None => Err(Error::TooLarge { from, limit: LIMIT }),
    }
}

fn download(url: &str) -> Result<Option<Vec<u8>>, Error> {
    let failed = |message| Error::Download {
        url: url.to_owned(),
        message,
    };
    let agent = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_global(Some(Duration::from_secs(120)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut response = agent
        .get(url)
        .call()
        .map_err(|error| failed(causes(&error)))?;
    if !response.status().is_success() {
        return Err(Error::Status {
            url: url.to_owned(),
            status: response.status().as_u16(),
        });
    }
    limited(response.body_mut().as_reader()).map_err(|error| failed(causes(&error)))
}

/// Everything there is to read, or `None` when that is too much.
fn limited(reader: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LIMIT).then_some(bytes))
}

/// An error and what caused it, on one line.
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
        _ => parse_yaml(bytes),
    };
    parsed.map_err(|message| Error::Syntax { from, message })
}

/// By way of YAML's own tree, which refuses a mapping with the same key twice.
fn parse_yaml(bytes: &[u8]) -> Result<Value, String> {
    let tree: serde_yaml::Value =
        serde_yaml::from_slice(bytes).map_err(|error| error.to_string())?;
    serde_json::to_value(tree).map_err(|error| error.to_string())
}
