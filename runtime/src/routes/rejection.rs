//! The responses for visitors that are not redirected. They contain fixed messages; the response of the API is only
//! logged.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};

use crate::Error;
use crate::log;

/// The reason why a visitor is not redirected.
#[derive(Debug)]
pub(super) struct Rejection {
    status: StatusCode,
    /// The invalid query parameter; `None` if the reason is another one.
    parameter: Option<&'static str>,
    message: &'static str,
    retry_after: Option<Duration>,
}

impl Rejection {
    pub(super) const OTHER_CUSTOMER: Self =
        Self::new(StatusCode::FORBIDDEN, "the query names another customer");
    pub(super) const ANONYMOUS: Self = Self::new(
        StatusCode::FORBIDDEN,
        "the query names a customer: log in first",
    );
    pub(super) const NOT_LOGGED_IN: Self = Self::new(StatusCode::UNAUTHORIZED, "log in first");
    pub(super) const NOT_OFFERED: Self = Self::new(
        StatusCode::FORBIDDEN,
        "a product or discount in the query is not offered here",
    );
    pub(super) const BAD_TARGET: Self = Self::new(
        StatusCode::BAD_GATEWAY,
        "the session has no URL that is safe to redirect to",
    );

    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self {
            status,
            parameter: None,
            message,
            retry_after: None,
        }
    }

    /// Creates the response to an invalid parameter.
    pub(super) const fn invalid(parameter: &'static str, message: &'static str) -> Self {
        let rejection = Self::new(StatusCode::BAD_REQUEST, message);
        Self {
            parameter: Some(parameter),
            ..rejection
        }
    }

    /// Creates the response when the API did not create the session: `rejected` if the API rejected the values,
    /// otherwise a response for the kind of error.
    pub(super) fn failed(error: &Error, rejected: (StatusCode, &'static str)) -> Self {
        let rejection = match error.status() {
            _ if error.is_rate_limited() => Self {
                retry_after: error.retry_after(),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too many requests: try again later",
                )
            },
            _ if error.is_timeout() => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "the payment provider did not respond in time",
            ),
            Some(StatusCode::UNPROCESSABLE_ENTITY) => Self::new(rejected.0, rejected.1),
            Some(status) if !status.is_server_error() => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the payment provider rejected the request",
            ),
            None if !error.is_connection() => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the request to the payment provider failed",
            ),
            _ => Self::new(
                StatusCode::BAD_GATEWAY,
                "the payment provider is not reachable",
            ),
        };
        log::route_failed(rejection.status, error);
        rejection
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let body = match self.parameter {
            Some(parameter) => format!("{parameter} {}", self.message),
            None => self.message.to_owned(),
        };
        let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        let mut response = (self.status, headers, body).into_response();
        if let Some(delay) = self.retry_after {
            let seconds = HeaderValue::from(delay.as_secs().max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}
