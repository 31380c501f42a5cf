//! Events that are delivered again are handled once, and those that could not be handled again.

#![cfg(feature = "webhooks")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod event;

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use event::Event;
use polar_client_runtime::types::Timestamp;
use polar_client_runtime::webhooks::{
    Claim, Deliveries, Delivery, MemoryStore, OnceError, Outcome, Store, Webhooks,
};

fn delivery(id: &str) -> Delivery<Event> {
    let webhooks = Webhooks::new("secret");
    let (now, body) = (Timestamp::default(), r#"{"type":"a"}"#);
    let headers = webhooks.sign(id, now, body).unwrap();
    webhooks.verify_at(headers, body, now).unwrap()
}

type Handled = Result<Outcome<&'static str>, OnceError<&'static str, std::convert::Infallible>>;

async fn handle(deliveries: &Deliveries, id: &str) -> Handled {
    deliveries.once(&delivery(id), ready(Ok("new"))).await
}

#[tokio::test]
async fn an_event_is_handled_once() {
    let deliveries = Deliveries::in_memory();
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
    assert_eq!(handle(&deliveries, "b").await, Ok(Outcome::Handled("new")));
    for _ in 0..2 {
        assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Redelivered));
    }
    assert_eq!(
        handle(&deliveries.clone(), "b").await,
        Ok(Outcome::Redelivered)
    );
}

#[tokio::test]
async fn an_event_whose_handler_fails_is_handled_again() {
    let deliveries = Deliveries::in_memory();
    let failed: Handled = deliveries.once(&delivery("a"), ready(Err("no disk"))).await;
    assert_eq!(failed, Err(OnceError::Handler("no disk")));
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
}

#[tokio::test]
async fn an_event_is_not_handled_twice_at_once() {
    let deliveries = Deliveries::in_memory();
    let event = delivery("a");
    {
        let mut first = pin!(deliveries.once(&event, pending::<Result<(), ()>>()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(first.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::InProgress));
        assert_eq!(handle(&deliveries, "b").await, Ok(Outcome::Handled("new")));
    }
    // The first one was dropped, as is done with the handlers of requests that are gone.
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
}

#[tokio::test]
async fn an_event_whose_handler_panics_is_handled_again() {
    let deliveries = Deliveries::in_memory();
    let shared = deliveries.clone();
    let task = tokio::spawn(async move {
        let handler = async {
            let nothing: Option<()> = None;
            nothing.unwrap();
            Ok::<(), ()>(())
        };
        let _ = shared.once(&delivery("a"), handler).await;
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
}

#[tokio::test]
async fn memory_is_bounded_and_forgets_the_oldest() {
    let deliveries = Deliveries::new(MemoryStore::with_capacity(2));
    let event = delivery("busy");
    let mut busy = pin!(deliveries.once(&event, pending::<Result<(), ()>>()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(busy.as_mut().poll(&mut context).is_pending());
    for id in ["a", "b", "c"] {
        assert_eq!(handle(&deliveries, id).await, Ok(Outcome::Handled("new")));
    }
    assert_eq!(handle(&deliveries, "busy").await, Ok(Outcome::InProgress));
    for id in ["b", "c"] {
        assert_eq!(handle(&deliveries, id).await, Ok(Outcome::Redelivered));
    }
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
}

/// Fails where it is told to, and writes down what it is asked.
#[derive(Default)]
struct Failing {
    fails_at: &'static str,
    asked: Mutex<Vec<&'static str>>,
}

impl Failing {
    fn ask(&self, what: &'static str) -> Result<(), &'static str> {
        self.asked.lock().unwrap().push(what);
        match what == self.fails_at {
            true => Err(what),
            false => Ok(()),
        }
    }
}

impl Store for &'static Failing {
    type Error = &'static str;

    async fn claim(&self, _: &str) -> Result<Claim, &'static str> {
        self.ask("claim").map(|()| Claim::New)
    }

    async fn complete(&self, _: &str) -> Result<(), &'static str> {
        self.ask("complete")
    }

    async fn release(&self, _: &str) -> Result<(), &'static str> {
        self.ask("release")
    }
}

#[tokio::test]
async fn a_store_that_fails_is_reported() {
    let cases: [(&str, Result<(), &str>, _, &[&str]); 4] = [
        ("claim", Ok(()), Err(OnceError::Store("claim")), &["claim"]),
        (
            "complete",
            Ok(()),
            Err(OnceError::Store("complete")),
            &["claim", "complete"],
        ),
        (
            "release",
            Err("handler"),
            Err(OnceError::Handler("handler")),
            &["claim", "release"],
        ),
        ("", Ok(()), Ok(Outcome::Handled(())), &["claim", "complete"]),
    ];
    for (fails_at, handled, expected, asked) in cases {
        let store: &'static Failing = Box::leak(Box::new(Failing {
            fails_at,
            ..Failing::default()
        }));
        let deliveries = Deliveries::new(store);
        let outcome = deliveries.once(&delivery("a"), ready(handled)).await;
        assert_eq!(outcome, expected);
        assert_eq!(*store.asked.lock().unwrap(), asked);
    }
}
