//! Phase 4, share: elements that several versions of the API have in common are emitted once.
//!
//! An element of the API (a type, an operation, a service, ...) is equal in two versions if it means the same there
//! *with everything that it refers to*, directly or not. Each set of versions in which an element is equal is its group:
//! a folder of the crate. A group therefore refers only to itself and to groups that cover a superset of its versions.
//!
//! Pure: [`share`] neither changes the APIs nor depends on how they are emitted.

mod canonical;
mod element;
mod equal;
mod key;

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Api;
use equal::{Cause, Unequal};

pub(crate) use canonical::Names;
pub(crate) use element::Elements;
pub use key::Key;

/// Where each element of each version is emitted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Groups of more versions first. Each version has one of its own, even if that is empty.
    pub groups: Vec<VersionGroup>,
}

/// A set of versions, and the elements that are equal in exactly these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionGroup {
    /// Indices of the versions, oldest first.
    pub versions: Vec<usize>,
    /// The elements that are emitted here, as in the newest of the versions.
    pub keys: BTreeSet<Key>,
}

impl VersionGroup {
    /// Returns the version whose documentation and order of fields are emitted.
    pub fn newest(&self) -> usize {
        self.versions.last().copied().unwrap_or_default()
    }

    /// Returns whether this group covers all versions of the other one.
    pub fn covers(&self, other: &Self) -> bool {
        let mut versions = other.versions.iter();
        versions.all(|version| self.versions.contains(version))
    }
}

/// Returns the elements whose own content differs, or that only one version has.
pub(crate) fn differing(a: &Elements, b: &Elements) -> Vec<Key> {
    let unequal = Unequal::between(a, b);
    let keys = unequal.keys();
    let own = keys.filter(|key| unequal.cause(key) == Some(&Cause::Itself));
    own.cloned().collect()
}

/// Finds the group of each element of the versions, which are ordered from oldest to newest.
pub fn share(apis: &[&Api]) -> Plan {
    let elements: Vec<Elements> = Elements::of_all(apis);
    let unequal = |a: usize, b: usize| Unequal::between(&elements[a], &elements[b]);
    let pairs: BTreeMap<(usize, usize), Unequal> = (0..apis.len())
        .flat_map(|b| (0..b).map(move |a| (a, b)))
        .map(|(a, b)| ((a, b), unequal(a, b)))
        .collect();
    let mut groups: BTreeMap<Vec<usize>, BTreeSet<Key>> = (0..apis.len())
        .map(|version| (vec![version], BTreeSet::new()))
        .collect();
    for (first, known) in elements.iter().enumerate() {
        for key in known.keys() {
            let equal_to = |other: usize| {
                let pair = (first.min(other), first.max(other));
                other == first || pairs.get(&pair).is_some_and(|pair| pair.is_equal(key))
            };
            let versions: Vec<usize> = (0..apis.len()).filter(|other| equal_to(*other)).collect();
            groups.entry(versions).or_default().insert(key.clone());
        }
    }
    let mut groups: Vec<VersionGroup> = groups
        .into_iter()
        .map(|(versions, keys)| VersionGroup { versions, keys })
        .collect();
    groups.sort_by_key(|group| {
        (
            std::cmp::Reverse(group.versions.len()),
            group.versions.clone(),
        )
    });
    Plan { groups }
}
