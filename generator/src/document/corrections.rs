//! The effects of the overlay's actions in each version. An action that changes nothing in any version is an error.

use std::collections::BTreeMap;

use crate::error::{Problem, Report};

/// The effect of an action on a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It changed the contract.
    Changed,
    /// The contract already has this value.
    Unchanged,
    /// Its target does not exist.
    Unmatched,
    /// Its `x-versions` exclude the version.
    Excluded,
}

/// An action and its effect on one contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Applied {
    /// The JSON pointer of the action in the overlay.
    pub(crate) pointer: String,
    /// The target: a JSONPath.
    pub(crate) target: String,
    /// The reason in the overlay.
    pub(crate) description: String,
    pub(crate) effect: Effect,
}

/// An action of the overlay, and its effect in each version of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The name of the overlay.
    pub file: String,
    /// The JSON pointer of the action in the overlay.
    pub pointer: String,
    /// The target: a JSONPath.
    pub target: String,
    /// The reason in the overlay.
    pub description: String,
    /// The effect in each version.
    pub effects: BTreeMap<String, Effect>,
}

impl Correction {
    /// Returns the versions in which the action has this effect, oldest first.
    pub fn versions(&self, effect: Effect) -> impl Iterator<Item = &str> {
        let effects = self.effects.iter();
        let versions = effects.filter(move |(_, found)| **found == effect);
        versions.map(|(version, _)| version.as_str())
    }

    /// Collects the effect of each action in all versions. `versions` contains the effects by version. The effects of an
    /// action have the same index in every version, because all versions use the same overlay.
    pub(crate) fn of_all<'a>(
        file: &str,
        versions: impl Iterator<Item = (&'a str, &'a [Applied])>,
    ) -> Vec<Self> {
        let mut corrections: Vec<Self> = Vec::new();
        for (version, applied) in versions {
            for (index, action) in applied.iter().enumerate() {
                if corrections.len() == index {
                    corrections.push(Self {
                        file: file.to_owned(),
                        pointer: action.pointer.clone(),
                        target: action.target.clone(),
                        description: action.description.clone(),
                        effects: BTreeMap::new(),
                    });
                }
                let effects = &mut corrections[index].effects;
                effects.insert(version.to_owned(), action.effect);
            }
        }
        corrections
    }

    /// Returns a problem for every action that changes nothing in any version.
    pub(crate) fn check(corrections: &[Self]) -> Result<(), Report> {
        let obsolete = corrections
            .iter()
            .filter(|it| it.versions(Effect::Changed).next().is_none());
        Report::check(obsolete.map(|it| {
            let what = match it.versions(Effect::Unchanged).next() {
                Some(_) => "changes nothing",
                None => "matches nothing",
            };
            let message = format!(
                "{what} in any version: `{}` ({})",
                it.target, it.description
            );
            Problem::new(&it.file, &it.pointer, message)
        }))
    }
}
