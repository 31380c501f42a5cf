//! WebSocket connections, opened by an HTTP upgrade.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use hyper::upgrade;
use hyper_util::rt::TokioIo;

use super::tokens::bearer;
use crate::client::credentials::Secret;
use crate::client::requests::{Form, Request, message};
use crate::error::{ApiError, Error, Received};
use crate::transport::{Body, Transport, TransportError, TransportErrorKind};

/// An upgraded connection.
pub(crate) type Connection = TokioIo<upgrade::Upgraded>;

/// Sends an upgrade request through the given transport, or else through the transport of the client. Returns the
/// headers of the response, and the connection.
///
/// If the server rejects the upgrade, the error contains the status but not the body.
///
/// The connection uses the TLS and proxy configuration of the client. hyper stores the upgrade in the extensions of the
/// response, which layers keep, so the trait `Transport` needs no method for upgrades.
pub(crate) async fn upgrade(
    request: &Request,
    transport: Option<&dyn Transport>,
    headers: HeaderMap,
    timeout: Duration,
) -> Result<(HeaderMap, Connection), Error> {
    let operation = request.operation.id;
    let work = async {
        let bearer = bearer(request)?;
        let failed = |source| Error::Token { operation, source };
        let mut token = match &bearer {
            Some(bearer) => Some(bearer.get().await.map_err(failed)?),
            None => None,
        };
        let send = async |token: Option<&Secret>| {
            let uri = request.url()?.parse();
            let uri = uri.map_err(|_| request.invalid(None, "the URL is too long"))?;
            let mut message = message(request, &uri, Form::Json, token)?;
            message.headers_mut().extend(headers.clone());
            let transport = transport.unwrap_or(&*request.shared.transport);
            let response = transport.execute(message).await;
            response.map_err(|error| Error::transport(operation, error))
        };
        let mut response = send(token.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let (Some(bearer), Some(rejected)) = (&bearer, &token)
            && let Some(renewed) = bearer.renewed(rejected).await.map_err(failed)?
        {
            token = Some(renewed);
            response = send(token.as_ref()).await?;
        }
        switched(request, response).await
    };
    let clock = request.shared.clock.clone();
    clock
        .within(timeout, Box::pin(work))
        .await
        .unwrap_or_else(|| {
            const REASON: &str = "the connection took too long";
            let error = TransportError::new(TransportErrorKind::Timeout, REASON);
            Err(Error::transport(operation, error))
        })
}

async fn switched(
    request: &Request,
    mut response: http::Response<Body>,
) -> Result<(HeaderMap, Connection), Error> {
    let operation = request.operation.id;
    let status = response.status();
    let headers = response.headers().clone();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        let not_found = request.shared.not_found;
        let (body, received) = (Default::default(), Received::Part);
        let error = ApiError::new(operation, status, headers, body, received, not_found);
        return Err(Error::from_response(error));
    }
    let connection = upgrade::on(&mut response).await.map_err(|error| {
        let error = TransportError::new(TransportErrorKind::Unavailable, error);
        Error::transport(operation, error)
    })?;
    Ok((headers, TokioIo::new(connection)))
}
