//! `PostgresStore`: stores event IDs in PostgreSQL.

use std::time::Duration;

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::claiming::Claiming;
use super::store::{CLAIM_TIMEOUT, Claim, RETENTION, Store};
use crate::postgres::{Parameter, Postgres, PostgresError};

/// Claims an event. Returns the row `TRUE, FALSE` if the claim is new. Otherwise returns `FALSE` and whether the event
/// was handled; or no row, if another claim is being made at the same time.
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

/// Marks an event as handled. Inserts the row if the claim has expired and was purged.
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

/// The average number of handled events after which expired rows are removed.
const PURGE_EVERY: u32 = 100;

/// Stores the IDs of handled events in PostgreSQL, so that several processes share them. Cheap to clone.
///
/// Create the table first: copy the file `migrations/deliveries.sql` of the package `polar-client-runtime` to the
/// migrations of your database. [`MIGRATION`](Self::MIGRATION) contains the same SQL:
///
/// ```sql
#[doc = include_str!("../../migrations/deliveries.sql")]
/// ```
///
/// All times are by the clock of the database. Expired rows are removed now and then, on average after 100
/// handled events.
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
    /// The SQL that creates the table `polar_delivery` and its index.
    pub const MIGRATION: &str = include_str!("../../migrations/deliveries.sql");

    /// Creates a store whose table is `polar_delivery` in the current schema of the connection.
    #[must_use]
    pub fn new(database: Postgres) -> Self {
        Self {
            database,
            claim_timeout: CLAIM_TIMEOUT,
            retention: RETENTION,
        }
    }

    /// Sets the time after which the claim of a handler expires, in case its process crashed. Default: 10 minutes.
    ///
    /// It must be longer than the slowest handler takes. Otherwise an event can be handled twice at the same time.
    #[must_use]
    pub fn claim_timeout(mut self, timeout: Duration) -> Self {
        self.claim_timeout = timeout;
        self
    }

    /// Sets how long the ID of a handled event is stored. Default: 30 days. An event that is delivered later is handled
    /// again.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Removes up to 1,000 expired rows, and returns their number.
    ///
    /// The store also does this automatically now and then. Call it only if expired rows have to be removed earlier.
    ///
    /// # Errors
    /// Returns the error of the database if the statement fails.
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

/// Returns the time in seconds, at most 100 years, which is within the limits of the database.
fn seconds(time: Duration) -> f64 {
    const CENTURY: f64 = 100.0 * 365.0 * 24.0 * 60.0 * 60.0;
    time.as_secs_f64().min(CENTURY)
}
