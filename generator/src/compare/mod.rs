//! Compares contracts. Finds the differences, and classifies each by its impact on code that uses the crate, by its impact
//! on deployed clients, and by its section in the changelog.
//!
//! [`compare`] compares one version of the API before and after a change, [`compare_releases`] all versions of two
//! releases of the crate. `pairing` finds which elements correspond. `operations`, `parameters`, `types`, `fields`,
//! `enums`, `unions` and `roots` find the differences between them. `reach` adds the operations and types that use a
//! changed element, and `rules` classifies the differences. [`share`](crate::share) decides whether two elements are
//! equal at all, so a difference that none of these modules finds is still reported ([`Kind::Other`]).

mod constraints;
mod difference;
mod discriminator;
mod enums;
mod fields;
mod finder;
mod impact;
mod kind;
mod markdown;
mod operations;
mod pairing;
mod parameters;
mod reach;
mod roots;
mod rules;
mod types;
mod unions;
mod values;

use std::collections::BTreeSet;

pub use difference::Difference;
pub use impact::{ChangelogSection, Semver, WireImpact};
pub use kind::{Condition, Kind};
pub use rules::{OnWire, RULES, Rule};

use crate::ir::Api;
use crate::share::{Elements, Key, differing};
use finder::Finder;

/// All differences between two contracts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// By kind, then by subject.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Returns the minimum level of a release with these differences. `None` if there are none.
    #[must_use]
    pub fn semver(&self) -> Option<Semver> {
        self.differences.iter().map(Difference::semver).max()
    }

    /// Returns whether code that uses the crate may no longer compile.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        self.semver() == Some(Semver::Major)
    }

    /// Returns the impact on deployed clients.
    #[must_use]
    pub fn wire(&self) -> WireImpact {
        let differences = self.differences.iter().map(Difference::wire);
        differences.fold(WireImpact::default(), WireImpact::and)
    }

    /// Returns the differences as Markdown for a changelog or a pull request: sections with a line for each difference.
    /// Empty if there are none.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }
}

/// The versions of the API that a release of the crate contains.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The IR of each version.
    pub apis: &'a [Api],
    /// The version whose feature is enabled by default, if known.
    pub default_version: Option<&'a str>,
}

/// Compares two contracts: one version of the API before and after a change, or two versions.
#[must_use]
pub fn compare(old: &Api, new: &Api) -> Comparison {
    let (named, renamed) = pairing::with_old_names(old, new);
    let contracts = Elements::of_all(&[old, &named]);
    let pairs = pairing::operations(old, &named);
    let mut finder = Finder::new(old, &named);
    finder.types(&renamed);
    finder.operations(&pairs);
    finder.roots();
    let moved: BTreeSet<Key> = pairing::moved(&pairs).collect();
    for key in differing(&contracts[0], &contracts[1]) {
        if !moved.contains(&key) {
            finder.unexplained(&key);
        }
    }
    let mut differences = finder.found;
    reach::fill(&mut differences, &contracts);
    sort(&mut differences);
    Comparison { differences }
}

/// Compares all versions of the API in two releases of the crate. A difference that several versions have is reported once.
#[must_use]
pub fn compare_releases<'a>(old: &Release<'a>, new: &Release<'a>) -> Comparison {
    let find = |apis: &'a [Api], version: &str| apis.iter().find(|api| api.version == version);
    let mut all: Vec<Difference> = Vec::new();
    for before in old.apis {
        let Some(after) = find(new.apis, &before.version) else {
            all.push(Difference::of_crate(
                Kind::VersionRemoved,
                &before.version,
                None,
            ));
            continue;
        };
        for mut difference in compare(before, after).differences {
            match all.iter_mut().find(|other| other.is_same(&difference)) {
                Some(other) => other.merge(difference, &before.version),
                None => {
                    difference.versions.push(before.version.clone());
                    all.push(difference);
                }
            }
        }
    }
    for after in new.apis {
        if find(old.apis, &after.version).is_none() {
            all.push(Difference::of_crate(
                Kind::VersionAdded,
                &after.version,
                None,
            ));
        }
    }
    if let (Some(before), Some(after)) = (old.default_version, new.default_version)
        && before != after
    {
        let detail = finder::change(Some(before), Some(after));
        all.push(Difference::of_crate(
            Kind::DefaultVersion,
            "features.default",
            detail,
        ));
    }
    sort(&mut all);
    Comparison { differences: all }
}

fn sort(differences: &mut [Difference]) {
    differences
        .sort_by(|a, b| (a.kind, &a.subject, &a.detail).cmp(&(b.kind, &b.subject, &b.detail)));
}
