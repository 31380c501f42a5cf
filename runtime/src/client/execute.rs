//! The one place where requests are sent.

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use http::{StatusCode, Uri};

use super::operation::Operation;
use super::request::{Content, Request};
use crate::codec::DecodeError;
use crate::error::{ApiError, Error};
use crate::transport::{Timeout, TransportError, TransportErrorKind};

const POLAR_VERSION: HeaderName = HeaderName::from_static("polar-version");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("polar-client/", env!("CARGO_PKG_VERSION")));

/// A response that says that the request succeeded.
pub(super) struct Reply {
    operation: &'static Operation,
    status: StatusCode,
    body: Bytes,
}

/// Sends a request and sorts the responses: success, or an error of the API.
pub(super) async fn execute(request: Request, accept: &'static str) -> Result<Reply, Error> {
    let operation = request.operation;
    let message = message(&request, accept)?;
    let response = request
        .shared
        .transport
        .execute(message)
        .await
        .map_err(|error| failure(operation, error))?;
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        return Err(Error::Api(Box::new(ApiError::new(
            operation.id,
            head.status,
            head.headers,
            body,
        ))));
    }
    Ok(Reply {
        operation,
        status: head.status,
        body,
    })
}

fn message(request: &Request, accept: &'static str) -> Result<http::Request<Bytes>, Error> {
    let uri: Uri = request
        .url()?
        .parse()
        .map_err(|_| request.invalid(None, "the URL is too long"))?;
    let mut message = http::Request::new(Bytes::new());
    *message.method_mut() = request.operation.method.to_http();
    *message.uri_mut() = uri;
    *message.headers_mut() = headers(request, accept)?;
    let extensions = message.extensions_mut();
    extensions.insert(Timeout(request.shared.timeout));
    extensions.insert(request.operation);
    if let Some(Content { bytes, .. }) = &request.body {
        *message.body_mut() = bytes.clone();
    }
    Ok(message)
}

fn headers(request: &Request, accept: &'static str) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(USER_AGENT, AGENT);
    headers.insert(
        POLAR_VERSION,
        HeaderValue::from_static(request.shared.version),
    );
    if let Some(token) = &request.token {
        if token.is_empty() {
            return Err(request.invalid(None, "the token is empty"));
        }
        if let Some(reason) = request.operation.access.refusal(token) {
            return Err(request.invalid(None, reason));
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
            request.invalid(None, "the token contains characters that no token has")
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    match &request.body {
        Some(Content { media_type, .. }) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        // The API refuses requests of unknown length, and some transports leave out a length of zero.
        None if request.operation.method.has_body() => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        None => {}
    }
    Ok(headers)
}

fn failure(operation: &'static Operation, source: TransportError) -> Error {
    match source.kind() {
        TransportErrorKind::Timeout => Error::Timeout {
            operation: operation.id,
            source,
        },
        TransportErrorKind::Connect | TransportErrorKind::Interrupted => Error::Connection {
            operation: operation.id,
            source,
        },
    }
}

impl Reply {
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether there is nothing to read: no body, or a promise that there will be one.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty() || self.status == StatusCode::ACCEPTED
    }

    /// The body as text. What is not UTF-8 is replaced.
    pub(super) fn text(&self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.body).into_owned())
    }

    /// An error about the body.
    pub(super) fn undecodable(&self, source: DecodeError) -> Error {
        Error::Decode {
            operation: self.operation.id,
            source,
        }
    }
}
