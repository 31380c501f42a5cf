//! The example `actix_webhooks`: `receiver.rs` contains the checks, which send recorded deliveries.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a panic is how a test fails; what tests share is public to them"
)]

use crate::receiver;

const NAME: &str = "actix_webhooks";

#[test]
fn it_needs_a_secret() {
    receiver::does_not_start_without_a_secret(NAME);
}

#[test]
fn every_event_is_accepted_and_handled_once() {
    receiver::accepts_every_event_once(NAME);
}

#[test]
fn invalid_deliveries_are_rejected() {
    receiver::rejects_requests_that_are_no_deliveries(NAME);
}

#[test]
fn events_of_unsupported_versions_are_rejected() {
    receiver::rejects_other_versions(NAME);
}

#[test]
fn an_order_without_a_product_is_accepted() {
    receiver::accepts_an_order_without_a_product(NAME);
}

#[test]
fn a_failed_delivery_is_handled_again() {
    receiver::handles_again_what_failed(NAME);
}

#[test]
fn the_shell_commands_in_its_documentation_and_the_readme_work() {
    receiver::accepts_the_shell_lines_of(NAME, include_str!("../../actix_webhooks.rs"));
    receiver::accepts_the_shell_lines_of(NAME, include_str!("../../../README.md"));
}
