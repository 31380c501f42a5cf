//! Deliveries as extractors: what a handler gets, and how requests are answered that do not get to it.

#![cfg(all(feature = "axum", feature = "actix-web"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod event;

use std::time::SystemTime;

use event::Event;
use polar_client_runtime::webhooks::{Delivery, WebhookError};

type Webhooks = polar_client_runtime::webhooks::Webhooks<Event>;

const BODY: &str = r#"{"type":"order.paid"}"#;

fn webhooks() -> Webhooks {
    Webhooks::new("secret").body_limit(64)
}

/// Bodies, the secret that signs them, and the status of the answer.
fn cases() -> [(String, &'static str, u16); 6] {
    let long = |length: usize| format!(r#"{{"type":"{}"}}"#, "a".repeat(length - 11));
    [
        (BODY.to_owned(), "secret", 200),
        (BODY.to_owned(), "other", 401),
        ("{".to_owned(), "secret", 400),
        (r#"{"embeds":[]}"#.to_owned(), "secret", 415),
        (long(64), "secret", 200),
        (long(65), "secret", 413),
    ]
}

fn signed(body: &str, secret: &str) -> [(&'static str, String); 3] {
    let webhooks = Webhooks::new(secret);
    webhooks.sign("msg_1", SystemTime::now(), body).unwrap()
}

mod axum {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum_core::body::Body;
    use axum_core::extract::{FromRequest as _, Request};
    use axum_core::response::IntoResponse as _;
    use bytes::Bytes;
    use futures_core::Stream;

    use super::*;

    fn request(headers: [(&'static str, String); 3], body: Body) -> Request {
        let mut request = Request::new(body);
        for (name, value) in headers {
            let value = value.parse().unwrap();
            request.headers_mut().insert(name, value);
        }
        request
    }

    #[tokio::test]
    async fn deliveries_are_extracted() {
        for (body, secret, status) in cases() {
            let request = request(signed(&body, secret), Body::from(body.clone()));
            let extracted = Delivery::<Event>::from_request(request, &webhooks()).await;
            match extracted {
                Ok(delivery) => assert_eq!((delivery.id.as_str(), status), ("msg_1", 200)),
                Err(error) => {
                    let response = error.into_response();
                    assert_eq!(response.status().as_u16(), status, "{body}");
                }
            }
        }
    }

    /// A body in pieces.
    struct Pieces<E>(VecDeque<Result<Bytes, E>>);

    impl<E: Unpin> Stream for Pieces<E> {
        type Item = Result<Bytes, E>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.get_mut().0.pop_front())
        }
    }

    #[tokio::test]
    async fn bodies_come_in_pieces() {
        let pieces = BODY.as_bytes().chunks(5).map(Bytes::copy_from_slice);
        let pieces = pieces.map(Ok::<_, Infallible>).collect();
        let request = request(signed(BODY, "secret"), Body::from_stream(Pieces(pieces)));
        let delivery = Delivery::<Event>::from_request(request, &webhooks()).await;
        assert_eq!(delivery.unwrap().event.0["type"], "order.paid");
    }

    #[tokio::test]
    async fn a_connection_that_breaks_is_no_delivery() {
        let pieces = [Ok(Bytes::from(BODY)), Err("broken")];
        let request = request(
            signed(BODY, "secret"),
            Body::from_stream(Pieces(pieces.into())),
        );
        let error = Delivery::<Event>::from_request(request, &webhooks()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, WebhookError::Interrupted));
        assert_eq!(error.status(), 400);
    }
}

mod actix {
    use actix_web::dev::Service as _;
    use actix_web::http::StatusCode;
    use actix_web::{App, HttpResponse, test, web};

    use super::*;

    async fn handle(delivery: Delivery<Event>) -> HttpResponse {
        HttpResponse::Ok().body(delivery.id)
    }

    #[tokio::test]
    async fn deliveries_are_extracted() {
        let app = App::new()
            .app_data(web::Data::new(webhooks()))
            .route("/", web::post().to(handle));
        let app = test::init_service(app).await;
        for (body, secret, status) in cases() {
            let mut request = test::TestRequest::post().uri("/");
            for header in signed(&body, secret) {
                request = request.insert_header(header);
            }
            let request = request.set_payload(body.clone()).to_request();
            let response = app.call(request).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{body}");
            if status == 200 {
                assert_eq!(test::read_body(response).await, "msg_1");
            }
        }
    }

    #[tokio::test]
    async fn an_application_without_secrets_accepts_nothing() {
        let app = App::new().route("/", web::post().to(handle));
        let app = test::init_service(app).await;
        let request = test::TestRequest::post().uri("/").to_request();
        let response = app.call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            test::read_body(response).await,
            WebhookError::NotConfigured.to_string()
        );
    }
}
