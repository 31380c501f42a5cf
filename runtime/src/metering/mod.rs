//! Usage metering: events of customers, and the balances of their meters (feature `metering`).
//!
//! A [`Metering`] tracks [`UsageEvent`]s through an ingester, which sends them in batches and retries through outages, and
//! reads the [`Balance`] of a customer's meter. [`Metering::customer`] returns a handle bound to one customer. With the
//! feature `outpost` balances are computed locally, and units can be reserved.

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
