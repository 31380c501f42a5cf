//! Successful responses, before they are decoded.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use super::span::CallSpan;
use super::stream::ByteStream;
use crate::client::operation::Operation;
use crate::codec::{self, Decode, DecodeError};
use crate::error::{Error, RawBody, shown};
use crate::types::JsonValue;

/// A successful response that is not decoded yet.
pub(in crate::client) struct Reply {
    pub(in crate::client) operation: &'static Operation,
    pub(in crate::client) status: StatusCode,
    pub(in crate::client) headers: HeaderMap,
    pub(in crate::client) body: Bytes,
    /// The body, if the call expects a stream.
    pub(in crate::client) stream: Option<Box<ByteStream>>,
    pub(in crate::client) span: CallSpan,
}

impl Reply {
    /// Decodes the body as JSON.
    pub(in crate::client) fn json<T: Decode>(&mut self) -> Result<T, Error> {
        if self.body.trim_ascii().is_empty() {
            let message = format!(
                "the response has no body, expected JSON; the call itself succeeded with {}",
                self.status
            );
            return Err(self.undecodable(DecodeError::new(&message)));
        }
        codec::from_slice(&self.body).map_err(|error| self.undecodable(error))
    }

    /// Decodes the body as JSON. `None` for an empty body, null, and the status 202.
    pub(in crate::client) fn optional<T: Decode>(&mut self) -> Result<Option<T>, Error> {
        let is_nothing = matches!(self.body.trim_ascii(), b"" | b"null");
        match is_nothing || self.status == StatusCode::ACCEPTED {
            true => Ok(None),
            false => self.json().map(Some),
        }
    }

    /// Checks that the body is empty or JSON.
    pub(in crate::client) fn nothing(&mut self) -> Result<(), Error> {
        match self.body.trim_ascii() {
            b"" => Ok(()),
            _ => self.json::<JsonValue>().map(drop),
        }
    }

    /// Returns the body as text. Invalid UTF-8 is replaced.
    pub(in crate::client) fn text(&mut self) -> Result<String, Error> {
        self.expect_document()?;
        Ok(String::from_utf8_lossy(&self.body).into_owned())
    }

    /// Returns the body unchanged.
    pub(in crate::client) fn bytes(&mut self) -> Result<Bytes, Error> {
        self.expect_document()?;
        Ok(std::mem::take(&mut self.body))
    }

    /// Returns the body as a stream.
    pub(in crate::client) fn stream(&mut self) -> Result<ByteStream, Error> {
        self.expect_document()?;
        let read = || {
            let body = std::mem::take(&mut self.body).into();
            let never = std::time::Duration::MAX;
            ByteStream::new(self.operation, body, None, never, never)
        };
        Ok(self.stream.take().map_or_else(read, |stream| *stream))
    }

    /// Returns an error if the body is incomplete, or is an HTML page, which a proxy may send.
    fn expect_document(&self) -> Result<(), Error> {
        let reason = match self.status {
            StatusCode::OK if !is_html(&self.headers) => return Ok(()),
            StatusCode::OK => "expected a document, found an HTML page",
            _ => "expected a whole document, with the status 200",
        };
        Err(Error::Decode {
            operation: self.operation.id,
            media_type: self.other_media_type(),
            source: DecodeError::new(reason),
            body: RawBody::new(&self.body),
        })
    }

    /// Creates the error of a body that cannot be decoded.
    pub(in crate::client) fn undecodable(&self, source: DecodeError) -> Error {
        // If the body is not JSON at all, the media type is more useful than the position of the error.
        let is_other = std::error::Error::source(&source).is_some();
        Error::Decode {
            operation: self.operation.id,
            media_type: is_other.then(|| self.other_media_type()).flatten(),
            source,
            body: RawBody::new(&self.body),
        }
    }

    /// Returns the media type of the body. `None` if it is JSON.
    fn other_media_type(&self) -> Option<String> {
        let text = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let media_type = text.split(';').next().unwrap_or_default().trim();
        let json = media_type.to_ascii_lowercase().ends_with("json");
        (!json).then(|| shown(media_type).into_owned())
    }
}

/// Returns whether the body is HTML. Proxies and login pages respond with HTML to any request.
pub(crate) fn is_html(headers: &HeaderMap) -> bool {
    let text = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = text
        .and_then(|text| text.split(';').next())
        .unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    media_type == "text/html" || media_type == "application/xhtml+xml"
}
