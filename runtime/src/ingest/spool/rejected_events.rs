//! The rejected events of a spool: listed, retried and discarded by callers.

use super::command::{Command, Request};
use super::handle::SpoolHandle;
use super::oneshot;
use super::pending::Outcome;
use super::rejection::RejectedEvent;
use crate::codec::{self, Encode};
use crate::ingest::entry::Entry;
use crate::ingest::outcome::NotQueuedReason;
use crate::ingest::spool_error::SpoolError;
use crate::time::Instant;

/// The maximum number of rejected events that are read and queued at a time.
const RETRIED_TOGETHER: usize = 256;

impl<E> SpoolHandle<E> {
    /// Returns up to `limit` rejected events whose numbers follow `after`.
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

    /// Removes rejected events by their numbers, and returns how many were removed.
    pub(in crate::ingest) async fn discard_rejected(
        &self,
        numbers: Vec<u64>,
    ) -> Result<u64, SpoolError> {
        let (result, count) = oneshot::channel();
        self.request(Request::Discard { numbers, result }, count)
            .await
    }

    /// Queues all rejected events again, each with a new number, and returns how many.
    pub(in crate::ingest) async fn retry_rejected(&self, now: Instant) -> Result<u64, SpoolError>
    where
        E: Encode,
    {
        // Events that are rejected again during this call have higher numbers, and are not retried again.
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

    /// Queues a rejected event again. The disk budget does not apply, because the event is already on disk.
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
        // If the command cannot be sent, it is dropped with the sender of the result, so `receive` returns `None`.
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
