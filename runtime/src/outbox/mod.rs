//! Usage events that are part of a transaction of PostgreSQL (feature `postgres`).
//!
//! [`Outbox::track`] inserts an event into a table, in the caller's own transaction (transactional outbox): a
//! transaction that is rolled back leaves no event, and a committed event survives any crash. A [`Relay`], in any
//! number of processes, sends committed events. Each relay leases rows (`FOR UPDATE SKIP LOCKED`), so that relays do
//! not block each other, and removes them once Polar has stored the events. The rows of a relay that was killed are sent
//! by others when its leases expire. An event that is then sent twice is stored once, because it was given its external ID
//! when it was tracked.

mod builder;
mod event;
mod handle;
mod leased_rows;
mod relay;
mod table;
mod track;

pub use builder::RelayBuilder;
pub use handle::{Relay, RelayDriver, RelayStats};
pub use track::{Outbox, OutboxCounts, TrackError};
