//! Builds the HTTP request of an attempt.

use bytes::Bytes;
use http::Uri;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT,
};

use super::form::Form;
use super::request::{Content, Request};
use crate::Error;
use crate::client::configuration::{POLAR_ORGANIZATION, POLAR_VERSION};
use crate::client::credentials::Secret;

/// Returns the HTTP request of an attempt, without its timeout.
pub(in crate::client) fn message(
    request: &Request,
    uri: &Uri,
    form: Form,
    token: Option<&Secret>,
) -> Result<http::Request<Bytes>, Error> {
    let options = &request.options;
    let mut message = http::Request::new(Bytes::new());
    *message.method_mut() = request.operation.method.to_http();
    *message.uri_mut() = uri.clone();
    let headers = message.headers_mut();
    headers.reserve(6 + options.headers.len());
    headers.insert(ACCEPT, HeaderValue::from_static(form.accept()));
    headers.insert(USER_AGENT, request.shared.agent.clone());
    headers.insert(
        POLAR_VERSION,
        HeaderValue::from_static(request.shared.version),
    );
    if let Some(id) = options.organization.and_then(organization) {
        headers.insert(POLAR_ORGANIZATION, id);
    }
    for (name, value) in &options.headers {
        headers.insert(name, value.clone());
    }
    authorize(request, token, headers)?;
    describe_body(request, headers);
    message.extensions_mut().insert(request.operation);
    if let Some(Content { bytes, .. }) = &request.body {
        *message.body_mut() = bytes.clone();
    }
    Ok(message)
}

fn organization(id: uuid::Uuid) -> Option<HeaderValue> {
    HeaderValue::try_from(id.to_string()).ok()
}

fn authorize(
    request: &Request,
    token: Option<&Secret>,
    headers: &mut HeaderMap,
) -> Result<(), Error> {
    let Some(secret) = token else {
        return Ok(());
    };
    let token = secret.expose();
    if token.is_empty() {
        return Err(request.invalid(None, "the token is empty"));
    }
    if let Some(reason) = request.operation.access.rejection_reason(token) {
        return Err(request.invalid(None, reason));
    }
    let Some(value) = secret.authorization() else {
        const REASON: &str = "the token contains characters that are not valid in a header";
        return Err(request.invalid(None, REASON));
    };
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

fn describe_body(request: &Request, headers: &mut HeaderMap) {
    if let Some(Content { media_type, .. }) = &request.body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    // The API rejects requests without a `Content-Length`, and some transports omit a length of zero.
    let is_empty = request.body.as_ref().is_none_or(|it| it.bytes.is_empty());
    if is_empty && request.operation.method.has_body() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}
