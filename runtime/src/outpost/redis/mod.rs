//! The state in Redis, which processes and services in other languages share.

mod address;
mod fields;
mod pending;
mod scripts;
mod session;
mod shared;
mod store;
mod tasks;

pub(super) use shared::{Lease, Shared};
