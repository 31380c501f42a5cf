//! Compares elements other than types and operations: services, servers, error classes and webhooks.

use std::collections::BTreeSet;

use super::finder::{Finder, change, pairs};
use super::kind::{Condition, Kind};
use super::operations::listed_change;
use crate::ir::{Api, Server, Service, ServiceCredential, Webhook};
use crate::share::Key;

impl<'a> Finder<'a> {
    pub(super) fn roots(&mut self) {
        let (old, new) = (self.old, self.new);
        self.services(&old.services, &new.services, &[]);
        self.servers(&old.servers, &new.servers);
        self.error_classes();
        self.webhooks();
    }

    /// Compares services. Added and removed services are not reported, because their operations are.
    fn services(&mut self, old: &'a [Service], new: &'a [Service], above: &[String]) {
        for (a, b) in pairs(old, new, |service| &service.name.rust).both {
            let path = [above, std::slice::from_ref(&a.name.rust)].concat();
            let element = Key::Service(path.clone());
            let subject = path.join(".");
            if a.credential != b.credential {
                let detail = change(Some(credential(a)), Some(credential(b)));
                self.add(&element, Kind::ServiceCredential, &subject, detail, []);
            }
            self.services(&a.children, &b.children, &path);
        }
    }

    fn servers(&mut self, old: &'a [Server], new: &'a [Server]) {
        let element = &Key::Servers;
        let servers = pairs(old, new, |server| &server.name.rust);
        for server in servers.removed {
            let url = Some(server.url.clone());
            self.add(element, Kind::ServerRemoved, &server.name.wire, url, []);
        }
        for server in servers.added {
            let url = Some(server.url.clone());
            self.add(element, Kind::ServerAdded, &server.name.wire, url, []);
        }
        for (a, b) in servers.both {
            if a.url != b.url {
                let detail = change(Some(&a.url), Some(&b.url));
                self.add(element, Kind::ServerUrl, &a.name.wire, detail, []);
            }
        }
        let names = |servers: &[Server]| -> Vec<String> {
            servers
                .iter()
                .map(|server| server.name.wire.clone())
                .collect()
        };
        let (before, after) = (names(old), names(new));
        if before.first() != after.first() {
            let detail = change(
                before.first().map(String::as_str),
                after.first().map(String::as_str),
            );
            self.add(element, Kind::DefaultServer, "server::DEFAULT", detail, []);
        }
    }

    fn error_classes(&mut self) {
        let element = &Key::ErrorCodes;
        let (old, new) = (&self.old.error_codes, &self.new.error_codes);
        let statuses = |statuses: &[u16]| -> BTreeSet<String> {
            statuses.iter().map(u16::to_string).collect()
        };
        for (class, before) in old {
            let Some(after) = new.get(class) else {
                self.add(element, Kind::ErrorClassRemoved, class, None, []);
                continue;
            };
            let changed = listed_change(&statuses(before), &statuses(after));
            if changed.is_some() {
                self.add(element, Kind::ErrorClassStatus, class, changed, []);
            }
        }
        for (class, after) in new {
            if !old.contains_key(class) {
                let statuses: Vec<String> = statuses(after).into_iter().collect();
                let detail = Some(statuses.join(", "));
                self.add(element, Kind::ErrorClassAdded, class, detail, []);
            }
        }
    }

    fn webhooks(&mut self) {
        let element = &Key::Events;
        let events = pairs(&self.old.webhooks, &self.new.webhooks, |webhook| {
            &webhook.name.wire
        });
        for event in events.removed {
            let payload = Some(payload(self.old, event).to_owned());
            self.add(element, Kind::WebhookRemoved, &event.name.wire, payload, []);
        }
        for event in events.added {
            let payload = Some(payload(self.new, event).to_owned());
            self.add(element, Kind::WebhookAdded, &event.name.wire, payload, []);
        }
        for (a, b) in events.both {
            if a.name.rust != b.name.rust {
                let detail = change(Some(&a.name.rust), Some(&b.name.rust));
                self.add(element, Kind::WebhookRenamed, &a.name.wire, detail, []);
            }
            let (before, after) = (payload(self.old, a), payload(self.new, b));
            if before != after {
                let detail = change(Some(before), Some(after));
                self.add(element, Kind::WebhookPayload, &a.name.wire, detail, []);
            }
        }
    }

    /// Reports an element that is not equal in both contracts, but for which no other function reported a difference. Its
    /// kind is `Other`, which is classified as breaking.
    pub(super) fn unexplained(&mut self, element: &Key) {
        let explained = self.found.iter().any(|found| found.element == *element)
            || self.explained.contains(element);
        // Services only differ if their operations do.
        if !explained && !matches!(element, Key::Service(_)) {
            let none: [Option<Condition>; 0] = [];
            self.add(element, Kind::Other, element.to_string(), None, none);
        }
    }
}

fn payload<'a>(api: &'a Api, webhook: &Webhook) -> &'a str {
    &api.def(webhook.payload).name.rust
}

fn credential(service: &Service) -> &'static str {
    match service.credential {
        ServiceCredential::Inherited => "that of the client",
        ServiceCredential::Given => "given to the accessor",
    }
}
