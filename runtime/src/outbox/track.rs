//! `Outbox`: inserts events into the table.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio_postgres::GenericClient;
use tokio_postgres::types::{ToSql, Type};

use crate::codec::Violations;
use crate::ingest::{Event, NotQueued, NotQueuedReason, Prepared, TimestampSource, prepare};

const TRACK: &str =
    "INSERT INTO polar_outbox (event, timestamp_assigned) VALUES ($1::TEXT::JSON, $2)";

const TRACK_ALL: &str = "\
    INSERT INTO polar_outbox (event, timestamp_assigned)
    SELECT event::JSON, timestamp_assigned FROM unnest($1::TEXT[], $2::BOOLEAN[]) AS rows (event, timestamp_assigned)";

const COUNTS: &str = "\
    SELECT count(*) FILTER (WHERE settled_at IS NULL),
        count(*) FILTER (WHERE rejection IS NOT NULL),
        COALESCE(extract(epoch FROM now() - min(created_at) FILTER (WHERE settled_at IS NULL)), 0)::FLOAT8
    FROM polar_outbox";

const RETRY: &str = "\
    UPDATE polar_outbox SET settled_at = NULL, rejection = NULL, relay = NULL, leased_until = NULL
    WHERE settled_at IS NOT NULL AND rejection IS NOT NULL";

/// Inserts usage events into a table of PostgreSQL, from which a [`Relay`](super::Relay) sends them.
///
/// Create the table first: copy the file `migrations/outbox.sql` of the package `polar-client-runtime` to the
/// migrations of your database. [`MIGRATION`](Self::MIGRATION) contains the same SQL:
///
/// ```sql
#[doc = include_str!("../../migrations/outbox.sql")]
/// ```
///
/// Every method takes a [`Client`](tokio_postgres::Client) or a [`Transaction`](tokio_postgres::Transaction).
/// Dereference those of a connection pool: `&*transaction` or `&**client`.
///
/// # Examples
/// ```no_run
/// use polar_client_runtime::ingest::Event;
/// use polar_client_runtime::outbox::Outbox;
/// use polar_client_runtime::tokio_postgres::Client;
///
/// async fn render<E: Event + Sync>(
///     client: &mut Client,
///     event: E,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     let transaction = client.transaction().await?;
///     transaction.execute("INSERT INTO images DEFAULT VALUES", &[]).await?;
///     Outbox::new().track(&transaction, event).await?;
///     transaction.commit().await?; // the image and its event, or neither
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Outbox;

impl Outbox {
    /// The SQL that creates the table `polar_outbox` and its indices.
    pub const MIGRATION: &str = include_str!("../../migrations/outbox.sql");

    /// Returns the outbox whose table is `polar_outbox` in the current schema of the connection.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Inserts an event: a `UsageEvent` of metering, or an `EventCreate` of an API version.
    ///
    /// It is sent after the transaction is committed, and never if the transaction is rolled back. Outside of a
    /// transaction, it is committed when this returns.
    ///
    /// An event without an external ID gets a random UUID. An event without a timestamp gets the current time of this
    /// machine.
    ///
    /// # Errors
    /// - [`TrackError::Invalid`] or [`TrackError::TooLarge`] if the event cannot be sent. No statement was executed, so
    ///   the transaction can continue.
    /// - [`TrackError::Database`] if the statement fails. That aborts the transaction.
    pub async fn track<E: Event>(
        &self,
        client: &(impl GenericClient + Sync),
        event: E,
    ) -> Result<(), TrackError> {
        let Row {
            event,
            timestamp_assigned,
        } = Row::of(event)?;
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&event, Type::TEXT), (&timestamp_assigned, Type::BOOL)];
        client.execute_typed(TRACK, &parameters).await?;
        Ok(())
    }

    /// Inserts several events with one statement, like [`track`](Self::track). Inserts all of them or none.
    ///
    /// # Errors
    /// Those of [`track`](Self::track). If several events are invalid, the error is about the first one.
    pub async fn track_all<E: Event>(
        &self,
        client: &(impl GenericClient + Sync),
        events: impl IntoIterator<Item = E>,
    ) -> Result<(), TrackError> {
        let rows: Result<Vec<Row>, TrackError> = events.into_iter().map(Row::of).collect();
        let (events, times): (Vec<String>, Vec<bool>) = rows?
            .into_iter()
            .map(|row| (row.event, row.timestamp_assigned))
            .unzip();
        if events.is_empty() {
            return Ok(());
        }
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&events, Type::TEXT_ARRAY), (&times, Type::BOOL_ARRAY)];
        client.execute_typed(TRACK_ALL, &parameters).await?;
        Ok(())
    }

    /// Counts the pending and the rejected events. Reads the whole table.
    ///
    /// # Errors
    /// Returns the error of the database if the statement fails.
    pub async fn counts(
        &self,
        client: &(impl GenericClient + Sync),
    ) -> Result<OutboxCounts, tokio_postgres::Error> {
        let row = client.query_typed_one(COUNTS, &[]).await?;
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let oldest: f64 = row.try_get(2)?;
        Ok(OutboxCounts {
            pending: count(row.try_get(0)?),
            rejected: count(row.try_get(1)?),
            // Negative if the clock of the database was set back.
            oldest: Duration::try_from_secs_f64(oldest).unwrap_or_default(),
        })
    }

    /// Marks all rejected events as pending, so that a relay sends them again. Returns their number.
    ///
    /// Call it after the cause of the rejections is fixed.
    ///
    /// # Errors
    /// Returns the error of the database if the statement fails.
    pub async fn retry_rejected(
        &self,
        client: &(impl GenericClient + Sync),
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute_typed(RETRY, &[]).await
    }
}

/// The numbers of pending and rejected events in the table of an [`Outbox`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OutboxCounts {
    /// The number of pending events, including those that a relay is sending now.
    pub pending: u64,
    /// The number of rejected events. They stay in the table, with the reason in the column `rejection`.
    pub rejected: u64,
    /// The time since the oldest pending event was inserted. Zero if no event is pending.
    pub oldest: Duration,
}

/// The columns of an inserted row.
struct Row {
    event: String,
    timestamp_assigned: bool,
}

impl Row {
    fn of<E: Event>(event: E) -> Result<Self, TrackError> {
        let Prepared {
            json,
            timestamp_source,
            ..
        } = prepare(event)?;
        Ok(Self {
            // The codec writes UTF-8.
            event: String::from_utf8(json).unwrap_or_default(),
            timestamp_assigned: timestamp_source == TimestampSource::Ingester,
        })
    }
}

/// The error of an event that was not inserted into an [`Outbox`].
#[derive(Debug)]
#[non_exhaustive]
pub enum TrackError {
    /// The event violates constraints of the OpenAPI description.
    Invalid(Violations),
    /// The event is larger than 8 MiB, the maximum size of a request.
    TooLarge,
    /// The database could not be reached, or it rejected the statement.
    Database(tokio_postgres::Error),
}

impl<E> From<NotQueued<E>> for TrackError {
    fn from(error: NotQueued<E>) -> Self {
        match error.reason {
            NotQueuedReason::Invalid(violations) => Self::Invalid(violations),
            _ => Self::TooLarge,
        }
    }
}

impl From<tokio_postgres::Error> for TrackError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for TrackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(violations) => write!(f, "the event was not tracked: {violations}"),
            Self::TooLarge => f.write_str(
                "the event was not tracked: it exceeds the maximum size of a request (8 MiB)",
            ),
            Self::Database(error) => write!(f, "the event was not tracked: {error}"),
        }
    }
}

impl Error for TrackError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Database(error) => error.source(),
            Self::Invalid(_) | Self::TooLarge => None,
        }
    }
}
