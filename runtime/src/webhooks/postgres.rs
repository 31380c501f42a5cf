//! The IDs of events, stored in PostgreSQL.

use std::time::Duration;

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::claiming::Claiming;
use super::store::{CLAIM_TIMEOUT, Claim, RETENTION, Store};
use crate::postgres::{Parameter, Postgres, PostgresError};

/// Claims an event. Returns a row with `TRUE, FALSE` if the claim is new, a row that says whether the event is handled
/// if it is not, or no row if another claim is being made at the same time.
const CLAIM: &str = "\
    WITH claimed AS (
        INSERT INTO polar_delivery AS known (id, token, expires_at)
        VALUES ($1, $2, now() + $3 * INTERVAL '1 second')
        ON CONFLICT (id) DO UPDATE
            SET token = excluded.token, expires_at = excluded.expires_at, done = FALSE
            WHERE known.expires_at <= now()
        RETURNING id
    )
    SELECT TRUE, FALSE FROM claimed
    UNION ALL
    SELECT FALSE, done FROM polar_delivery WHERE id = $1 AND NOT EXISTS (SELECT FROM claimed)";

/// Marks an event as handled. Inserts the row if it no longer exists because the claim has expired.
const COMPLETE: &str = "\
    INSERT INTO polar_delivery (id, token, expires_at, done)
    VALUES ($1, $2, now() + $3 * INTERVAL '1 second', TRUE)
    ON CONFLICT (id) DO UPDATE SET done = TRUE, expires_at = excluded.expires_at";

const RELEASE: &str = "DELETE FROM polar_delivery WHERE id = $1 AND token = $2 AND NOT done";

const PURGE: &str = "\
    DELETE FROM polar_delivery WHERE id IN (
        SELECT id FROM polar_delivery WHERE expires_at <= now()
        ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )";

/// Expired rows are removed once per this number of handled events.
const PURGE_EVERY: u32 = 100;

/// Stores in PostgreSQL which events were handled, for programs with several processes. Cheap to clone.
///
/// It needs a table in the current schema of the connection. Copy the file `migrations/deliveries.sql` of the package
/// `polar-client-runtime`, which is [`MIGRATION`](Self::MIGRATION), to the migrations of your database:
///
/// ```sql
#[doc = include_str!("../../migrations/deliveries.sql")]
/// ```
///
/// Times are those of the database. Expired rows are removed from time to time, when an event is handled.
///
/// # Examples
/// ```no_run
/// use polar_client_runtime::postgres::Postgres;
/// use polar_client_runtime::tokio_postgres::{Config, Error, NoTls};
/// use polar_client_runtime::webhooks::{Deliveries, PostgresStore};
///
/// fn deliveries(url: &str) -> Result<Deliveries<PostgresStore>, Error> {
///     let config: Config = url.parse()?;
///     let database = Postgres::new(config, NoTls);
///     Ok(Deliveries::new(PostgresStore::new(database)))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresStore {
    database: Postgres,
    claim_timeout: Duration,
    retention: Duration,
}

impl PostgresStore {
    /// The SQL that creates the table.
    pub const MIGRATION: &str = include_str!("../../migrations/deliveries.sql");

    /// Stores the IDs in the table `polar_delivery`.
    #[must_use]
    pub fn new(database: Postgres) -> Self {
        Self {
            database,
            claim_timeout: CLAIM_TIMEOUT,
            retention: RETENTION,
        }
    }

    /// Sets the time after which an unfinished claim expires, such as that of a crashed process. Default: 10 minutes. It
    /// must exceed the duration of the slowest handler; otherwise an event can be handled twice at the same time.
    #[must_use]
    pub fn claim_timeout(mut self, timeout: Duration) -> Self {
        self.claim_timeout = timeout;
        self
    }

    /// Sets how long the ID of a handled event is stored. Default: 30 days. An event that is delivered after that time is
    /// handled again.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Removes up to 1,000 expired rows, and returns their number. This also happens automatically.
    ///
    /// # Errors
    /// An error of the database.
    pub async fn purge(&self) -> Result<u64, PostgresError> {
        self.database.execute(PURGE, &[]).await
    }

    async fn end_claim(&self, id: &str, token: &Uuid) -> Result<(), PostgresError> {
        let parameters: [Parameter<'_>; 2] = [(&id, Type::TEXT), (token, Type::UUID)];
        self.database.execute(RELEASE, &parameters).await?;
        Ok(())
    }
}

impl Store for PostgresStore {
    type Error = PostgresError;
    type Token = Uuid;

    async fn claim(&self, id: &str) -> Result<Claim<Uuid>, PostgresError> {
        let (claiming, timeout) = (Claiming::new(self, id), seconds(self.claim_timeout));
        let parameters: [Parameter<'_>; 3] = [
            (&id, Type::TEXT),
            (claiming.token(), Type::UUID),
            (&timeout, Type::FLOAT8),
        ];
        let rows = self.database.query(CLAIM, &parameters).await?;
        let token = claiming.finish();
        let Some(row) = rows.first() else {
            return Ok(Claim::InProgress);
        };
        let (is_new, is_done): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
        Ok(match (is_new, is_done) {
            (true, _) => Claim::New(token),
            (false, true) => Claim::Done,
            (false, false) => Claim::InProgress,
        })
    }

    async fn complete(&self, id: &str, token: &Uuid) -> Result<(), PostgresError> {
        let retention = seconds(self.retention);
        let parameters: [Parameter<'_>; 3] = [
            (&id, Type::TEXT),
            (token, Type::UUID),
            (&retention, Type::FLOAT8),
        ];
        self.database.execute(COMPLETE, &parameters).await?;
        if fastrand::u32(..PURGE_EVERY) == 0 {
            // If this fails, the event is handled nevertheless.
            let _ = self.purge().await;
        }
        Ok(())
    }

    async fn release(&self, id: &str, token: &Uuid) -> Result<(), PostgresError> {
        self.end_claim(id, token).await
    }

    fn abandon(&self, id: &str, token: &Uuid) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (store, id, token) = (self.clone(), id.to_owned(), *token);
            // If this fails, the claim expires.
            runtime.spawn(async move { store.end_claim(&id, &token).await });
        }
    }
}

/// Converts the time for the database, which does not accept more than 100 years.
fn seconds(time: Duration) -> f64 {
    const CENTURY: f64 = 100.0 * 365.0 * 24.0 * 60.0 * 60.0;
    time.as_secs_f64().min(CENTURY)
}
