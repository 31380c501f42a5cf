//! Contracts become a crate: what is read, compared, shared and emitted.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod compare;
mod contract;
mod layout;
mod names;
mod share;
mod size;
mod versions;
