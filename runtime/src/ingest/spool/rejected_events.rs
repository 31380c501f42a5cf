//! The rejected events of a spool: listed, retried and discarded by callers.

use super::command::Request;
use super::handle::SpoolHandle;
use super::oneshot;
use super::pending::Outcome;
use super::rejection::RejectedEvent;
use crate::codec::{self, Encode};
use crate::ingest::entry::Entry;
use crate::ingest::outcome::NotQueuedReason;
use crate::ingest::spool_error::SpoolError;
use crate::time::Instant;

/// How many rejected events are retried at a time.
const RETRIED_TOGETHER: usize = 256;

impl<E> SpoolHandle<E> {
    /// Returns rejected events that follow a number, up to a count.
    pub(in crate::ingest) async fn rejected(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<E>>, SpoolError> {
        let (result, events) = oneshot::channel();
        let request = Request::List {
            after,
            limit,
            result,
        };
        self.request(request, events).await
    }

    /// Removes rejected events, and returns how many they were.
    pub(in crate::ingest) async fn discard_rejected(
        &self,
        numbers: Vec<u64>,
    ) -> Result<u64, SpoolError> {
        let (result, count) = oneshot::channel();
        self.request(Request::Discard { numbers, result }, count)
            .await
    }

    /// Queues all rejected events again, each with a new number, and returns how many they were. Those that are discarded
    /// or retried by another call meanwhile are not queued again.
    pub(in crate::ingest) async fn retry_rejected(&self, now: Instant) -> Result<u64, SpoolError>
    where
        E: Encode,
    {
        // Those that are rejected again meanwhile have higher numbers.
        let last = self.last();
        let (mut after, mut count) = (0, 0);
        loop {
            let events = self.rejected(after, RETRIED_TOGETHER).await?;
            let mut outcomes = Vec::new();
            for rejected in events.into_iter().take_while(|event| event.number <= last) {
                after = rejected.number;
                outcomes.push(self.retry(rejected, now)?);
            }
            if outcomes.is_empty() {
                return Ok(count);
            }
            for outcome in outcomes {
                let outcome = self.outcome(outcome).await;
                outcome.map_err(|refused| self.not_retried(refused))?;
                count += 1;
            }
        }
    }

    /// Queues a rejected event regardless of the budget: it is on disk already.
    fn retry(
        &self,
        rejected: RejectedEvent<E>,
        now: Instant,
    ) -> Result<oneshot::Receiver<Outcome<E>>, SpoolError>
    where
        E: Encode,
    {
        let (caller, outcome) = oneshot::channel();
        let entry = Entry {
            number: 0,
            size: codec::to_vec(&rejected.event).len(),
            event: rejected.event,
            since: now,
            timestamp_source: rejected.timestamp_source,
            receipt: None,
            accepted: None,
        };
        let sent = self.send(self.state(), entry, Some(caller), Some(rejected.number));
        sent.map_err(|refused| self.not_retried(refused))?;
        Ok(outcome)
    }

    fn not_retried(&self, (_, reason): (Entry<E>, NotQueuedReason)) -> SpoolError {
        match reason {
            NotQueuedReason::NotStored(error) => error,
            _ => self.ended(),
        }
    }

    async fn request<T>(
        &self,
        request: Request<E>,
        result: oneshot::Receiver<Result<T, SpoolError>>,
    ) -> Result<T, SpoolError> {
        // A request that cannot be sent is dropped, and with it the other end of the result.
        let _ = self.commands.send(Command::Rejected(request));
        let result = result.receive().await;
        result.unwrap_or_else(|| Err(self.ended()))
    }

    fn ended(&self) -> SpoolError {
        match self.state().has_panicked {
            true => self.panicked(),
            false => SpoolError::failed(&self.folder, "the ingester has ended"),
        }
    }
}
