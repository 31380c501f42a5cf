//! Transactional outbox: usage events that are committed in your own PostgreSQL transactions (feature `postgres`).
//!
//! [`Outbox::track`] inserts an event into a table, in the transaction of the caller. A transaction that is rolled back
//! leaves no event. A committed event survives any crash.
//!
//! A [`Relay`] sends the committed events. Any number of relays, in any number of processes, can work on one table.
//! Each relay *leases* rows for a limited time, so that no other relay sends them meanwhile. It removes a row after
//! Polar has stored the event. If a relay is killed, other relays send its rows when its leases have expired. The
//! events have external IDs, so Polar stores an event that is sent twice only once.

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
