//! Usage events that are part of a transaction of PostgreSQL (feature `postgres`).
//!
//! [`Outbox::track`] inserts an event into a table, in the caller's own transaction: a transaction that is rolled back leaves
//! no event, and one that is committed leaves an event that no crash loses. A [`Relay`], in any number of processes, sends
//! what was committed. Each relay leases rows (`FOR UPDATE SKIP LOCKED`), so that relays do not wait for each other, and
//! removes them once Polar has the events. The rows of a relay that died are sent by others when its leases run out. An
//! event that is sent twice then is stored once, because it was given its external ID when it was tracked.

mod builder;
mod event;
mod flight;
mod handle;
mod relay;
mod table;
mod track;

pub use builder::RelayBuilder;
pub use handle::{Relay, RelayDriver, RelayStats};
pub use track::{Outbox, OutboxCounts, TrackError};
