//! The `tracing` spans of calls, by OpenTelemetry's conventions for HTTP. Each call has a span, which contains a span
//! for each attempt.
//!
//! The attributes are the operation, its path with `{name}` for parameters, the server, the status, and the kind of
//! error. They contain no data of requests or responses.

#[cfg(feature = "tracing")]
pub(super) use on::{attempt, call};

#[cfg(not(feature = "tracing"))]
pub(super) use off::{attempt, call};

#[cfg(feature = "tracing")]
mod on {
    use tracing::{Instrument, Span, field::Empty, info_span};

    use crate::Error;
    use crate::client::requests::Request;
    use crate::client::responses::{CallSpan, Reply, record};

    type Outcome = Result<Reply, Error>;

    /// Callers must pin the future first, because passing an unpinned future would reserve its size twice.
    pub(in super::super) async fn call(
        request: &Request,
        call: impl Future<Output = Outcome> + Unpin,
    ) -> Outcome {
        let operation = request.operation;
        let span = info_span!(
            "polar.call",
            otel.name = operation.id,
            otel.status_code = Empty,
            polar.operation = operation.id,
            polar.version = request.shared.version,
            http.response.status_code = Empty,
            error.r#type = Empty,
        );
        let mut outcome = finish(span.clone(), call).await;
        if let Ok(reply) = &mut outcome {
            reply.span = CallSpan { span: Some(span) };
        }
        outcome
    }

    pub(in super::super) async fn attempt(
        request: &Request,
        resends: u32,
        attempt: impl Future<Output = Outcome> + Unpin,
    ) -> Outcome {
        let (operation, server) = (request.operation, &request.shared.server);
        let method = operation.method.to_http();
        let span = info_span!(
            "polar.attempt",
            otel.kind = "client",
            otel.name = format!("{method} {}", operation.path),
            otel.status_code = Empty,
            http.request.method = method.as_str(),
            http.request.resend_count = Empty,
            url.template = operation.path,
            server.address = server.host(),
            server.port = server.port(),
            http.response.status_code = Empty,
            error.r#type = Empty,
        );
        if resends > 0 {
            span.record("http.request.resend_count", resends);
        }
        finish(span, attempt).await
    }

    async fn finish(span: Span, future: impl Future<Output = Outcome> + Unpin) -> Outcome {
        let outcome = future.instrument(span.clone()).await;
        let status = match &outcome {
            Ok(reply) => Some(reply.status),
            Err(error) => error.status(),
        };
        if let Some(status) = status {
            span.record("http.response.status_code", status.as_u16());
        }
        if let Err(error) = &outcome {
            record(&span, error);
        }
        outcome
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::Error;
    use crate::client::requests::Request;
    use crate::client::responses::Reply;

    type Outcome = Result<Reply, Error>;

    pub(in super::super) fn call(
        _: &Request,
        call: impl Future<Output = Outcome>,
    ) -> impl Future<Output = Outcome> {
        call
    }

    pub(in super::super) fn attempt(
        _: &Request,
        _: u32,
        attempt: impl Future<Output = Outcome>,
    ) -> impl Future<Output = Outcome> {
        attempt
    }
}
