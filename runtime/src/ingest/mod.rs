//! Event ingestion in batches, from many tasks, through outages (feature `ingest`).
//!
//! An [`Ingester`] queues events; its [`Driver`] sends them in batches, one request at a time.
//!
//! Transient errors (no connection, no response, 429, 5xx, a rejected token, a retired API version) are retried with
//! backoff until the server accepts the events. An event is given up only when the server rejects that event, without
//! the others of its batch, or when the deadline of a shutdown elapses. Such events are passed to a handler, or
//! returned in the report. The report contains rejected events up to the capacity of the queue, and counts the others.
//!
//! If the server fails with a batch while other requests succeed, the batch is divided until the event that causes the
//! failure is alone. That event is set aside and retried about once a minute. When a gateway rejects a body as too
//! large (413), batches become smaller, and the size that succeeds is remembered.
//!
//! Every event is sent with an external ID, by which the server deduplicates. Retries are therefore safe: each event is
//! stored once.
//!
//! The queue is in memory. With the feature `spool`, a `Spool` keeps the events on disk until they are delivered, so that
//! they survive the end of the process. It also keeps the events that the server rejects.

mod backlog;
mod batch;
mod body;
mod builder;
mod dead_letters;
mod driver;
mod entry;
mod event;
mod failure;
mod handle;
mod outcome;
mod prepare;
mod queue;
#[cfg(feature = "spool")]
mod rejected;
#[cfg(any(feature = "metering", feature = "postgres"))]
mod response;
mod select;
#[cfg(feature = "opentelemetry-exporter")]
mod spans;
#[cfg(feature = "spool")]
mod spool;
#[cfg(feature = "spool")]
mod spool_error;

pub use builder::IngesterBuilder;
pub use driver::Driver;
pub use event::{Counts, Event};
pub use handle::Ingester;
#[cfg(feature = "spool")]
pub use outcome::SpoolStats;
pub use outcome::{
    DeliveryOutcome, Ended, NotQueued, NotQueuedReason, Receipt, Report, Stats, Undelivered,
};
#[cfg(any(feature = "metering", feature = "postgres"))]
#[doc(hidden)]
pub use response::IngestResponse;
#[cfg(feature = "opentelemetry-exporter")]
pub use spans::{LlmUsage, UsageCustomer, UsageExporter};
#[cfg(feature = "spool")]
pub use spool::{Damage, Recovered, RejectedEvent, Spool, SpoolOptions, SpoolSync};
#[cfg(feature = "spool")]
pub use spool_error::{SpoolError, SpoolErrorKind};

#[cfg(feature = "outpost")]
pub(crate) use entry::Accepted;

// What an outbox is built of.
#[cfg(feature = "postgres")]
pub(crate) use entry::TimestampSource;
#[cfg(feature = "postgres")]
pub(crate) use prepare::{Prepared, prepare};
#[cfg(feature = "postgres")]
pub(crate) use select::first_of;
