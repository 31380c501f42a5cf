//! The rows that a relay has leased, and their outcomes.

use std::collections::BTreeMap;
use std::mem;

use super::table::Table;
use crate::ingest::{DeliveryOutcome, Receipt};
use crate::postgres::PostgresError;

/// The rows that a relay has leased, until the database has recorded their outcomes.
#[derive(Default)]
pub(super) struct LeasedRows {
    /// Rows that are being sent.
    sent: BTreeMap<i64, Receipt>,
    delivered: Vec<i64>,
    rejected: Vec<i64>,
    /// The reason for each rejected row.
    reasons: Vec<String>,
    /// Rows that are left to other relays.
    unsent: Vec<i64>,
    recorded: Recorded,
}

/// How many outcomes the database has.
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

    /// Returns whether a row is one of them.
    pub(super) fn contains(&self, id: i64) -> bool {
        self.sent.contains_key(&id)
            || [&self.delivered, &self.rejected, &self.unsent]
                .iter()
                .any(|ids| ids.contains(&id))
    }

    /// Returns the rows that no other relay must take.
    pub(super) fn ids(&self) -> impl Iterator<Item = i64> {
        let settled = self.delivered.iter().chain(&self.rejected);
        self.sent.keys().chain(settled).copied()
    }

    /// Collects the events with a delivery outcome.
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

    /// Records the outcomes. Outcomes that cannot be recorded are kept for the next time.
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

    /// Takes the counts of what was recorded, also by a call that failed afterwards.
    pub(super) fn take_recorded(&mut self) -> Recorded {
        mem::take(&mut self.recorded)
    }
}
