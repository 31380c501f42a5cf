//! Checks the requirements in the documentation of the trait `Store`.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::{pending, ready};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use polar_client_runtime::codec::{Decode, Node};
use polar_client_runtime::webhooks::{
    Claim, Deliveries, Delivery, Outcome, Store, VersionedEvent, Webhooks,
};

/// Two stores of the same events, as two processes would have them.
pub(crate) struct Pair<S>(pub(crate) Arc<S>, pub(crate) Arc<S>);

/// A store with several owners.
struct Shared<S>(Arc<S>);

impl<S: Store> Store for Shared<S> {
    type Error = S::Error;
    type Token = S::Token;

    async fn claim(&self, id: &str) -> Result<Claim<S::Token>, S::Error> {
        self.0.claim(id).await
    }

    async fn complete(&self, id: &str, token: &S::Token) -> Result<(), S::Error> {
        self.0.complete(id, token).await
    }

    async fn release(&self, id: &str, token: &S::Token) -> Result<(), S::Error> {
        self.0.release(id, token).await
    }

    fn abandon(&self, id: &str, token: &S::Token) {
        self.0.abandon(id, token);
    }
}

pub(crate) async fn satisfies_contract<S>(stores: &Pair<S>)
where
    S: Store + 'static,
    S::Error: Debug,
{
    an_event_is_claimed_once_and_done_once(stores).await;
    a_released_event_is_claimed_again(stores).await;
    an_event_that_is_done_stays_done(stores).await;
    a_dropped_handler_leaves_the_event_to_the_next_one(stores).await;
    one_of_many_tasks_handles_an_event(stores).await;
}

async fn claimed<S: Store>(store: &S, id: &str) -> S::Token
where
    S::Error: Debug,
{
    match store.claim(id).await.unwrap() {
        Claim::New(token) => token,
        Claim::InProgress => panic!("{id} is in progress"),
        Claim::Done => panic!("{id} is done"),
    }
}

async fn is_in_progress<S: Store>(store: &S, id: &str) -> bool
where
    S::Error: Debug,
{
    matches!(store.claim(id).await.unwrap(), Claim::InProgress)
}

async fn is_done<S: Store>(store: &S, id: &str) -> bool
where
    S::Error: Debug,
{
    matches!(store.claim(id).await.unwrap(), Claim::Done)
}

async fn an_event_is_claimed_once_and_done_once<S: Store>(Pair(one, other): &Pair<S>)
where
    S::Error: Debug,
{
    let token = claimed(&**one, "once").await;
    assert!(is_in_progress(&**one, "once").await);
    assert!(is_in_progress(&**other, "once").await);
    one.complete("once", &token).await.unwrap();
    assert!(is_done(&**one, "once").await);
    assert!(is_done(&**other, "once").await);
    // Events are distinguished by their IDs, which can be any string.
    for id in ["", "ONCE", "ünïcode '; --", "o*"] {
        let token = claimed(&**other, id).await;
        assert!(is_in_progress(&**one, id).await);
        other.release(id, &token).await.unwrap();
    }
}

async fn a_released_event_is_claimed_again<S: Store>(Pair(one, other): &Pair<S>)
where
    S::Error: Debug,
{
    let token = claimed(&**one, "released").await;
    one.release("released", &token).await.unwrap();
    let token = claimed(&**other, "released").await;
    assert!(is_in_progress(&**one, "released").await);
    other.release("released", &token).await.unwrap();
    // Releasing an event that is not claimed has no effect.
    other.release("released", &token).await.unwrap();
    claimed(&**one, "released").await;
}

async fn an_event_that_is_done_stays_done<S: Store>(Pair(one, other): &Pair<S>)
where
    S::Error: Debug,
{
    let token = claimed(&**one, "done").await;
    one.complete("done", &token).await.unwrap();
    one.release("done", &token).await.unwrap();
    one.abandon("done", &token);
    one.complete("done", &token).await.unwrap();
    assert!(is_done(&**other, "done").await);
}

/// Claims an event that a background task is about to release: retries until it succeeds.
async fn claimed_eventually<S: Store>(store: &S, id: &str) -> S::Token
where
    S::Error: Debug,
{
    for _ in 0..1000 {
        if let Claim::New(token) = store.claim(id).await.unwrap() {
            return token;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{id} was not given up");
}

pub(crate) async fn works_eventually<S: Store>(store: &S) {
    for number in 0..1000 {
        if let Ok(Claim::New(_)) = store.claim(&format!("again-{number}")).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the store does not work again");
}

struct Event;

impl Decode for Event {
    fn decode(_: Node<'_, '_>) -> Self {
        Self
    }
}

impl VersionedEvent for Event {
    const VERSIONS: &'static [&'static str] = &["2026-10"];

    fn event_type(&self) -> &str {
        "a"
    }
}

fn delivery(id: &str) -> Delivery<Event> {
    let (webhooks, now) = (Webhooks::new("secret"), std::time::SystemTime::now());
    let body = r#"{"type":"a"}"#;
    let headers = webhooks.sign(id, now, body).unwrap();
    webhooks.verify(headers, body).unwrap()
}

async fn a_dropped_handler_leaves_the_event_to_the_next_one<S>(Pair(one, other): &Pair<S>)
where
    S: Store + 'static,
    S::Error: Debug,
{
    let deliveries = Deliveries::new(Shared(Arc::clone(one)));
    let event = delivery("dropped");
    {
        let handled = deliveries.once(&event, pending::<Result<(), ()>>());
        let handled = tokio::time::timeout(Duration::from_millis(50), handled);
        assert!(handled.await.is_err());
    }
    let token = claimed_eventually(&**other, "dropped").await;
    other.complete("dropped", &token).await.unwrap();
}

/// Many tasks handle the same events on both connections, and some fail. Each event is handled by one task.
async fn one_of_many_tasks_handles_an_event<S>(Pair(one, other): &Pair<S>)
where
    S: Store + 'static,
    S::Error: Debug,
{
    const EVENTS: usize = 20;
    let deliveries = [one, other].map(|store| Deliveries::new(Shared(Arc::clone(store))));
    let running: Arc<Vec<AtomicU32>> = Arc::new((0..EVENTS).map(|_| AtomicU32::new(0)).collect());
    let handled = Arc::new(Mutex::new(BTreeMap::<usize, u32>::new()));
    let tasks = (0..64_usize).map(|task| {
        let deliveries = deliveries[task % 2].clone();
        let (running, handled) = (Arc::clone(&running), Arc::clone(&handled));
        tokio::spawn(async move {
            for step in 0..EVENTS {
                let number = (step + task) % EVENTS;
                let event = delivery(&format!("busy-{number}"));
                let handler = async {
                    assert_eq!(running[number].fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    assert_eq!(running[number].fetch_sub(1, Ordering::SeqCst), 1);
                    match task % 5 {
                        0 => Err("a handler that fails"),
                        _ => Ok(()),
                    }
                };
                if let Ok(Outcome::Handled(())) = deliveries.once(&event, handler).await {
                    *handled.lock().unwrap().entry(number).or_default() += 1;
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    // Handles the events whose last handler failed.
    for number in 0..EVENTS {
        let event = delivery(&format!("busy-{number}"));
        let outcome = deliveries[0].once(&event, ready(Ok::<(), ()>(()))).await;
        match outcome.unwrap_or(Outcome::InProgress) {
            Outcome::Handled(()) => *handled.lock().unwrap().entry(number).or_default() += 1,
            outcome => assert_eq!(outcome, Outcome::Redelivered),
        }
    }
    let handled = handled.lock().unwrap().clone();
    let expected: BTreeMap<usize, u32> = (0..EVENTS).map(|number| (number, 1)).collect();
    assert_eq!(handled, expected);
}

/// Checks stores whose claims expire. The claims of the first store expire soon, those of the second one late.
pub(crate) async fn claims_expire<S: Store>(Pair(one, other): &Pair<S>)
where
    S::Error: Debug,
    S::Token: PartialEq + Debug,
{
    let stale = claimed(&**one, "slow").await;
    let token = claimed_eventually(&**other, "slow").await;
    assert_ne!(stale, token);
    // A handler that outlived its claim cannot release the claim of another handler.
    one.release("slow", &stale).await.unwrap();
    one.abandon("slow", &stale);
    assert!(is_in_progress(&**one, "slow").await);
    // An event counts as handled even if the claim of its handler has expired.
    one.complete("slow", &stale).await.unwrap();
    other.release("slow", &token).await.unwrap();
    assert!(is_done(&**other, "slow").await);
}

/// Checks stores that forget handled events after a time. For these stores, the time is short.
pub(crate) async fn forgets_events<S: Store>(Pair(one, other): &Pair<S>)
where
    S::Error: Debug,
{
    let token = claimed(&**one, "forgotten").await;
    one.complete("forgotten", &token).await.unwrap();
    claimed_eventually(&**other, "forgotten").await;
    assert!(is_in_progress(&**one, "forgotten").await);
}
