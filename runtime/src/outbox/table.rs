//! The SQL statements of a relay.

use std::time::Duration;

use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::ingest::TimestampSource;
use crate::postgres::{Parameter, Postgres, PostgresError};

/// Leases the oldest pending rows without a current lease. Relays do not wait for each other's row locks.
const LEASE: &str = "\
    UPDATE polar_outbox SET relay = $1, leased_until = now() + $2 * INTERVAL '1 second'
    WHERE id IN (
        SELECT id FROM polar_outbox
        WHERE settled_at IS NULL AND (leased_until IS NULL OR leased_until < now())
        ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, event::TEXT, timestamp_assigned";

const RENEW: &str = "\
    UPDATE polar_outbox SET leased_until = now() + $2 * INTERVAL '1 second'
    WHERE id = ANY($3) AND relay = $1 AND settled_at IS NULL";

const RELEASE: &str = "\
    UPDATE polar_outbox SET relay = NULL, leased_until = NULL
    WHERE id = ANY($2) AND relay = $1 AND settled_at IS NULL";

/// Removes delivered events. Who has the lease does not matter, nor whether another relay recorded a rejection: the
/// event is delivered.
const REMOVE: &str = "DELETE FROM polar_outbox WHERE id = ANY($1)";

const KEEP: &str = "\
    UPDATE polar_outbox SET settled_at = now(), rejection = NULL
    WHERE id = ANY($1) AND (settled_at IS NULL OR rejection IS NOT NULL)";

/// Records rejections, but only of rows that this relay has leased. If another relay has leased a row meanwhile, the
/// response to that relay decides.
const REJECT: &str = "\
    UPDATE polar_outbox SET settled_at = now(), rejection = rejected.reason
    FROM unnest($1::BIGINT[], $2::TEXT[]) AS rejected (id, reason)
    WHERE polar_outbox.id = rejected.id AND relay = $3 AND settled_at IS NULL";

const CLEAN_UP: &str = "\
    DELETE FROM polar_outbox WHERE id IN (
        SELECT id FROM polar_outbox
        WHERE settled_at < now() - $1 * INTERVAL '1 second' AND rejection IS NULL
        ORDER BY settled_at LIMIT 10000 FOR UPDATE SKIP LOCKED
    )";

/// A leased row, whose event is to be sent.
pub(super) struct LeasedRow {
    pub(super) id: i64,
    pub(super) event: String,
    pub(super) timestamp_source: TimestampSource,
}

/// The table, accessed by one relay.
pub(super) struct Table {
    database: Postgres,
    /// The ID of the relay.
    relay: Uuid,
    /// The duration of leases.
    lease: Duration,
    /// How long delivered events are kept.
    retention: Duration,
}

impl Table {
    pub(super) fn new(database: Postgres, lease: Duration, retention: Duration) -> Self {
        Self {
            database,
            relay: Uuid::new_v4(),
            lease,
            retention,
        }
    }

    pub(super) fn lease_time(&self) -> Duration {
        self.lease
    }

    /// Leases up to this many rows, the oldest first.
    pub(super) async fn lease(&self, limit: usize) -> Result<Vec<LeasedRow>, PostgresError> {
        let (seconds, limit) = (
            self.lease.as_secs_f64(),
            i64::try_from(limit).unwrap_or(i64::MAX),
        );
        let parameters: [Parameter<'_>; 3] = [
            (&self.relay, Type::UUID),
            (&seconds, Type::FLOAT8),
            (&limit, Type::INT8),
        ];
        let mut leased = Vec::new();
        for row in self.database.query(LEASE, &parameters).await? {
            let timestamp_assigned: bool = row.try_get(2)?;
            leased.push(LeasedRow {
                id: row.try_get(0)?,
                event: row.try_get(1)?,
                timestamp_source: if timestamp_assigned {
                    TimestampSource::Ingester
                } else {
                    TimestampSource::Caller
                },
            });
        }
        // `RETURNING` has no defined order.
        leased.sort_unstable_by_key(|row| row.id);
        Ok(leased)
    }

    /// Extends the leases of these rows, unless another relay has them now.
    pub(super) async fn renew(&self, ids: &[i64]) -> Result<(), PostgresError> {
        let seconds = self.lease.as_secs_f64();
        let parameters: [Parameter<'_>; 3] = [
            (&self.relay, Type::UUID),
            (&seconds, Type::FLOAT8),
            (&ids, Type::INT8_ARRAY),
        ];
        self.database.execute(RENEW, &parameters).await?;
        Ok(())
    }

    /// Releases these rows to other relays.
    pub(super) async fn release(&self, ids: &[i64]) -> Result<(), PostgresError> {
        let parameters: [Parameter<'_>; 2] = [(&self.relay, Type::UUID), (&ids, Type::INT8_ARRAY)];
        self.database.execute(RELEASE, &parameters).await?;
        Ok(())
    }

    /// Records that Polar has stored these events.
    pub(super) async fn delivered(&self, ids: &[i64]) -> Result<(), PostgresError> {
        let statement = match self.retention.is_zero() {
            true => REMOVE,
            false => KEEP,
        };
        let parameters: [Parameter<'_>; 1] = [(&ids, Type::INT8_ARRAY)];
        self.database.execute(statement, &parameters).await?;
        Ok(())
    }

    /// Records that Polar rejected these events, with the reasons. Returns how many rows this relay still had leased.
    pub(super) async fn rejected(
        &self,
        ids: &[i64],
        reasons: &[String],
    ) -> Result<u64, PostgresError> {
        let parameters: [Parameter<'_>; 3] = [
            (&ids, Type::INT8_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&self.relay, Type::UUID),
        ];
        self.database.execute(REJECT, &parameters).await
    }

    /// Removes delivered events whose retention has elapsed.
    pub(super) async fn clean_up(&self) -> Result<(), PostgresError> {
        if self.retention.is_zero() {
            return Ok(());
        }
        let seconds = self.retention.as_secs_f64();
        let parameters: [Parameter<'_>; 1] = [(&seconds, Type::FLOAT8)];
        self.database.execute(CLEAN_UP, &parameters).await?;
        Ok(())
    }
}
