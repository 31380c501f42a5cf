//! `Driver`: sends batches, retries them, and isolates events that make requests fail.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::backlog::TRIES;
use super::batch::Batch;
use super::body::Body;
use super::entry::{Entry, TimestampSource};
use super::event::Event;
use super::failure::{Failure, named};
use super::outcome::{DeliveryOutcome, Report, Stats};
use super::queue::{Next, Queue};
use super::select::first_of;
use crate::client::{Call, Request, RetryPolicy};
use crate::error::{Error, Location, ValidationEntry};
use crate::log;
use crate::transport::BoxFuture;

/// Backoff after transient errors.
const BACKOFF: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(30));

/// Backoff during a shutdown.
const SHUTDOWN_BACKOFF: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(1));

/// The maximum `Retry-After` that is respected. The API never sends more, but a proxy might.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// The future that sends the events of an [`Ingester`](super::Ingester): spawn it.
///
/// It completes after a [`shutdown`](super::Ingester::shutdown). It also completes after all clones of the ingester are
/// dropped and all events are sent.
///
/// It returns a [`Report`]. The report contains the undelivered events only if all clones of the ingester were dropped.
/// Otherwise `shutdown` returns them.
///
/// Dropping the driver ends the ingester at once. The outcome of the remaining events is [`DeliveryOutcome::Unsent`].
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
        // Outside of its runtime, tokio's clock would panic.
        let poll = match &mut driver.run {
            Some(run) if driver.queue.clock().is_available() => run.as_mut().poll(context),
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
        // Before `end`: dropping the future returns its batch to the queue.
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

/// Sends batches until the queue is closed and empty, or the deadline of a shutdown elapses.
async fn run<E: Event>(queue: Arc<Queue<E>>, request: Request) {
    let sending = async {
        // The number of failures, of any batch, since the last response of the API.
        let mut failed = 0;
        loop {
            match queue.next() {
                Next::Send(batch) => {
                    // During an outage, only single events are sent, to limit the load.
                    let batch = match failed < TRIES {
                        true => batch,
                        false => batch.into_probe(),
                    };
                    let in_flight = InFlight {
                        queue: &queue,
                        batch,
                    };
                    in_flight.deliver(&request, &mut failed).await;
                }
                Next::Wait(notified, None) => notified.await,
                Next::Wait(notified, Some(max_wait)) => {
                    first_of(notified, queue.clock().sleep(max_wait)).await;
                }
                Next::End => return,
            }
        }
    };
    first_of(sending, queue.out_of_time()).await;
}

/// A batch that is being sent. Dropping it returns the remaining events to the queue.
struct InFlight<'a, E> {
    queue: &'a Queue<E>,
    batch: Batch<E>,
}

impl<E> Drop for InFlight<'_, E> {
    fn drop(&mut self) {
        self.queue.put_back(mem::take(&mut self.batch));
    }
}

impl<E: Event> InFlight<'_, E> {
    /// Sends the batch once. After a transient error, waits for the backoff. `failed` counts the failures since the
    /// last response of the API.
    ///
    /// A batch that failed [`TRIES`] times may contain an event that causes the failures, or there is an outage. If
    /// another request succeeds after that, an event is the cause: the batch is divided, without backoff, until that
    /// event is alone. If no request succeeds, it is an outage, and the backoff grows.
    async fn deliver(self, template: &Request, failed: &mut u32) {
        let (queue, size) = (self.queue, self.batch.size());
        let mut request = template.clone();
        request.json_body(&Body(&self.batch.entries));
        let error = match Call::json(request).await {
            Ok(response) => {
                queue.responded(size);
                *failed = 0;
                return self.stored(&response);
            }
            Err(error) => error,
        };
        let failure = Failure::of(&error, &self.batch);
        match failure {
            Failure::Rejected | Failure::TooLarge => {
                queue.responded(0);
                *failed = 0;
            }
            // The suspect itself is the cause, so this does not count as an outage.
            Failure::Ambiguous if self.batch.is_suspect => {}
            _ => *failed = failed.saturating_add(1),
        }
        let retry_after = error
            .retry_after()
            .map(|retry_after| retry_after.min(LONGEST_PAUSE));
        let continues_at_once = match failure {
            Failure::Rejected => return self.reject(error),
            Failure::TooLarge => return self.halve(),
            Failure::TooLargeForGateway => {
                self.halve();
                false
            }
            Failure::Ambiguous => self.ambiguous(*failed, retry_after),
            Failure::Outage => {
                drop(self);
                false
            }
        };
        let error = Arc::new(error);
        queue.failed(Arc::clone(&error));
        // While a batch is divided, other events do not have to wait, even if the response has a `Retry-After`.
        if !continues_at_once {
            pause(queue, retry_after, *failed, &error).await;
        }
    }

    /// Handles a failure of which the server or an event may be the cause. Returns whether the next batch can be sent
    /// without backoff.
    fn ambiguous(mut self, failed: u32, retry_after: Option<Duration>) -> bool {
        let batch = &mut self.batch;
        if batch.is_suspect {
            batch.retry_after = retry_after;
            return true;
        }
        batch.failures = batch.failures.saturating_add(1);
        if failed > TRIES {
            // No request succeeds. The batch is deferred, so that another one is tried.
            batch.failures = batch.failures.max(TRIES);
        }
        // The batch has failed too often, and another request succeeded meanwhile: its events are the cause.
        let is_due_to_events = batch.failures > TRIES && failed <= TRIES;
        if is_due_to_events {
            match batch.entries.len() > 1 {
                true => self.divide(),
                false => batch
                    .entries
                    .drain(..)
                    .for_each(|entry| self.queue.suspect(entry, retry_after)),
            }
        }
        is_due_to_events
    }

    /// Divides a batch that was too large, and reduces the size of later batches.
    fn halve(mut self) {
        self.queue.record_too_large(self.batch.size());
        self.divide();
    }

    /// Returns the two halves to the queue as separate batches: the second one here, the first one when this is
    /// dropped.
    fn divide(&mut self) {
        let second = self.batch.split_half();
        self.queue.put_back(second);
    }

    /// Records that the server accepted the batch. Compares its counts with the number of events.
    fn stored(mut self, response: &E::Response) {
        let mut entries = self.take_sent();
        let counts = E::counts(response);
        let positive = |count: i64| u64::try_from(count).unwrap_or(0);
        let sent = entries.len() as u64;
        // At most the number of events, whatever the server returns, so that the statistics cannot overflow.
        let accepted = positive(counts.accepted).min(sent);
        let duplicates = positive(counts.duplicates).min(sent - accepted);
        let missing = sent - accepted - duplicates;
        let count = |stats: &mut Stats| {
            stats.accepted += accepted;
            stats.duplicates += duplicates;
            stats.unconfirmed += missing;
        };
        if missing > 0 {
            let reason = format_args!(
                "the server counted {missing} of {sent} events neither as stored nor as duplicate"
            );
            log::events_undelivered(entries.len(), &reason);
            let unconfirmed = |entry| (entry, DeliveryOutcome::Unconfirmed { sent, counts });
            let entries = entries.into_iter().map(unconfirmed).collect();
            return self.queue.give_up(entries, count);
        }
        for receipt in entries.iter_mut().filter_map(|entry| entry.receipt.take()) {
            receipt.resolve(DeliveryOutcome::Stored);
        }
        let numbers = entries.iter().map(|entry| entry.number).collect();
        self.queue.settle(entries.iter(), count);
        self.queue.remove(numbers);
    }

    /// Removes the sent events from the batch, and returns them, after a response of the API.
    fn take_sent(&mut self) -> Vec<Entry<E>> {
        if mem::take(&mut self.batch.is_suspect) {
            self.batch.failures = TRIES;
            self.queue.release_suspects();
        }
        mem::take(&mut self.batch.entries)
    }

    /// Handles a rejection: the API stored none of the events. The invalid ones become undelivered; the others are
    /// retried.
    fn reject(mut self, error: Error) {
        let entries = self.take_sent();
        let error = Arc::new(error);
        let mut named = named::<E>(&error);
        named.retain(|&index, _| index < entries.len());
        if entries.len() == 1 {
            // A single event is the cause, even if the response does not name it.
            named.entry(0).or_default();
        }
        if named.is_empty() {
            // Any of the events can be the cause.
            self.batch.entries = entries;
            return self.divide();
        }
        let mut rejected = Vec::new();
        for (index, mut entry) in entries.into_iter().enumerate() {
            match named.remove(&index) {
                Some(errors) if !clear_timestamp(&mut entry, &errors) => {
                    rejected.push((entry, errors))
                }
                _ => self.batch.entries.push(entry),
            }
        }
        self.give_up(rejected, &error);
    }

    /// Marks rejected events as undelivered, each with its validation errors.
    fn give_up(&self, rejected: Vec<(Entry<E>, Vec<ValidationEntry>)>, error: &Arc<Error>) {
        let count = rejected.len();
        if count > 0 {
            log::events_undelivered(count, error);
        }
        let rejected = rejected.into_iter().map(|(entry, entries)| {
            let error = Arc::clone(error);
            (entry, DeliveryOutcome::Rejected { error, entries })
        });
        self.queue.give_up(rejected.collect(), |stats| {
            stats.rejected += count as u64;
        });
    }
}

/// Removes the timestamp of an event if the ingester set it and the server rejected it, because the server's clock is
/// behind. Returns whether it did: then the event can be retried, and the server sets the timestamp.
fn clear_timestamp<E: Event>(entry: &mut Entry<E>, errors: &[ValidationEntry]) -> bool {
    let is_about_time = |error: &ValidationEntry| matches!(error.location.last(), Some(Location::Key(key)) if key == E::TIME);
    let is_ours =
        entry.timestamp_source == TimestampSource::Ingester && errors.iter().any(is_about_time);
    if is_ours {
        *entry.event.timestamp() = None;
        entry.timestamp_source = TimestampSource::Caller;
    }
    is_ours
}

/// Waits for the `Retry-After` of the response; if there is none, for the backoff after this many failures.
async fn pause<E>(queue: &Queue<E>, retry_after: Option<Duration>, failed: u32, error: &Error) {
    let is_closed = queue.is_closed();
    let policy = if is_closed { SHUTDOWN_BACKOFF } else { BACKOFF };
    let delay = match retry_after {
        // Jitter is added, because `Retry-After` may be zero.
        Some(retry_after) => retry_after + policy.jitter(failed.max(1)),
        None => policy.jitter(failed),
    };
    log::ingestion_paused(failed, delay, error);
    let sleep = queue.clock().sleep(delay);
    match retry_after.is_none() && !is_closed {
        true => first_of(sleep, queue.closed()).await,
        false => sleep.await,
    }
}
