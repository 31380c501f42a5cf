//! Webhook handlers: the status of the response, and that each event is handled once.

#![cfg(all(feature = "webhooks", feature = "tokio"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::SystemTime;

use crate::event::Event;
use http::StatusCode;
use polar_client_runtime::webhooks::{Claim, Deliveries, Delivery, Store};
use tokio::sync::Notify;

type Webhooks = polar_client_runtime::webhooks::Webhooks<Event>;

const BODY: &str = r#"{"type":"order.paid"}"#;

fn signed(id: &str) -> [(&'static str, String); 3] {
    let webhooks = Webhooks::new("secret");
    webhooks.sign(id, SystemTime::now(), BODY).unwrap()
}

fn delivery(id: &str) -> Delivery<Event> {
    Webhooks::new("secret").verify(signed(id), BODY).unwrap()
}

/// A handler that counts its calls.
async fn count(calls: Arc<AtomicUsize>) -> Result<(), String> {
    calls.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[tokio::test]
async fn an_event_is_handled_once_and_every_delivery_of_it_accepted() {
    let (deliveries, calls) = (Deliveries::in_memory(), Arc::<AtomicUsize>::default());
    for _ in 0..3 {
        let calls = Arc::clone(&calls);
        let status = deliveries.handle(delivery("a"), |_| count(calls)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_event_whose_handler_fails_or_panics_is_handled_again() {
    let deliveries = Deliveries::in_memory();
    let status = deliveries
        .handle(delivery("a"), |_| ready(Err("no disk")))
        .await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let panics = |_| async {
        "no number".parse::<u8>().unwrap();
        Ok::<(), String>(())
    };
    let status = deliveries.handle(delivery("a"), panics).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let calls = Arc::<AtomicUsize>::default();
    let status = deliveries.handle(delivery("a"), {
        let calls = Arc::clone(&calls);
        |_| count(calls)
    });
    assert_eq!(status.await, StatusCode::NO_CONTENT);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_handler_outlives_its_request() {
    let deliveries = Deliveries::in_memory();
    let (release, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    {
        let (release, done) = (Arc::clone(&release), Arc::clone(&done));
        let mut request = pin!(deliveries.handle(delivery("a"), async move |_| {
            release.notified().await;
            done.notify_one();
            Ok::<(), String>(())
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(request.as_mut().poll(&mut context).is_pending());
        // Drops the request.
    }
    tokio::task::yield_now().await;
    let again = deliveries.handle(delivery("a"), |_| ready(Ok::<(), String>(())));
    assert_eq!(again.await, StatusCode::CONFLICT);
    release.notify_one();
    done.notified().await;
    tokio::task::yield_now().await;
    let again = deliveries.handle(delivery("a"), |_| ready(Err("not handled again")));
    assert_eq!(again.await, StatusCode::NO_CONTENT);
}

#[test]
fn without_a_tokio_runtime_the_handler_runs_in_the_request() {
    let (deliveries, calls) = (Deliveries::in_memory(), Arc::<AtomicUsize>::default());
    let handled = deliveries.handle(delivery("a"), move |_| count(Arc::clone(&calls)));
    let mut context = Context::from_waker(Waker::noop());
    let status = pin!(handled).poll(&mut context);
    assert!(matches!(
        status,
        std::task::Poll::Ready(StatusCode::NO_CONTENT)
    ));
}

/// A store that is unreachable: all methods fail.
struct Unreachable;

impl Store for Unreachable {
    type Error = &'static str;
    type Token = ();

    async fn claim(&self, _: &str) -> Result<Claim, &'static str> {
        Err("connection refused")
    }

    async fn complete(&self, _: &str, (): &()) -> Result<(), &'static str> {
        Err("connection refused")
    }

    async fn release(&self, _: &str, (): &()) -> Result<(), &'static str> {
        Err("connection refused")
    }
}

#[tokio::test]
async fn an_event_is_not_accepted_while_the_store_fails() {
    let calls = Arc::<AtomicUsize>::default();
    let handler = {
        let calls = Arc::clone(&calls);
        |_| count(calls)
    };
    let status = Deliveries::new(Unreachable)
        .handle(delivery("a"), handler)
        .await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[cfg(feature = "axum")]
mod axum {
    use ::axum::body::Body;
    use ::axum::extract::Request;
    use ::axum::routing::MethodRouter;
    use tower_service::Service as _;

    use super::*;

    async fn post(
        route: &mut MethodRouter,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> StatusCode {
        let mut request = Request::post("/")
            .body(Body::from(body.to_owned()))
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        route.call(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_route_verifies_and_handles() {
        let calls = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&calls);
        let handler = move |event: Event| {
            assert_eq!(event.0["type"], "order.paid");
            count(Arc::clone(&counted))
        };
        let webhooks = Webhooks::new("secret");
        let mut route: MethodRouter = webhooks.axum_route(Deliveries::in_memory(), handler);
        let signed = signed("a");
        for _ in 0..2 {
            assert_eq!(
                post(&mut route, &signed, BODY).await,
                StatusCode::NO_CONTENT
            );
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        let forged = r#"{"type":"order.refunded"}"#;
        assert_eq!(
            post(&mut route, &signed, forged).await,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(post(&mut route, &[], BODY).await, StatusCode::BAD_REQUEST);
        let get = Request::get("/").body(Body::empty()).unwrap();
        let status = route.call(get).await.unwrap().status();
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[cfg(feature = "actix-web")]
mod actix {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn a_route_verifies_and_handles() {
        let calls = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&calls);
        let handler = move |event: Event| {
            assert_eq!(event.0["type"], "order.paid");
            count(Arc::clone(&counted))
        };
        let route = Webhooks::new("secret").actix_route(Deliveries::in_memory(), handler);
        let app = init_service(App::new().route("/", route)).await;
        let post = |headers: &[(&'static str, String)]| {
            let request = TestRequest::post().uri("/").set_payload(BODY);
            let request = headers.iter().fold(request, |request, (name, value)| {
                request.insert_header((*name, value.as_str()))
            });
            call_service(&app, request.to_request())
        };
        let signed = signed("a");
        for _ in 0..2 {
            assert_eq!(post(&signed).await.status().as_u16(), 204);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert_eq!(post(&[]).await.status().as_u16(), 400);
    }
}
