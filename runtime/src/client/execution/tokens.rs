//! The token of an attempt.

use std::time::Duration;

use super::attempt::Sending;
use crate::client::credentials::{Bearer, Secret, Source};
use crate::client::requests::Request;
use crate::error::Error;
use crate::log;
use crate::transport::TransportErrorKind;

const LATE: &str = "the token provider timed out";

/// Returns the credential of a request. A token in the options replaces the token of the client.
pub(super) fn bearer(request: &Request) -> Result<Option<Bearer>, Error> {
    match (&request.token, &request.options.access_token) {
        (bearer, None) => Ok(bearer.clone()),
        (Some(_), Some(token)) => Ok(Some(Bearer(Source::Fixed(token.clone())))),
        (None, Some(_)) => {
            const REASON: &str = "a token was given for a call that has no credential";
            Err(request.invalid(None, REASON))
        }
    }
}

/// Returns the current token of a credential.
pub(super) async fn get(
    sending: &Sending<'_>,
    bearer: &Bearer,
    timeout: Duration,
) -> Result<Secret, Error> {
    if let Source::Fixed(token) = &bearer.0 {
        return Ok(token.clone());
    }
    let operation = sending.request.operation.id;
    match sending.within(timeout, bearer.get()).await {
        Some(Ok(token)) => Ok(token),
        Some(Err(source)) => {
            log::token_failed(operation, &source);
            Err(Error::Token { operation, source })
        }
        None => {
            log::token_failed(operation, &LATE);
            Err(sending.failure(TransportErrorKind::NotSent, LATE))
        }
    }
}

/// Returns a token that replaces a rejected one, if the provider returns another one.
pub(super) async fn renewed(
    sending: &Sending<'_>,
    bearer: &Bearer,
    rejected: &Secret,
    timeout: Duration,
) -> Option<Secret> {
    let operation = sending.request.operation.id;
    match sending.within(timeout, bearer.renewed(rejected)).await {
        Some(Ok(token)) => token,
        Some(Err(error)) => {
            log::token_failed(operation, &error);
            None
        }
        None => {
            log::token_failed(operation, &LATE);
            None
        }
    }
}
