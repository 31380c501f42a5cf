//! Discriminates candidates by a property that is constant in some or all of them: a *tag*.

use std::collections::BTreeMap;
use std::mem::discriminant;

use super::candidate::{Candidate, Guarantee};
use super::{Decided, objects, undecided};
use crate::ir::{Constant, Decision, Needed, Sought};

/// A property whose constants split the candidates.
pub(super) struct Tag<'c> {
    path: Vec<String>,
    arms: Vec<(Vec<Constant>, Vec<&'c Candidate<'c>>)>,
    /// The candidates in which the property is not constant.
    pub(super) open: Vec<&'c Candidate<'c>>,
}

pub(super) fn tag<'c>(candidates: &[&'c Candidate<'c>], path: &[String]) -> Option<Tag<'c>> {
    let constants_of = |candidate: &'c Candidate<'c>| candidate.property(path)?.constants.as_ref();
    let (tagged, open): (Vec<&Candidate<'_>>, Vec<&Candidate<'_>>) = candidates
        .iter()
        .partition(|candidate| constants_of(candidate).is_some());
    let mut values: Vec<(&Constant, Vec<&Candidate<'_>>)> = Vec::new();
    let mut position = BTreeMap::new();
    for candidate in &tagged {
        for value in constants_of(candidate).into_iter().flatten() {
            let index = *position.entry(value).or_insert(values.len());
            match values.get_mut(index) {
                Some((_, group)) => group.push(*candidate),
                None => values.push((value, vec![*candidate])),
            }
        }
    }
    let mut arms: Vec<(Vec<Constant>, Vec<&Candidate<'_>>)> = Vec::new();
    let mut position = BTreeMap::new();
    for (value, group) in values {
        let index = *position.entry(undecided(&group)).or_insert(arms.len());
        match arms.get_mut(index) {
            Some((values, _)) => values.push(value.clone()),
            None => arms.push((vec![value.clone()], group)),
        }
    }
    // If there are open candidates, only a required `const` can decide. An unknown value of an enum, or a missing value
    // of an optional constant, would wrongly select an open candidate.
    let is_certain = |candidate: &&Candidate<'_>| {
        candidate
            .property(path)
            .is_some_and(|property| property.fixed && property.guarantee == Guarantee::Value)
    };
    let first = arms.first().and_then(|(values, _)| values.first())?;
    let is_of_one_type = arms
        .iter()
        .flat_map(|(values, _)| values)
        .all(|value| discriminant(value) == discriminant(first));
    let splits = is_of_one_type
        && open.len() < candidates.len()
        && (open.is_empty() || tagged.iter().all(is_certain))
        && arms.iter().all(|(_, group)| group.len() < candidates.len());
    splits.then(|| Tag {
        path: path.to_vec(),
        arms,
        open,
    })
}

impl Tag<'_> {
    /// Returns whether the property only exists to mark its variants (`legacy: true`), rather than to describe them.
    pub(super) fn is_marker(&self) -> bool {
        self.arms
            .iter()
            .all(|(values, _)| matches!(values.as_slice(), [Constant::Boolean(_)]))
    }

    pub(super) fn decide(self) -> Decided {
        let arm = |(values, group): (Vec<Constant>, Vec<&Candidate<'_>>)| {
            let decision = objects(&group)?;
            let takes = |open: &&&Candidate<'_>| values.iter().any(|v| open.takes(&self.path, v));
            let open: Vec<&Candidate<'_>> = self.open.iter().filter(takes).copied().collect();
            let decision = match open.as_slice() {
                [] => decision,
                _ => with_keys(decision, &group, &open, &objects(&open)?),
            };
            Ok((values, decision))
        };
        let arms = self.arms.into_iter().map(arm);
        let arms = arms.collect::<Result<_, Vec<usize>>>()?;
        let otherwise = match self.open.as_slice() {
            [] => Decision::Unknown,
            open => objects(open)?,
        };
        Ok(Decision::Tag {
            path: self.path,
            arms,
            otherwise: Box::new(otherwise),
        })
    }
}

/// Adds a condition to the decision for a constant that open candidates permit, too. The value must also have the keys that
/// distinguish the variant from the open candidates. Otherwise, an open candidate is selected, even if the value is not
/// valid for it.
fn with_keys(
    decision: Decision,
    tagged: &[&Candidate<'_>],
    open: &[&Candidate<'_>],
    otherwise: &Decision,
) -> Decision {
    let inner = |decision: Decision| with_keys(decision, tagged, open, otherwise);
    match decision {
        Decision::Variant(variant) => {
            let own = tagged.iter().find(|other| other.variant == variant);
            let keys = own.and_then(|candidate| distinctive_keys(candidate, open));
            match keys {
                Some((sought, paths)) => Decision::Key {
                    sought,
                    needed: Needed::All,
                    paths,
                    present: Box::new(decision),
                    absent: Box::new(otherwise.clone()),
                },
                None => decision,
            }
        }
        Decision::Unknown => otherwise.clone(),
        Decision::Tag {
            path,
            arms,
            otherwise,
        } => Decision::Tag {
            path,
            arms: arms
                .into_iter()
                .map(|(values, then)| (values, inner(then)))
                .collect(),
            otherwise: Box::new(inner(*otherwise)),
        },
        Decision::Key {
            sought,
            needed,
            paths,
            present,
            absent,
        } => Decision::Key {
            sought,
            needed,
            paths,
            present: Box::new(inner(*present)),
            absent: Box::new(inner(*absent)),
        },
        // Tagged candidates are objects, so decisions by JSON type or text do not occur here.
        other @ (Decision::Kind { .. } | Decision::Format { .. }) => other,
    }
}

/// Returns the keys that a candidate requires and the open candidates do not. Prefers keys whose value is never null; if
/// there are none, returns keys that may be null. If no open candidate has a key whose value is an object, the keys inside
/// of the object are not returned: the outer key alone selects the candidate, so that an invalid object is an error.
fn distinctive_keys(
    candidate: &Candidate<'_>,
    open: &[&Candidate<'_>],
) -> Option<(Sought, Vec<Vec<String>>)> {
    let promised = |guarantee: Guarantee| {
        let mut paths: Vec<Vec<String>> = Vec::new();
        // In order of the length of their paths.
        for property in &candidate.properties {
            let path = &property.path;
            let is_within = paths.iter().any(|above| {
                path.starts_with(above) && open.iter().all(|open| open.property(above).is_none())
            });
            let is_distinctive = property.guarantee == guarantee
                && open.iter().any(|open| open.can_lack(path, guarantee));
            if is_distinctive && !is_within {
                paths.push(path.clone());
            }
        }
        (!paths.is_empty()).then_some(paths)
    };
    let values = promised(Guarantee::Value).map(|paths| (Sought::Value, paths));
    values.or_else(|| promised(Guarantee::Key).map(|paths| (Sought::Key, paths)))
}
