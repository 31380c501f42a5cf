//! Ingesting events in batches, from many tasks, through outages (feature `ingest`).
//!
//! An [`Ingester`] queues events; its [`Driver`] sends them in batches, one request at a time. Transient errors (no connection,
//! no response, 429, 5xx, a token that is refused, a version that is gone) are retried with backoff until the server has the
//! events. An event is only given up when the server rejects that very event, and then without the others of its batch, or
//! when a shutdown has no more time. Such events are returned: to a handler, or in the report, which has as many rejected
//! ones as the queue holds and counts the others.
//! A batch on which the server fails while other events get through is divided until the event that causes it is alone;
//! that one is kept behind the others, and one such event is tried again about once a minute. Bodies that a gateway finds
//! too large (413) are made smaller, and the size that gets through is remembered.
//!
//! Every event is sent with an external id, by which the server knows those that it already has. So sending them again,
//! as often as it takes, stores each of them once.

mod backlog;
mod batch;
mod body;
mod builder;
mod driver;
mod entry;
mod event;
mod handle;
mod outcome;
mod queue;
mod returns;
mod select;
#[cfg(feature = "opentelemetry-exporter")]
mod spans;
mod verdict;

pub use builder::IngesterBuilder;
pub use driver::Driver;
pub use event::{Counts, Event};
pub use handle::Ingester;
pub use outcome::{Ended, Fate, NotQueued, Obstacle, Receipt, Report, Stats, Undelivered};
#[cfg(feature = "opentelemetry-exporter")]
pub use spans::{LlmUsage, UsageCustomer, UsageExporter};
