//! Extractors of deliveries for axum and actix-web, and the responses to rejected requests.

#![cfg(all(feature = "axum", feature = "actix-web"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use crate::event::Event;
use bytes::Bytes;
use futures_core::Stream;
use polar_client_runtime::webhooks::{Delivery, WebhookError};

type Webhooks = polar_client_runtime::webhooks::Webhooks<Event>;

const BODY: &str = r#"{"type":"order.paid"}"#;

fn webhooks() -> Webhooks {
    Webhooks::new("secret").body_limit(64)
}

/// Returns test cases: a body, the secret that signs it, and the expected status.
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

/// A body that never ends or never arrives. Counts how many chunks were requested.
struct Endless {
    piece: Option<Bytes>,
    asked: Arc<AtomicUsize>,
}

impl Endless {
    fn new(piece: Option<&'static str>) -> (Self, Arc<AtomicUsize>) {
        let asked = Arc::<AtomicUsize>::default();
        let body = Self {
            piece: piece.map(Bytes::from),
            asked: Arc::clone(&asked),
        };
        (body, asked)
    }
}

impl Stream for Endless {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match &self.piece {
            Some(piece) => Poll::Ready(Some(Ok(piece.clone()))),
            None => Poll::Pending,
        }
    }
}

type Headers = Vec<(&'static str, String)>;

/// Returns headers that are rejected regardless of the body, and the expected status.
fn ruled_out() -> [(Headers, u16); 6] {
    let signed = || signed(BODY, "secret").to_vec();
    let without = |name| {
        signed()
            .into_iter()
            .filter(move |(other, _)| *other != name)
    };
    let with = |name, value: &str| without(name).chain([(name, value.to_owned())]).collect();
    [
        (Vec::new(), 400),
        (without("webhook-id").collect(), 400),
        (with("webhook-timestamp", "soon"), 400),
        (with("webhook-signature", ""), 401),
        (with("webhook-signature", "v1,AAAA v2,AAAA"), 401),
        (with("content-length", "65"), 413),
    ]
}

mod axum {
    use std::collections::VecDeque;
    use std::convert::Infallible;

    use ::axum::body::Body;
    use ::axum::extract::{FromRequest as _, Request};
    use ::axum::response::IntoResponse as _;

    use super::*;

    fn request(headers: impl IntoIterator<Item = (&'static str, String)>, body: Body) -> Request {
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

    /// A body in chunks.
    struct Chunks<E>(VecDeque<Result<Bytes, E>>);

    impl<E: Unpin> Stream for Chunks<E> {
        type Item = Result<Bytes, E>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.get_mut().0.pop_front())
        }
    }

    #[tokio::test]
    async fn bodies_arrive_in_chunks() {
        let pieces = BODY.as_bytes().chunks(5).map(Bytes::copy_from_slice);
        let pieces = pieces.map(Ok::<_, Infallible>).collect();
        let request = request(signed(BODY, "secret"), Body::from_stream(Chunks(pieces)));
        let delivery = Delivery::<Event>::from_request(request, &webhooks()).await;
        assert_eq!(delivery.unwrap().event.0["type"], "order.paid");
    }

    async fn rejection(headers: Headers, body: Endless) -> WebhookError {
        let request = request(headers, Body::from_stream(body));
        let delivery = Delivery::<Event>::from_request(request, &webhooks()).await;
        delivery.unwrap_err()
    }

    #[tokio::test]
    async fn bodies_of_invalid_deliveries_are_not_read() {
        for (headers, status) in ruled_out() {
            let (body, asked) = Endless::new(Some("x"));
            let shown = format!("{headers:?}");
            let error = rejection(headers, body).await;
            assert_eq!(error.status(), status, "{shown}");
            assert_eq!(asked.load(Ordering::Relaxed), 0, "{shown}");
        }
        // The body is not read either if the secret of the application is invalid.
        let (body, asked) = Endless::new(Some("x"));
        let request = request(signed(BODY, "secret"), Body::from_stream(body));
        let delivery = Delivery::<Event>::from_request(request, &Webhooks::new(" ")).await;
        assert!(matches!(delivery, Err(WebhookError::Secret { .. })));
        assert_eq!(asked.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn bodies_are_read_up_to_the_limit() {
        let (body, asked) = Endless::new(Some("0123456789"));
        let error = rejection(signed(BODY, "secret").to_vec(), body).await;
        assert!(matches!(error, WebhookError::TooLarge { limit: 64, .. }));
        assert_eq!(asked.load(Ordering::Relaxed), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_a_body_times_out() {
        let start = tokio::time::Instant::now();
        let error = rejection(signed(BODY, "secret").to_vec(), Endless::new(None).0).await;
        assert_eq!(error.status(), 408);
        assert_eq!(error.to_string(), "the body did not arrive within 10s");
        assert_eq!(start.elapsed().as_secs(), 10);

        let request = request(
            signed(BODY, "secret"),
            Body::from_stream(Endless::new(None).0),
        );
        let patient = webhooks().body_timeout(Duration::from_secs(60));
        let delivery = Delivery::<Event>::from_request(request, &patient).await;
        assert_eq!(delivery.unwrap_err().status(), 408);
        assert_eq!(start.elapsed().as_secs(), 70);
    }

    #[tokio::test]
    async fn a_broken_connection_is_an_error() {
        let pieces = [Ok(Bytes::from(BODY)), Err("broken")];
        let request = request(
            signed(BODY, "secret"),
            Body::from_stream(Chunks(pieces.into())),
        );
        let error = Delivery::<Event>::from_request(request, &webhooks()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, WebhookError::Interrupted));
        assert_eq!(error.status(), 400);
    }
}

mod actix {
    use actix_web::dev::{Payload, Service as _};
    use actix_web::error::PayloadError;
    use actix_web::http::StatusCode;
    use actix_web::{App, FromRequest as _, HttpResponse, test, web};

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

    /// The endless body as a payload of actix-web.
    struct Failing(Endless);

    impl Stream for Failing {
        type Item = Result<Bytes, PayloadError>;

        fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let next = Pin::new(&mut self.get_mut().0).poll_next(cx);
            next.map(|piece| piece.map(|piece| piece.map_err(PayloadError::Io)))
        }
    }

    async fn rejection(headers: Headers, body: Endless) -> WebhookError {
        let mut request = test::TestRequest::post().app_data(web::Data::new(webhooks()));
        for header in headers {
            request = request.insert_header(header);
        }
        let payload: Pin<Box<dyn Stream<Item = _>>> = Box::pin(Failing(body));
        let mut payload = Payload::Stream { payload };
        let request = request.to_http_request();
        let delivery = Delivery::<Event>::from_request(&request, &mut payload).await;
        delivery.unwrap_err()
    }

    #[tokio::test]
    async fn bodies_of_invalid_deliveries_are_not_read() {
        for (headers, status) in ruled_out() {
            let (body, asked) = Endless::new(Some("x"));
            let shown = format!("{headers:?}");
            let error = rejection(headers, body).await;
            assert_eq!(error.status(), status, "{shown}");
            assert_eq!(asked.load(Ordering::Relaxed), 0, "{shown}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn reading_a_body_times_out() {
        let start = tokio::time::Instant::now();
        let error = rejection(signed(BODY, "secret").to_vec(), Endless::new(None).0).await;
        assert_eq!(error.status(), 408);
        assert_eq!(start.elapsed().as_secs(), 10);
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
