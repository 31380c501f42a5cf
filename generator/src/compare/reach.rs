//! Finds the operations, types and webhooks that refer to the changed element of a difference, directly or not.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::Difference;
use crate::share::{Elements, Key};

/// Adds the operations, types and webhooks to each difference. `contracts` contains the elements of both contracts.
pub(super) fn fill(found: &mut [Difference], contracts: &[Elements]) {
    let mut users: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
    for elements in contracts {
        for user in elements.keys() {
            for reached in elements.reached_from(user) {
                // The event type is compared together with the operation that ingests it, but does not contain the
                // operation.
                if matches!((user, reached), (Key::Type(_), Key::Operation(_))) {
                    continue;
                }
                users.entry(reached).or_default().insert(user);
            }
        }
    }
    for difference in found {
        let mut seen = BTreeSet::from([&difference.element]);
        let mut open = vec![&difference.element];
        while let Some(key) = open.pop() {
            for &user in users.get(key).into_iter().flatten() {
                if seen.insert(user) {
                    open.push(user);
                }
            }
        }
        let (mut operations, mut types) = (BTreeSet::new(), BTreeSet::new());
        let mut in_webhooks = false;
        for key in seen {
            match key {
                Key::Operation(id) => {
                    operations.insert(id.clone());
                }
                Key::Type(name) => {
                    types.insert(name.clone());
                }
                Key::Events => in_webhooks = true,
                Key::Service(_) | Key::ErrorCodes | Key::Servers => {}
            }
        }
        if let Key::Type(own) = &difference.element {
            types.remove(own);
        }
        difference.in_webhooks = in_webhooks;
        (difference.operations, difference.types) = (operations, types);
    }
}
