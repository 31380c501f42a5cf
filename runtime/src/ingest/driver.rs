//! What sends the events.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::StatusCode;

use super::queue::{Entry, Next, Queue};
use super::{Event, Fate, first_of};
use crate::client::{Call, Request, RetryPolicy};
use crate::codec::{Encode, List, Record, Sink, View};
use crate::error::{Error, Location, ValidationEntry};
use crate::transport::BoxFuture;

/// How long to wait for what may pass.
const PATIENT: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(30));

/// The same, when a shutdown is waited for.
const HURRIED: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(1));

/// The longest wait that the server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Sends the events of an [`Ingester`](super::Ingester). It has to be spawned, and ends after a shutdown, or when all
/// clones of the ingester are dropped and all events are sent.
///
/// Dropping it ends the ingester at once: events that are left are [`Fate::Unsent`].
#[must_use = "no event is sent unless the driver is spawned"]
pub struct Driver<E> {
    queue: Arc<Queue<E>>,
    run: Option<BoxFuture<'static, ()>>,
}

impl<E: Event> Driver<E> {
    pub(super) fn new(queue: Arc<Queue<E>>, request: Request) -> Self {
        let run = Box::pin(run(Arc::clone(&queue), request));
        Self {
            queue,
            run: Some(run),
        }
    }
}

impl<E> Future for Driver<E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        // Tokio's clock panics off its runtime.
        let poll = match &mut driver.run {
            Some(run) if driver.queue.clock().is_at_hand() => run.as_mut().poll(context),
            _ => Poll::Ready(()),
        };
        if poll.is_ready() {
            driver.run = None;
            driver.queue.end();
        }
        poll
    }
}

impl<E> Drop for Driver<E> {
    fn drop(&mut self) {
        // First, for it gives back what it holds.
        self.run = None;
        self.queue.end();
    }
}

impl<E> fmt::Debug for Driver<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("stats", &self.queue.stats())
            .finish_non_exhaustive()
    }
}

/// Sends all batches, until there are no more or there is no time for more.
async fn run<E: Event>(queue: Arc<Queue<E>>, request: Request) {
    let sending = async {
        loop {
            match queue.next() {
                Next::Send(entries) => Batch::new(&queue, entries).deliver(&request).await,
                Next::Wait(sign, None) => sign.await,
                Next::Wait(sign, Some(longest)) => {
                    first_of(sign, queue.clock().sleep(longest)).await;
                }
                Next::End => return,
            }
        }
    };
    first_of(sending, queue.out_of_time()).await;
}

/// Events that were taken from the queue. Those that are left when it is dropped go back.
struct Batch<'a, E> {
    queue: &'a Queue<E>,
    /// What is left, in parts that are sent one after the other, the last one first.
    parts: Vec<Vec<Entry<E>>>,
    done: u64,
}

impl<'a, E: Event> Batch<'a, E> {
    fn new(queue: &'a Queue<E>, entries: Vec<Entry<E>>) -> Self {
        Self {
            queue,
            parts: vec![entries],
            done: 0,
        }
    }

    async fn deliver(mut self, template: &Request) {
        while let Some(part) = self.parts.last() {
            let mut request = template.clone();
            request.json_body(&Body(part));
            match answer::<E>(self.queue, request).await {
                Ok(answer) => self.stored(&answer),
                Err(error) => self.refused(error),
            }
        }
    }

    /// The server has the events that were just sent.
    fn stored(&mut self, answer: &E::Answer) {
        let mut part = self.parts.pop().unwrap_or_default();
        for slot in part.iter_mut().filter_map(|entry| entry.slot.take()) {
            slot.fill(Fate::Stored);
        }
        let counts = E::counts(answer);
        self.done += part.len() as u64;
        let sizes: Vec<usize> = part.iter().map(|entry| entry.size).collect();
        self.queue.settle(&sizes, |stats| {
            stats.accepted += u64::try_from(counts.accepted).unwrap_or(0);
            stats.duplicates += u64::try_from(counts.duplicates).unwrap_or(0);
        });
    }

    /// The server says that something is wrong with the events that were just sent, and took none of them.
    fn refused(&mut self, error: Error) {
        let mut part = self.parts.pop().unwrap_or_default();
        let error = Arc::new(error);
        let mut named = named::<E>(&error);
        named.retain(|&index, _| index < part.len());
        if part.len() == 1 {
            let entries = named.remove(&0).unwrap_or_default();
            return self.give_up(part, &error, vec![entries]);
        }
        if named.is_empty() {
            // It could be any of them.
            let second = part.split_off(part.len() / 2);
            self.parts.extend([second, part]);
            return;
        }
        let (mut wrong, mut others) = (Vec::new(), Vec::new());
        for (index, entry) in part.into_iter().enumerate() {
            match named.contains_key(&index) {
                true => wrong.push(entry),
                false => others.push(entry),
            }
        }
        if !others.is_empty() {
            self.parts.push(others);
        }
        self.give_up(wrong, &error, named.into_values().collect());
    }

    /// Hands events back, each with what the server says about it.
    fn give_up(
        &mut self,
        events: Vec<Entry<E>>,
        error: &Arc<Error>,
        said: Vec<Vec<ValidationEntry>>,
    ) {
        let count = events.len() as u64;
        self.done += count;
        let sizes: Vec<usize> = events.iter().map(|entry| entry.size).collect();
        self.queue.settle(&sizes, |stats| stats.refused += count);
        for (entry, entries) in events.into_iter().zip(said) {
            let error = Arc::clone(error);
            self.queue.tell(entry, Fate::Refused { error, entries });
        }
    }
}

impl<E> Drop for Batch<'_, E> {
    fn drop(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        self.queue
            .give_back(self.done, parts.into_iter().rev().flatten());
    }
}

/// Sends a request until there is an answer that is about its events.
async fn answer<E: Event>(queue: &Queue<E>, request: Request) -> Result<E::Answer, Error> {
    let mut failed = 0;
    loop {
        let error = match Call::json(request.clone()).await {
            Ok(answer) => {
                queue.note(None);
                return Ok(answer);
            }
            Err(error) if is_about_events(&error) => {
                queue.note(None);
                return Err(error);
            }
            Err(error) => error,
        };
        failed = u32::saturating_add(failed, 1);
        let asked = error.retry_after();
        queue.note(Some(Arc::new(error)));
        let clock = queue.clock();
        match (asked, queue.is_closed()) {
            (Some(asked), _) => {
                clock
                    .sleep(asked.min(LONGEST_PAUSE) + PATIENT.jitter(1))
                    .await
            }
            (None, true) => clock.sleep(HURRIED.jitter(failed)).await,
            (None, false) => first_of(clock.sleep(PATIENT.jitter(failed)), queue.closed()).await,
        }
    }
}

/// Whether an answer says that something is wrong with the events, and not with the server, the token, or what is in
/// between. What is in between may answer with any status, but not in the words of the API.
fn is_about_events(error: &Error) -> bool {
    let Error::Api(answer) = error else {
        return matches!(error, Error::InvalidBody { .. });
    };
    match answer.status() {
        StatusCode::PAYLOAD_TOO_LARGE => true,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            answer.class().is_some() || !answer.validation().is_empty()
        }
        _ => false,
    }
}

/// The events that an answer names, by their position, with what it says about each.
fn named<E: Event>(error: &Error) -> BTreeMap<usize, Vec<ValidationEntry>> {
    let mut named: BTreeMap<usize, Vec<ValidationEntry>> = BTreeMap::new();
    let entries = error.api().map(|answer| answer.validation());
    for entry in entries.into_iter().flatten() {
        let steps = entry.location.windows(2);
        let index = steps.filter_map(|steps| match steps {
            [Location::Key(key), Location::Index(index)] if key == E::LIST => Some(*index),
            _ => None,
        });
        let index = index.into_iter().next().map(usize::try_from);
        if let Some(Ok(index)) = index {
            named.entry(index).or_default().push(entry.clone());
        }
    }
    named
}

/// The body of a request: the list of its events.
struct Body<'a, E>(&'a [Entry<E>]);

impl<E: Event> Encode for Body<'_, E> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl<E: Event> Record for Body<'_, E> {
    fn write(&self, sink: &mut Sink<'_>) {
        sink.fields(&[(E::LIST, &Events(self.0))]);
    }
}

struct Events<'a, E>(&'a [Entry<E>]);

impl<E: Event> Encode for Events<'_, E> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<E: Event> List for Events<'_, E> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn item(&self, index: usize) -> Option<&dyn Encode> {
        self.0.get(index).map(|entry| &entry.event as &dyn Encode)
    }
}
