//! States in Redis, which several processes and services in other languages share.

mod address;
mod backend;
mod fields;
mod pending;
mod scripts;
mod session;
mod store;
mod tasks;

pub(super) use backend::{Lease, RedisBackend};
