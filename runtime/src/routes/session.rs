//! Code that both routes share: identifies the visitor, and creates a session.

use std::future::ready;

use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::request::Parts;
use http::{StatusCode, header};

use super::identity::Identity;
use super::query::Query;
use super::rejection::Rejection;

/// A route that creates a session for a visitor.
pub(super) trait Open: Send + Sync + 'static {
    /// Creates the session and redirects to it.
    fn open(
        &self,
        query: &Query,
        identity: Option<Identity>,
    ) -> impl Future<Output = Result<Response, Rejection>> + Send;
}

/// Returns the route that creates a session for the visitor that the function identifies.
pub(super) fn route<O, V, R, T>(open: O, visitor: V) -> MethodRouter<T>
where
    O: Open + Clone,
    V: Fn(Parts) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Option<Identity>, Response>> + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    // By default, axum handles HEAD like GET, so that link checkers would create sessions.
    let head = on(MethodFilter::HEAD, || ready(not_allowed()));
    head.get(async move |parts: Parts| {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let identity = match visitor(parts).await {
            Ok(identity) => identity,
            Err(response) => return response,
        };
        let outcome = open.open(&query, identity).await;
        outcome.unwrap_or_else(IntoResponse::into_response)
    })
}

fn not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}
