//! What sends the events.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::backlog::TRIES;
use super::batch::Batch;
use super::body::Body;
use super::entry::{Entry, Time};
use super::event::Event;
use super::outcome::{Fate, Report};
use super::queue::{Next, Queue};
use super::select::first_of;
use super::verdict::{Verdict, named};
use crate::client::{Call, Request, RetryPolicy};
use crate::error::{Error, Location, ValidationEntry};
use crate::log;
use crate::transport::BoxFuture;

/// How long to wait after failures that pass on their own.
const PATIENT: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(30));

/// The same, when a shutdown is waited for.
const HURRIED: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(1));

/// The longest wait that is obeyed. The API asks for no longer one; what is in between might.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

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
        // First, for it returns what it holds.
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
        // Failures since the last response of the API, over all batches, so that an outage is not made worse.
        let mut failed = 0;
        loop {
            match queue.next() {
                Next::Send(batch) => {
                    // Few requests and small ones, until something gets through.
                    let batch = match failed < TRIES {
                        true => batch,
                        false => batch.into_probe(),
                    };
                    let flight = Flight {
                        queue: &queue,
                        batch,
                    };
                    flight.deliver(&request, &mut failed).await;
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

/// A batch on its way. What is left of it when this is dropped goes back to the queue.
struct Flight<'a, E> {
    queue: &'a Queue<E>,
    batch: Batch<E>,
}

impl<E> Drop for Flight<'_, E> {
    fn drop(&mut self) {
        self.queue.put_back(mem::take(&mut self.batch));
    }
}

impl<E: Event> Flight<'_, E> {
    /// Sends the batch once, and waits after a transient error.
    ///
    /// A batch that failed [`TRIES`] times is only blamed on its events when something else gets through after that: a
    /// single event of it, or another batch. Then it is divided, without waits, until the event that causes it is alone.
    /// Where nothing gets through, there is an outage, and waits grow.
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
        let verdict = Verdict::of(&error, &self.batch);
        match verdict {
            Verdict::Rejected | Verdict::TooLarge => {
                queue.responded(0);
                *failed = 0;
            }
            // Nothing new.
            Verdict::Doubtful if self.batch.is_suspect => {}
            _ => *failed = failed.saturating_add(1),
        }
        let asked = error.retry_after().map(|asked| asked.min(LONGEST_PAUSE));
        let goes_on = match verdict {
            Verdict::Rejected => return self.rejected(error),
            Verdict::TooLarge => return self.too_large(),
            Verdict::TooLargeForGateway => {
                self.too_large();
                false
            }
            Verdict::Doubtful => self.doubtful(*failed, asked),
            Verdict::Outage => {
                drop(self);
                false
            }
        };
        let error = Arc::new(error);
        queue.failed(Arc::clone(&error));
        // What goes on is not about the server, however long it asks to wait: the others are not to wait for one event.
        if !goes_on {
            pause(queue, asked, *failed, &error).await;
        }
    }

    /// The server failed, and an event can be the reason. Whether something else can be sent at once.
    fn doubtful(mut self, failed: u32, asked: Option<Duration>) -> bool {
        let batch = &mut self.batch;
        if batch.is_suspect {
            batch.asked = asked;
            return true;
        }
        batch.failures = batch.failures.saturating_add(1);
        if failed > TRIES {
            // Nothing gets through: it is another one's turn.
            batch.failures = batch.failures.max(TRIES);
        }
        // It failed before, and something got through since: it is not the server.
        let is_due_to_events = batch.failures > TRIES && failed <= TRIES;
        if is_due_to_events {
            match batch.entries.len() > 1 {
                true => self.divide(),
                false => batch
                    .entries
                    .drain(..)
                    .for_each(|entry| self.queue.suspect(entry, asked)),
            }
        }
        is_due_to_events
    }

    /// The request was too large: its halves are sent, and later ones are smaller.
    fn too_large(mut self) {
        self.queue.shrink(self.batch.size());
        self.divide();
    }

    /// Puts the second half back. The first one follows when this is dropped.
    fn divide(&mut self) {
        let second = self.batch.split_half();
        self.queue.put_back(second);
    }

    /// The server has the events that were just sent, by its own count.
    fn stored(mut self, response: &E::Answer) {
        let mut entries = self.settled();
        let counts = E::counts(response);
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let sent = entries.len() as u64;
        // Never more than there are, whatever the server counts: sums stay in range and agree with what was sent.
        let accepted = count(counts.accepted).min(sent);
        let duplicates = count(counts.duplicates).min(sent - accepted);
        let missing = sent - accepted - duplicates;
        if missing == 0 {
            for slot in entries.iter_mut().filter_map(|entry| entry.slot.take()) {
                slot.fill(Fate::Stored);
            }
        }
        self.queue.settle(&entries, |stats| {
            stats.accepted += accepted;
            stats.duplicates += duplicates;
            stats.unconfirmed += missing;
        });
        if missing > 0 {
            for entry in entries {
                self.queue
                    .hand_back(entry, Fate::Unconfirmed { sent, counts });
            }
        }
    }

    /// Takes the events out that were just sent: the API responded.
    fn settled(&mut self) -> Vec<Entry<E>> {
        if mem::take(&mut self.batch.is_suspect) {
            self.batch.failures = TRIES;
            self.queue.release_suspects();
        }
        mem::take(&mut self.batch.entries)
    }

    /// The API says that something is wrong with the events that were just sent, and took none of them.
    fn rejected(mut self, error: Error) {
        let entries = self.settled();
        let error = Arc::new(error);
        let mut named = named::<E>(&error);
        named.retain(|&index, _| index < entries.len());
        if entries.len() == 1 {
            // There is no other one that it could be about.
            named.entry(0).or_default();
        }
        if named.is_empty() {
            // It could be any of them.
            self.batch.entries = entries;
            return self.divide();
        }
        let mut wrong = Vec::new();
        for (index, mut entry) in entries.into_iter().enumerate() {
            match named.remove(&index) {
                Some(said) if !forget_time(&mut entry, &said) => wrong.push((entry, said)),
                _ => self.batch.entries.push(entry),
            }
        }
        self.give_up(wrong, &error);
    }

    /// Hands events back, each with what the server says about it.
    fn give_up(&self, wrong: Vec<(Entry<E>, Vec<ValidationEntry>)>, error: &Arc<Error>) {
        let (events, said): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
        let count = events.len() as u64;
        self.queue.settle(&events, |stats| stats.refused += count);
        for (entry, entries) in events.into_iter().zip(said) {
            let error = Arc::clone(error);
            self.queue
                .hand_back(entry, Fate::Refused { error, entries });
        }
    }
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

/// Waits after this many failures, or as long as the server asks.
async fn pause<E>(queue: &Queue<E>, asked: Option<Duration>, failed: u32, error: &Error) {
    let is_closed = queue.is_closed();
    let policy = if is_closed { HURRIED } else { PATIENT };
    let delay = match asked {
        // Servers may ask for no time at all.
        Some(asked) => asked + policy.jitter(failed.max(1)),
        None => policy.jitter(failed),
    };
    log::ingestion_paused(failed, delay, error);
    let sleep = queue.clock().sleep(delay);
    match asked.is_none() && !is_closed {
        true => first_of(sleep, queue.closed()).await,
        false => sleep.await,
    }
}
