//! Phase 3, check: verifies the invariants of the IR, such as unique names. A document that violates one is rejected, so
//! that the emitted code compiles. All violations are reported together.

mod flows;
mod lookups;
mod metering;
mod operations;
mod paths;
mod plain_strings;
mod routes;
mod types;

use std::collections::BTreeMap;

use crate::error::{Problem, Report};
use crate::ir::{Api, Service};
use crate::names;

/// The end of messages about a collision of names: how to resolve it.
const RENAME: &str = "rename one with `x-rust-name`, or with `title` where it is inline";

/// Checks an API.
///
/// # Errors
/// All violated invariants.
pub(crate) fn check(api: &Api) -> Result<(), Report> {
    let mut checker = Checker {
        api,
        problems: Vec::new(),
    };
    checker.servers();
    checker.types();
    api.pages.keys().for_each(|id| checker.page(api.def(*id)));
    checker.webhooks();
    for service in &api.services {
        checker.service(service);
    }
    let servers = server_constructors(api);
    let servers = servers.iter().map(|(name, url)| (name.as_str(), *url));
    let services = api.services.iter().map(named);
    checker.unique_at("/paths", "services", services.chain(servers));
    Report::check(checker.problems)
}

struct Checker<'a> {
    api: &'a Api,
    problems: Vec<Problem>,
}

/// Returns the Rust name of a service, and the wire name that it is derived from.
fn named(service: &Service) -> (&str, &str) {
    (&service.name.rust, &service.name.wire)
}

/// Returns the constructors for servers other than the first one, each with the server's URL.
fn server_constructors(api: &Api) -> Vec<(String, &str)> {
    let others = api.servers.iter().skip(1);
    others
        .map(|server| (names::server(&server.name.wire).rust, server.url.as_str()))
        .collect()
}

impl Checker<'_> {
    fn problem(&mut self, at: &str, message: String) {
        self.problems
            .push(Problem::new(&self.api.file, at, message));
    }

    /// Checks that names are unique. Each name comes with the JSON pointer of its item.
    fn unique<'n>(&mut self, what: &str, names: impl IntoIterator<Item = (&'n str, &'n str)>) {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, at) in names {
            if let Some(other) = first.insert(name, at) {
                self.problem(
                    at,
                    format!("two {what} would be called `{name}`: this and {other}; {RENAME}"),
                );
            }
        }
    }

    /// Checks that the names within one item are unique. Each name comes with its wire name.
    fn unique_at<'n>(
        &mut self,
        at: &str,
        what: &str,
        names: impl IntoIterator<Item = (&'n str, &'n str)>,
    ) {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, stands_for) in names {
            if let Some(other) = first.insert(name, stands_for) {
                self.problem(
                    at,
                    format!("two {what} would be called `{name}`: `{other}` and `{stands_for}`"),
                );
            }
        }
    }

    fn servers(&mut self) {
        let api = self.api;
        if api.servers.is_empty() {
            self.problem("", "no server is named".to_owned());
        }
        let servers = &api.servers;
        let names: Vec<(String, &str)> = servers
            .iter()
            .map(|server| (names::constant(&server.name), server.url.as_str()))
            .collect();
        let names = names.iter().map(|(name, url)| (name.as_str(), *url));
        let own = [("ALL", "all servers"), ("DEFAULT", "the first server")];
        self.unique_at("/servers", "servers", names.chain(own));
    }

    fn webhooks(&mut self) {
        let api = self.api;
        let names = api.webhooks.iter().map(|webhook| &webhook.name);
        let names = names.map(|name| (name.rust.as_str(), name.wire.as_str()));
        self.unique_at("/webhooks", "events", names.chain([UNKNOWN, OTHER_VERSION]));
        for webhook in &api.webhooks {
            let payload = &api.def(webhook.payload).name.rust;
            if matches!(payload.as_str(), "Event" | "Webhooks") {
                let message = format!("a payload cannot be called `{payload}`; {RENAME}");
                self.problem(&webhook.at, message);
            }
        }
        let codes: Vec<(String, &String)> = api
            .error_codes
            .keys()
            .map(|code| (names::variant("ErrorCode", code).rust, code))
            .collect();
        let codes = codes
            .iter()
            .map(|(name, code)| (name.as_str(), code.as_str()));
        self.unique_at("/paths", "error codes", codes.chain([UNKNOWN]));
    }
}

/// The variant for unknown values, which every enum and union has.
const UNKNOWN: (&str, &str) = ("Unknown", "anything else");

/// The variant for events of other API versions, which the event enum has.
const OTHER_VERSION: (&str, &str) = ("OtherVersion", "an event of another version");
