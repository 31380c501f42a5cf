//! What sends the events.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::StatusCode;

use super::entry::{Entry, Standing, Time};
use super::queue::{Next, Queue};
use super::{Event, Fate, Report, first_of};
use crate::client::{Call, Request, RetryPolicy};
use crate::codec::{Encode, List, Record, Sink, View};
use crate::error::{Error, Location, ValidationEntry};
use crate::transport::BoxFuture;

/// How long to wait for what may pass.
const PATIENT: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(30));

/// The same, when a shutdown is waited for.
const HURRIED: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(1));

/// The longest wait that is obeyed. The API asks for no longer one; what is in between might.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// After this many failures that could be due to its events, a batch is divided.
const TRIES: u32 = 3;

/// Sends the events of an [`Ingester`](super::Ingester). It has to be spawned, and ends after a shutdown, or when all
/// clones of the ingester are dropped and all events are sent.
///
/// It gives a [`Report`]. The events that were not delivered are in it if the ingester's clones were all dropped; else
/// [`shutdown`](super::Ingester::shutdown) has them.
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
    type Output = Report<E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report<E>> {
        let driver = self.get_mut();
        // Tokio's clock panics off its runtime.
        let poll = match &mut driver.run {
            Some(run) if driver.queue.clock().is_at_hand() => run.as_mut().poll(context),
            _ => Poll::Ready(()),
        };
        poll.map(|()| {
            driver.run = None;
            driver.queue.end();
            driver.queue.last_report()
        })
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
        let mut failed = 0;
        loop {
            match queue.next() {
                Next::Send(entries) => {
                    let batch = Batch::new(&queue, entries);
                    batch.deliver(&request, &mut failed).await;
                }
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
    /// How many requests failed, one after the other, in ways that could be due to the events.
    suspicious: u32,
}

impl<'a, E: Event> Batch<'a, E> {
    fn new(queue: &'a Queue<E>, entries: Vec<Entry<E>>) -> Self {
        let is_suspect = |entry: &Entry<E>| entry.standing == Standing::Suspect;
        Self {
            queue,
            // Suspects have had their tries.
            suspicious: if entries.iter().any(is_suspect) {
                TRIES
            } else {
                0
            },
            parts: vec![entries],
        }
    }

    /// Sends all parts, or ends early when an event has to be set aside: the others are then whole again.
    ///
    /// `failed` counts the failures since the last answer, over all batches, so that an outage is not made worse.
    async fn deliver(mut self, template: &Request, failed: &mut u32) {
        while let Some(part) = self.parts.last() {
            let mut request = template.clone();
            request.json_body(&Body(part));
            let error = match Call::json(request).await {
                Ok(answer) => {
                    self.queue.note(None);
                    *failed = 0;
                    self.stored(&answer);
                    continue;
                }
                Err(error) if is_about_events(&error) => {
                    self.queue.note(None);
                    *failed = 0;
                    self.refused(error);
                    continue;
                }
                Err(error) => error,
            };
            *failed = failed.saturating_add(1);
            let asked = error.retry_after();
            let goes_on = self.failed(&error);
            self.queue.note(Some(Arc::new(error)));
            pause(self.queue, asked, *failed).await;
            if goes_on == Goes::Back {
                return;
            }
        }
    }

    /// The request failed in a way that may pass. After a few times, and where the events can be the reason, the part is
    /// divided, until a single event is left that is set aside.
    fn failed(&mut self, error: &Error) -> Goes {
        if !may_be_due_to_events(error) {
            self.suspicious = 0;
            return Goes::On;
        }
        self.suspicious += 1;
        if self.suspicious < TRIES {
            return Goes::On;
        }
        let mut part = self.parts.pop().unwrap_or_default();
        if part.len() > 1 {
            // From here on, each failure divides.
            self.suspicious = TRIES;
            self.halve(part);
            return Goes::On;
        }
        if let Some(entry) = part.pop() {
            self.queue.suspect(entry);
        }
        Goes::Back
    }

    /// Sends the first half of a part next, and then the second one.
    fn halve(&mut self, mut part: Vec<Entry<E>>) {
        let second = part.split_off(part.len() / 2);
        self.parts.extend([second, part]);
    }

    /// The server has the events that were just sent.
    fn stored(&mut self, answer: &E::Answer) {
        let mut part = self.parts.pop().unwrap_or_default();
        for slot in part.iter_mut().filter_map(|entry| entry.slot.take()) {
            slot.fill(Fate::Stored);
        }
        let counts = E::counts(answer);
        self.queue.settle(&part, |stats| {
            stats.accepted += u64::try_from(counts.accepted).unwrap_or(0);
            stats.duplicates += u64::try_from(counts.duplicates).unwrap_or(0);
        });
    }

    /// The server says that something is wrong with the events that were just sent, and took none of them.
    fn refused(&mut self, error: Error) {
        let part = self.parts.pop().unwrap_or_default();
        let error = Arc::new(error);
        let mut named = named::<E>(&error);
        named.retain(|&index, _| index < part.len());
        if part.len() == 1 {
            // There is no other one that it could be about.
            named.entry(0).or_default();
        }
        if named.is_empty() {
            // It could be any of them.
            return self.halve(part);
        }
        let (mut wrong, mut others) = (Vec::new(), Vec::new());
        for (index, mut entry) in part.into_iter().enumerate() {
            match named.remove(&index) {
                Some(said) if !forget_time(&mut entry, &said) => wrong.push((entry, said)),
                _ => others.push(entry),
            }
        }
        if !others.is_empty() {
            self.parts.push(others);
        }
        self.give_up(wrong, &error);
    }

    /// Hands events back, each with what the server says about it.
    fn give_up(&mut self, wrong: Vec<(Entry<E>, Vec<ValidationEntry>)>, error: &Arc<Error>) {
        let (events, said): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
        let count = events.len() as u64;
        self.queue.settle(&events, |stats| stats.refused += count);
        for (entry, entries) in events.into_iter().zip(said) {
            let error = Arc::clone(error);
            self.queue.tell(entry, Fate::Refused { error, entries });
        }
    }
}

/// What becomes of a batch after a failure.
#[derive(PartialEq, Eq)]
enum Goes {
    /// It is sent again, whole or in parts.
    On,
    /// What is left of it goes back to the queue.
    Back,
}

/// Takes a time back that this side has set, if the server finds fault with it: its clock is behind, and it is to take its
/// own. Whether there is anything to send again.
fn forget_time<E: Event>(entry: &mut Entry<E>, said: &[ValidationEntry]) -> bool {
    let is_about_time = |said: &ValidationEntry| matches!(said.location.last(), Some(Location::Key(key)) if key == E::TIME);
    let is_ours = entry.time == Time::Ours && said.iter().any(is_about_time);
    if is_ours {
        *entry.event.timestamp() = None;
        entry.time = Time::Theirs;
    }
    is_ours
}

impl<E> Drop for Batch<'_, E> {
    fn drop(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        self.queue.give_back(parts.into_iter().rev().flatten());
    }
}

/// Waits after this many failures, or as long as the server asks.
async fn pause<E>(queue: &Queue<E>, asked: Option<Duration>, failed: u32) {
    let clock = queue.clock();
    match (asked, queue.is_closed()) {
        (Some(asked), _) => {
            let jitter = PATIENT.jitter(1);
            clock.sleep(asked.min(LONGEST_PAUSE) + jitter).await;
        }
        (None, true) => clock.sleep(HURRIED.jitter(failed)).await,
        (None, false) => first_of(clock.sleep(PATIENT.jitter(failed)), queue.closed()).await,
    }
}

/// Whether it can be the events that a server or a connection fails on. What asks for patience is an outage.
fn may_be_due_to_events(error: &Error) -> bool {
    let is_server_error = error
        .status()
        .is_some_and(|status| status.is_server_error());
    error.retry_after().is_none() && (is_server_error || error.is_timeout())
}

/// Whether an answer says that something is wrong with the events, and not with the server, the token, or what is in
/// between. What is in between may answer with any status and in JSON, but does not repeat the version as the API does.
fn is_about_events(error: &Error) -> bool {
    let Error::Api(answer) = error else {
        return matches!(error, Error::InvalidBody { .. });
    };
    match answer.status() {
        StatusCode::PAYLOAD_TOO_LARGE => true,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            let is_named = answer.class().is_some() || !answer.validation().is_empty();
            is_named && answer.is_from_api()
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
