//! Redelivered events are handled once, and events whose handler failed are handled again.

#![cfg(feature = "webhooks")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use crate::event::Event;
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
async fn ids_are_not_printed() {
    let store = MemoryStore::with_capacity(5);
    store.claim("hush_1").await.unwrap();
    store.complete("hush_2", &()).await.unwrap();
    assert_eq!(
        format!("{store:?}"),
        "MemoryStore { capacity: 5, in_progress: 1, done: 1 }"
    );
    assert_eq!(format!("{:?}", Deliveries::new(store)), "Deliveries { .. }");
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
    // The first call was dropped, as web frameworks drop a request whose connection is closed.
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
}

#[tokio::test]
async fn an_event_whose_handler_panics_is_handled_again() {
    let deliveries = Deliveries::in_memory();
    let shared = deliveries.clone();
    let task = tokio::spawn(async move {
        let handler = async {
            "no number".parse::<u8>().unwrap();
            Ok::<(), ()>(())
        };
        let _ = shared.once(&delivery("a"), handler).await;
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(handle(&deliveries, "a").await, Ok(Outcome::Handled("new")));
}

#[tokio::test]
async fn memory_is_bounded_by_evicting_the_oldest() {
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

/// A store that fails or hangs in the given method, and records all calls.
#[derive(Default)]
struct Failing {
    fails_at: &'static str,
    hangs_at: &'static str,
    asked: Mutex<Vec<&'static str>>,
}

/// The token of a claim.
const TOKEN: u32 = 7;

impl Failing {
    fn leaked(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    async fn ask(&self, what: &'static str) -> Result<(), &'static str> {
        self.asked.lock().unwrap().push(what);
        if what == self.hangs_at {
            return pending().await;
        }
        match what == self.fails_at {
            true => Err(what),
            false => Ok(()),
        }
    }
}

impl Store for &'static Failing {
    type Error = &'static str;
    type Token = u32;

    async fn claim(&self, _: &str) -> Result<Claim<u32>, &'static str> {
        self.ask("claim").await.map(|()| Claim::New(TOKEN))
    }

    async fn complete(&self, _: &str, token: &u32) -> Result<(), &'static str> {
        assert_eq!(*token, TOKEN);
        self.ask("complete").await
    }

    async fn release(&self, _: &str, token: &u32) -> Result<(), &'static str> {
        assert_eq!(*token, TOKEN);
        self.ask("release").await
    }

    fn abandon(&self, id: &str, token: &u32) {
        assert_eq!((id, *token), ("a", TOKEN));
        self.asked.lock().unwrap().push("abandon");
    }
}

#[tokio::test]
async fn store_errors_are_returned() {
    type Case = (
        &'static str,
        Result<(), &'static str>,
        Result<Outcome<()>, OnceError<&'static str, &'static str>>,
        &'static [&'static str],
    );
    let cases: [Case; 5] = [
        ("claim", Ok(()), Err(OnceError::Store("claim")), &["claim"]),
        (
            "complete",
            Ok(()),
            Err(OnceError::Store("complete")),
            &["claim", "complete", "abandon"],
        ),
        (
            "release",
            Err("handler"),
            Err(OnceError::Handler("handler")),
            &["claim", "release", "abandon"],
        ),
        (
            "",
            Err("handler"),
            Err(OnceError::Handler("handler")),
            &["claim", "release"],
        ),
        ("", Ok(()), Ok(Outcome::Handled(())), &["claim", "complete"]),
    ];
    for (fails_at, handled, expected, asked) in cases {
        let store = Failing {
            fails_at,
            ..Failing::default()
        };
        let store = store.leaked();
        let deliveries = Deliveries::new(store);
        let outcome = deliveries.once(&delivery("a"), ready(handled)).await;
        assert_eq!(outcome, expected);
        assert_eq!(*store.asked.lock().unwrap(), asked);
    }
}

#[tokio::test]
async fn dropping_a_handler_abandons_its_claim() {
    let dropped = |hangs_at, handled: Option<Result<(), &'static str>>| {
        let store = Failing {
            hangs_at,
            ..Failing::default()
        };
        let store = store.leaked();
        let deliveries = Deliveries::new(store);
        let event = delivery("a");
        let handler = async move {
            match handled {
                Some(handled) => handled,
                None => pending().await,
            }
        };
        {
            let mut once = pin!(deliveries.once(&event, handler));
            let mut context = Context::from_waker(Waker::noop());
            assert!(once.as_mut().poll(&mut context).is_pending());
        }
        store.asked.lock().unwrap().clone()
    };
    // Dropped while the handler runs, and while the store records the outcome.
    assert_eq!(dropped("", None), ["claim", "abandon"]);
    assert_eq!(
        dropped("complete", Some(Ok(()))),
        ["claim", "complete", "abandon"]
    );
    assert_eq!(
        dropped("release", Some(Err("no disk"))),
        ["claim", "release", "abandon"]
    );
    // Dropped before the event is claimed.
    assert_eq!(dropped("claim", None), ["claim"]);
}
