//! Inserting events into the table.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio_postgres::GenericClient;
use tokio_postgres::types::{ToSql, Type};

use crate::codec::Violations;
use crate::ingest::{Event, NotQueued, NotQueuedReason, Prepared, TimestampSource, prepare};

const TRACK: &str = "INSERT INTO polar_outbox (event, has_own_time) VALUES ($1::TEXT::JSON, $2)";

const TRACK_ALL: &str = "\
    INSERT INTO polar_outbox (event, has_own_time)
    SELECT event::JSON, has_own_time FROM unnest($1::TEXT[], $2::BOOLEAN[]) AS rows (event, has_own_time)";

const COUNTS: &str = "\
    SELECT count(*) FILTER (WHERE settled_at IS NULL),
        count(*) FILTER (WHERE rejection IS NOT NULL),
        COALESCE(extract(epoch FROM now() - min(created_at) FILTER (WHERE settled_at IS NULL)), 0)::FLOAT8
    FROM polar_outbox";

const RETRY: &str = "\
    UPDATE polar_outbox SET settled_at = NULL, rejection = NULL, relay = NULL, leased_until = NULL
    WHERE settled_at IS NOT NULL AND rejection IS NOT NULL";

/// The table of events that are to be sent.
///
/// Copy the file `migrations/outbox.sql` of the package `polar-client-runtime`, which is [`MIGRATION`](Self::MIGRATION), to
/// the migrations of your database:
///
/// ```sql
#[doc = include_str!("../../migrations/outbox.sql")]
/// ```
///
/// Every method takes a [`Client`](tokio_postgres::Client) or a [`Transaction`](tokio_postgres::Transaction). Those of pools
/// are dereferenced: `&*transaction`, `&**client`.
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
    /// The SQL that creates the table.
    pub const MIGRATION: &str = include_str!("../../migrations/outbox.sql");

    /// Uses the table `polar_outbox` in the current schema of the connection.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Inserts an event: a `UsageEvent` of metering, or an `EventCreate` of a version. An event without an external ID gets a
    /// random UUID, one without a timestamp the current time of this machine.
    ///
    /// It is sent after the transaction is committed, and never if the transaction is rolled back. Outside of a transaction,
    /// it is committed when this returns.
    ///
    /// # Errors
    /// [`TrackError::Invalid`] and [`TrackError::TooLarge`] before any statement, so the transaction can continue.
    /// [`TrackError::Database`] when the statement fails, which aborts the transaction.
    pub async fn track<E: Event>(
        &self,
        client: &(impl GenericClient + Sync),
        event: E,
    ) -> Result<(), TrackError> {
        let Row {
            event,
            has_own_time,
        } = Row::of(event)?;
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&event, Type::TEXT), (&has_own_time, Type::BOOL)];
        client.execute_typed(TRACK, &parameters).await?;
        Ok(())
    }

    /// Inserts many events with one statement, like [`track`](Self::track): all of them, or none.
    ///
    /// # Errors
    /// Those of [`track`](Self::track), of the first event that is invalid.
    pub async fn track_all<E: Event>(
        &self,
        client: &(impl GenericClient + Sync),
        events: impl IntoIterator<Item = E>,
    ) -> Result<(), TrackError> {
        let rows: Result<Vec<Row>, TrackError> = events.into_iter().map(Row::of).collect();
        let (events, times): (Vec<String>, Vec<bool>) = rows?
            .into_iter()
            .map(|row| (row.event, row.has_own_time))
            .unzip();
        if events.is_empty() {
            return Ok(());
        }
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&events, Type::TEXT_ARRAY), (&times, Type::BOOL_ARRAY)];
        client.execute_typed(TRACK_ALL, &parameters).await?;
        Ok(())
    }

    /// Counts the events in the table with a full scan.
    ///
    /// # Errors
    /// An error of the database.
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
            // The clock of the database may have been set back since.
            oldest: Duration::try_from_secs_f64(oldest).unwrap_or_default(),
        })
    }

    /// Marks all rejected events as pending, so that a relay sends them again, and returns their number. Call it after the
    /// cause of the rejections is fixed.
    ///
    /// # Errors
    /// An error of the database.
    pub async fn retry_rejected(
        &self,
        client: &(impl GenericClient + Sync),
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute_typed(RETRY, &[]).await
    }
}

/// How many events are in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OutboxCounts {
    /// Pending events, including those that a relay is sending.
    pub pending: u64,
    /// Rejected events. They stay, with the reason in the column `rejection`.
    pub rejected: u64,
    /// The age of the oldest pending event.
    pub oldest: Duration,
}

/// An event as it is inserted.
struct Row {
    event: String,
    has_own_time: bool,
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
            has_own_time: timestamp_source == TimestampSource::Ingester,
        })
    }
}

/// Why an event was not tracked.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrackError {
    /// It violates constraints of the OpenAPI description.
    Invalid(Violations),
    /// It is larger than a request may be.
    TooLarge,
    /// The database could not be reached, or rejected the statement.
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
            Self::TooLarge => f.write_str("the event is larger than a request may be"),
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
