//! Tests of the published crate. They are one program, because linking the client takes longer than most of these tests
//! run.

mod compile_errors;
#[cfg(unix)]
mod deliveries;
mod exports;
mod files;
mod ingest;
mod metering;
mod mock;
mod oauth2;
mod samples;
mod seats_and_subscriptions;
#[cfg(unix)]
mod shared_limit;
mod soak;
mod spellings;
mod store;
mod unions;
mod webhooks;
