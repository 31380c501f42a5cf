//! Phase 4, share: determines which elements several versions of the API have in common, so that these are emitted
//! once.
//!
//! An element of the API (a type, an operation, a service, ...) is equal in two versions if it has the same meaning in
//! both *including everything that it refers to*, directly or not. The set of versions in which an element is equal is
//! its *version group*. Each version group becomes a module of the crate. An element only refers to elements of its own
//! version group, or of one that contains all of its versions.
//!
//! [`share`] does not change the APIs, and does not depend on how they are emitted.

mod canonical;
mod element;
mod equal;
mod key;

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Api;
use equal::{Cause, Unequal};

pub(crate) use canonical::SharedTypeIds;
pub(crate) use element::Elements;
pub use key::Key;

/// The version group of each element.
#[derive(Debug, Clone)]
pub struct Plan {
    /// All version groups, those with more versions first. Each version has a group of its own, even if it is empty.
    pub groups: Vec<VersionGroup>,
}

/// A set of versions, and the elements that are equal in exactly these versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionGroup {
    /// Indices of the versions, oldest first.
    pub versions: Vec<usize>,
    /// The elements. They are emitted as in the newest of the versions.
    pub keys: BTreeSet<Key>,
}

impl VersionGroup {
    /// Returns the index of the newest version. Its documentation and order of fields are emitted.
    pub fn newest(&self) -> usize {
        self.versions.last().copied().unwrap_or_default()
    }

    /// Returns whether this group contains all versions of the other one.
    pub fn covers(&self, other: &Self) -> bool {
        let mut versions = other.versions.iter();
        versions.all(|version| self.versions.contains(version))
    }
}

/// Returns the elements whose own content differs, or that exist in one version only.
pub(crate) fn differing(a: &Elements, b: &Elements) -> Vec<Key> {
    let unequal = Unequal::between(a, b);
    let keys = unequal.keys();
    let own = keys.filter(|key| unequal.cause(key) == Some(&Cause::Itself));
    own.cloned().collect()
}

/// Determines the version group of each element. The APIs are ordered from the oldest to the newest version.
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
