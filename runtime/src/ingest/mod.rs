//! Ingests events in batches, and retries until they are delivered (feature `ingest`).
//!
//! An [`Ingester`] queues events. Its [`Driver`] sends them in batches, one request at a time.
//!
//! # Retries
//! Transient errors are retried with backoff until the server accepts the events: no connection, no response, status
//! 429 or 5xx, a rejected token, a retired API version. Every event is sent with an external ID, by which the server
//! deduplicates. So each event is stored once, however often it is sent.
//!
//! # Undelivered events
//! The ingester stops retrying an event in three cases: the server rejects this event, the server does not confirm it
//! ([`DeliveryOutcome::Unconfirmed`]), or the deadline of a shutdown elapses. Such an event is passed to the handler
//! ([`on_undelivered`](IngesterBuilder::on_undelivered)). Without a handler, it is returned in the [`Report`].
//!
//! # Events that make requests fail
//! A single event can make the server fail with the whole batch. If a batch keeps failing while other requests succeed,
//! it is split in halves, until the event that causes the failure is alone. That event is retried about once a minute,
//! apart from the others. If a request is rejected as too large (413), batches are
//! smaller for the next ten minutes.
//!
//! # Durability
//! The queue is in memory. With the feature `spool`, a `Spool` stores the events on disk until they are delivered, so
//! that they survive the end of the process. It also keeps the events that the server rejects.

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

// Used by the outbox.
#[cfg(feature = "postgres")]
pub(crate) use entry::TimestampSource;
#[cfg(feature = "postgres")]
pub(crate) use prepare::{Prepared, prepare};
#[cfg(feature = "postgres")]
pub(crate) use select::first_of;
