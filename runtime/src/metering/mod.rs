//! Usage metering: tracks events of customers, and reads the balances of their meters (feature `metering`).
//!
//! [`Metering::track`] queues a [`UsageEvent`]. An [`Ingester`](crate::ingest::Ingester) sends the events in batches, and
//! retries transient errors. [`Metering::meter`] reads the [`Balance`] of a customer's meter. [`Metering::customer`]
//! returns a handle for one customer.
//!
//! With the feature `outpost`, balances are computed locally, and units can be reserved before they are used.

mod balance;
mod builder;
mod customer;
mod customer_metering;
mod event;
mod handle;
#[cfg(feature = "outpost")]
mod local;
mod measure;
mod metadata;
#[cfg(feature = "outpost")]
mod reservation;
mod track;

pub use balance::{Balance, Source};
pub use builder::MeteringBuilder;
pub use customer::Customer;
pub use customer_metering::CustomerMetering;
pub use event::UsageEvent;
pub use handle::Metering;
pub use measure::{ByteCounter, UsageTimer};
pub use metadata::{Cost, Llm, Metadata, MetadataValue, TokenUsage};
#[cfg(feature = "outpost")]
pub use reservation::{Reservation, ReserveError};
pub use track::Track;
