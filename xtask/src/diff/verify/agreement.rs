//! Compares the classifications of this crate with those of the tools, and explains known disagreements.

use std::collections::BTreeSet;
use std::fmt;

use polar_codegen::compare::{Condition, Difference, Kind, Semver};

use super::Pair;
use super::finding::Finding;

/// Breaking differences that the tools do not detect, and the reason.
const UNSEEN: &[(Kind, &str)] = &[
    (
        Kind::ArgumentOrder,
        "the tools compare arguments by their types, which are the same in another order",
    ),
    (
        Kind::Access,
        "the tools do not compare the bounds of the implementation that a method is in",
    ),
];

/// The reason for changes that only the tools classify as breaking.
const ACCEPTED: &str = "the argument has another type, which accepts what the old one accepted";

/// The relation between the two classifications of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// Both are the same.
    Same,
    /// They differ for a known reason.
    Known(&'static str),
    /// They differ for an unknown reason.
    Unexplained(String),
}

/// The classifications of all pairs.
#[derive(Debug)]
pub struct Verified {
    /// The name of each pair, the classification of this crate, and whether the tools agree.
    pub pairs: Vec<(String, Option<Semver>, Agreement)>,
}

impl Verified {
    /// Returns whether every disagreement has a known reason.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        let mut pairs = self.pairs.iter();
        !pairs.any(|(_, _, agreement)| matches!(agreement, Agreement::Unexplained(_)))
    }
}

/// Writes a line for each disagreement, and the number of pairs.
impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut same = 0;
        for (name, semver, agreement) in &self.pairs {
            let semver = semver.map_or_else(|| "none".to_owned(), |semver| semver.to_string());
            match agreement {
                Agreement::Same => same += 1,
                Agreement::Known(reason) => writeln!(f, "{name}: {semver}; known: {reason}")?,
                Agreement::Unexplained(what) => {
                    writeln!(f, "{name}: {semver}; unexplained: {what}")?
                }
            }
        }
        writeln!(
            f,
            "{same} of {} classified as the tools do",
            self.pairs.len()
        )
    }
}

pub(super) fn of(pairs: &[Pair], findings: &[Finding]) -> Verified {
    let classified = pairs.iter().map(|pair| {
        let own: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.pair == pair.name)
            .collect();
        let agreement = agreement(&pair.comparison.differences, &own);
        (pair.name.clone(), pair.comparison.semver(), agreement)
    });
    Verified {
        pairs: classified.collect(),
    }
}

fn agreement(differences: &[Difference], findings: &[&Finding]) -> Agreement {
    let breaking = || differences.iter().filter(|it| it.semver() == Semver::Major);
    let ours = differences.iter().map(Difference::semver).max();
    let theirs = findings.iter().map(|finding| finding.semver).max();
    let told = |finding: &&Finding| Agreement::Unexplained(finding.text.clone());
    let is_broken = theirs == Some(Semver::Major);
    match (ours, theirs) {
        (Some(Semver::Major), _) if !is_broken => {
            let reason = |difference: &Difference| {
                let mut unseen = UNSEEN.iter();
                unseen.find(|(kind, _)| *kind == difference.kind)
            };
            match breaking().find(|it| reason(it).is_none()) {
                Some(unseen) => Agreement::Unexplained(format!("{unseen}: not seen")),
                None => breaking()
                    .find_map(reason)
                    .map_or(Agreement::Same, |(_, reason)| Agreement::Known(reason)),
            }
        }
        (ours, Some(_)) if ours < theirs => {
            let accepted = |it: &Difference| it.conditions.contains(&Condition::Accepted);
            match differences.iter().any(accepted) {
                true => Agreement::Known(ACCEPTED),
                false => findings.first().map_or(Agreement::Same, told),
            }
        }
        _ => by_type(differences, findings),
    }
}

/// Compares the types that the differences are about with the types that the findings are about. The classifications only
/// agree if these types are the same.
fn by_type(differences: &[Difference], findings: &[&Finding]) -> Agreement {
    let breaking = || differences.iter().filter(|it| it.semver() == Semver::Major);
    let ours: BTreeSet<&str> = breaking().filter_map(type_of).collect();
    let mention: BTreeSet<&str> = breaking().flat_map(mentioned).collect();
    let theirs = || {
        findings
            .iter()
            .filter_map(|it| Some((it.ty.as_deref()?, it)))
    };
    let is_known = |ty: &str| ours.contains(ty) || mention.contains(ty);
    if let Some((_, finding)) = theirs().find(|(ty, _)| !is_known(ty)) {
        return Agreement::Unexplained(finding.text.clone());
    }
    let seen: BTreeSet<&str> = theirs().map(|(ty, _)| ty).collect();
    let is_unseen = |it: &&Difference| {
        // No finding names a type for these differences. Only cargo-semver-checks detects the first kind, and its findings
        // name no type. An implementation of a trait is attributed to no type.
        let is_known = it.conditions.contains(&Condition::Literal)
            || it.kind == Kind::TypeBody
            || UNSEEN.iter().any(|(kind, _)| *kind == it.kind);
        !is_known && type_of(it).is_some_and(|ty| !seen.contains(ty))
    };
    match breaking().find(is_unseen) {
        Some(unseen) => Agreement::Unexplained(format!("{unseen}: not seen")),
        None => Agreement::Same,
    }
}

/// Returns other types whose emitted code the difference changes.
fn mentioned(difference: &Difference) -> Vec<&str> {
    match difference.kind {
        // The types that refer to the renamed one, because its name is part of their fields and arguments.
        Kind::TypeRenamed => difference.types.iter().map(String::as_str).collect(),
        // The page and item types in the detail: `Order in OrderList removed`.
        Kind::Pagination => difference
            .detail
            .iter()
            .flat_map(|it| it.split(' '))
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns the type that a difference is about: the part of its subject before the field or variant.
fn type_of(difference: &Difference) -> Option<&str> {
    let subject = difference.subject.as_str();
    let name = subject.split(['.', ' ']).next()?.split("::").next()?;
    // The names of operations and services start with a lower-case letter.
    name.starts_with(|c: char| c.is_ascii_uppercase())
        .then_some(name)
}
