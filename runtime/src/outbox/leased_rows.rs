//! The rows that a relay has leased, and the delivery outcomes of their events.

use std::collections::BTreeMap;
use std::mem;

use super::table::Table;
use crate::ingest::{DeliveryOutcome, Receipt};
use crate::postgres::PostgresError;

/// The rows that a relay has leased. A row is removed when its outcome is recorded in the database.
#[derive(Default)]
pub(super) struct LeasedRows {
    /// Rows whose events are being sent.
    sent: BTreeMap<i64, Receipt>,
    delivered: Vec<i64>,
    rejected: Vec<i64>,
    /// The reasons, in the order of `rejected`.
    reasons: Vec<String>,
    /// Rows that are to be released to other relays.
    unsent: Vec<i64>,
    recorded: Recorded,
}

/// The numbers of outcomes that were recorded in the database.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) delivered: u64,
    pub(super) rejected: u64,
}

impl LeasedRows {
    pub(super) fn send(&mut self, id: i64, receipt: Receipt) {
        self.sent.insert(id, receipt);
    }

    pub(super) fn mark_delivered(&mut self, id: i64) {
        self.delivered.push(id);
    }

    pub(super) fn mark_rejected(&mut self, id: i64, reason: &str) {
        self.rejected.push(id);
        // PostgreSQL's text cannot contain NUL characters.
        self.reasons.push(reason.replace('\0', ""));
    }

    pub(super) fn mark_unsent(&mut self, id: i64) {
        self.unsent.push(id);
    }

    /// Returns the number of rows.
    pub(super) fn len(&self) -> usize {
        self.sent.len() + self.delivered.len() + self.rejected.len() + self.unsent.len()
    }

    /// Returns whether this relay has leased a row.
    pub(super) fn contains(&self, id: i64) -> bool {
        self.sent.contains_key(&id)
            || [&self.delivered, &self.rejected, &self.unsent]
                .iter()
                .any(|ids| ids.contains(&id))
    }

    /// Returns the rows whose leases have to be renewed: no other relay may send them.
    pub(super) fn ids(&self) -> impl Iterator<Item = i64> {
        let settled = self.delivered.iter().chain(&self.rejected);
        self.sent.keys().chain(settled).copied()
    }

    /// Finds the rows whose events have a delivery outcome by now.
    pub(super) fn collect_outcomes(&mut self) {
        let mut outcomes = Vec::new();
        self.sent.retain(|&id, receipt| match receipt.get() {
            Some(outcome) => {
                outcomes.push((id, outcome));
                false
            }
            None => true,
        });
        for (id, outcome) in outcomes {
            match outcome {
                DeliveryOutcome::Stored => self.mark_delivered(id),
                DeliveryOutcome::Unsent => self.mark_unsent(id),
                DeliveryOutcome::Rejected { .. } | DeliveryOutcome::Unconfirmed { .. } => {
                    self.mark_rejected(id, &outcome.reason());
                }
            }
        }
    }

    /// Records the outcomes in the database. After an error, the remaining ones are recorded by the next call.
    pub(super) async fn record(&mut self, table: &Table) -> Result<(), PostgresError> {
        if !self.unsent.is_empty() {
            table.release(&self.unsent).await?;
            self.unsent.clear();
        }
        if !self.rejected.is_empty() {
            self.recorded.rejected += table.rejected(&self.rejected, &self.reasons).await?;
            self.rejected.clear();
            self.reasons.clear();
        }
        if !self.delivered.is_empty() {
            table.delivered(&self.delivered).await?;
            self.recorded.delivered += self.delivered.len() as u64;
            self.delivered.clear();
        }
        Ok(())
    }

    /// Returns the numbers of outcomes that were recorded since the last call. Includes those of a call of
    /// [`record`](Self::record) that failed later.
    pub(super) fn take_recorded(&mut self) -> Recorded {
        mem::take(&mut self.recorded)
    }
}
