//! Determines which elements differ between two versions: those whose own content differs, and those that refer to one
//! of them, directly or not.

use std::collections::{BTreeMap, VecDeque};

use super::element::Elements;
use super::key::Key;

/// The reason why an element differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// The content of the element itself differs, or only one version has the element.
    Itself,
    /// The element refers to another element that differs.
    Reaches(Key),
}

/// The elements that differ between two versions.
#[derive(Debug)]
pub(super) struct Unequal {
    causes: BTreeMap<Key, Cause>,
}

impl Unequal {
    /// Starts with the elements whose own content differs, and marks everything that refers to them, breadth first. All
    /// other elements are equal, including members of cycles.
    pub(super) fn between(a: &Elements, b: &Elements) -> Self {
        let mut causes = BTreeMap::new();
        let mut queue = VecDeque::new();
        for key in a.keys().chain(b.keys()) {
            if a.content(key) != b.content(key) && !causes.contains_key(key) {
                causes.insert(key.clone(), Cause::Itself);
                queue.push_back(key);
            }
        }
        let mut users: BTreeMap<&Key, Vec<&Key>> = BTreeMap::new();
        for elements in [a, b] {
            for user in elements.keys() {
                for reached in elements.reached_from(user) {
                    users.entry(reached).or_default().push(user);
                }
            }
        }
        while let Some(key) = queue.pop_front() {
            for &user in users.get(key).into_iter().flatten() {
                if !causes.contains_key(user) {
                    causes.insert(user.clone(), Cause::Reaches(key.clone()));
                    queue.push_back(user);
                }
            }
        }
        Self { causes }
    }

    pub(super) fn is_equal(&self, key: &Key) -> bool {
        !self.causes.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.causes.keys()
    }

    pub(super) fn cause(&self, key: &Key) -> Option<&Cause> {
        self.causes.get(key)
    }
}
