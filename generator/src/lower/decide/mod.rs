//! Finds a decision that discriminates the variants of a union. The decision is made when the code is generated, so that
//! the client need not try one variant after the other.
//!
//! The variants are *candidates*. The contract guarantees JSON types, constants and required keys of each candidate,
//! including those of nested objects. A rule splits the candidates into smaller sets, which are decided recursively. These
//! are the rules; the first one that leads to a complete decision is used:
//!
//! 1. the JSON type; for strings, constants and then formats;
//! 2. a property that is constant in every candidate (*tag*); candidates that share a constant are split further
//!    (*guard*);
//! 3. a property that is constant in some candidates: these first, then the others, which are *open* (*fallback*,
//!    *guard*). If an open candidate permits the same constant, the variant is only selected if the value also has the
//!    keys that the variant requires and the open candidate does not. A value without them cannot be of the variant;
//! 4. a key that some candidates require and the others cannot have (*keys*);
//! 5. keys that only one of two candidates can have, required or not (*keys*).
//!
//! A candidate that permits additional keys may have any key.

mod candidate;
mod tag;

use std::collections::BTreeSet;

use candidate::{ALL_KINDS, AdditionalKeys, Candidate, Guarantee, Property};
use tag::{Tag, tag};

use crate::ir::{Decision, Kind, Needed, Sought, TypeDef, Union};

/// Returns the decision for a union.
///
/// # Errors
/// The variants that cannot be discriminated.
pub(super) fn decide(types: &[TypeDef], union: &Union) -> Result<Decision, Vec<usize>> {
    let candidates: Vec<Candidate<'_>> = union
        .variants
        .iter()
        .enumerate()
        .map(|(variant, def)| Candidate::new(types, variant, &def.ty))
        .collect();
    let decision = any(&candidates.iter().collect::<Vec<_>>())?;
    Ok(grounded(decision, &candidates))
}

type Decided = Result<Decision, Vec<usize>>;

fn any(candidates: &[&Candidate<'_>]) -> Decided {
    if candidates
        .iter()
        .all(|candidate| candidate.kinds == [Kind::Object])
    {
        return objects(candidates);
    }
    let mut arms: Vec<(Vec<Kind>, Vec<&Candidate<'_>>)> = Vec::new();
    for kind in ALL_KINDS {
        let group: Vec<&Candidate<'_>> = of_kind(candidates, kind);
        if group.is_empty() {
            continue;
        }
        match arms.iter_mut().find(|(_, other)| are_same(other, &group)) {
            Some((kinds, _)) => kinds.push(kind),
            None => arms.push((vec![kind], group)),
        }
    }
    let decide_arm = |(kinds, group): (Vec<Kind>, Vec<&Candidate<'_>>)| {
        let decision = match (kinds.as_slice(), group.as_slice()) {
            (_, [only]) if only.texts.is_none() => Decision::Variant(only.variant),
            ([Kind::String], _) => texts(&group)?,
            ([Kind::Object], _) => objects(&group)?,
            _ => return Err(undecided(&group)),
        };
        Ok((kinds, decision))
    };
    let mut arms: Vec<_> = arms.into_iter().map(decide_arm).collect::<Result<_, _>>()?;
    match arms.as_mut_slice() {
        [(kinds, decision)] if matches!(kinds.as_slice(), [Kind::String]) => {
            Ok(std::mem::replace(decision, Decision::Unknown))
        }
        _ => Ok(Decision::Kind { arms }),
    }
}

/// Returns the candidates that accept values of a JSON type. An integer counts as a number only if no candidate is an
/// integer, and `1.0` as an integer only if no candidate is a number.
fn of_kind<'c>(candidates: &[&'c Candidate<'c>], kind: Kind) -> Vec<&'c Candidate<'c>> {
    let group = candidates
        .iter()
        .copied()
        .filter(|candidate| candidate.kinds.contains(&kind));
    let (numbers, others): (Vec<_>, Vec<_>) =
        group.partition(|candidate| candidate.kinds.contains(&Kind::Number));
    match kind {
        Kind::Integer | Kind::BigInteger if !others.is_empty() => others,
        Kind::Whole if !numbers.is_empty() => numbers,
        _ => candidates
            .iter()
            .copied()
            .filter(|candidate| candidate.kinds.contains(&kind))
            .collect(),
    }
}

/// Decides between string variants: enums first, then formats (UUID, date), then the one that accepts any string.
fn texts(candidates: &[&Candidate<'_>]) -> Decided {
    let (listed, rest): (Vec<&Candidate<'_>>, Vec<&Candidate<'_>>) = candidates
        .iter()
        .partition(|candidate| candidate.texts.is_some());
    let (free, formats): (Vec<&Candidate<'_>>, Vec<&Candidate<'_>>) =
        rest.into_iter().partition(|candidate| candidate.free_text);
    let mut decision = match free.as_slice() {
        [] => Decision::Unknown,
        [only] => Decision::Variant(only.variant),
        _ => return Err(undecided(&free)),
    };
    match formats.as_slice() {
        [] => {}
        [only] if free.is_empty() => decision = Decision::Variant(only.variant),
        [only] => {
            decision = Decision::Format {
                variant: only.variant,
                otherwise: Box::new(decision),
            }
        }
        _ => return Err(undecided(&formats)),
    }
    if listed.is_empty() {
        return Ok(decision);
    }
    let mut seen = BTreeSet::new();
    let mut arms = Vec::new();
    for candidate in &listed {
        let texts = candidate.texts.clone().unwrap_or_default();
        if !texts.iter().all(|text| seen.insert(text.clone())) {
            return Err(undecided(&listed));
        }
        arms.push((texts, Decision::Variant(candidate.variant)));
    }
    Ok(Decision::Tag {
        path: vec![],
        arms,
        otherwise: Box::new(decision),
    })
}

fn objects(candidates: &[&Candidate<'_>]) -> Decided {
    if let [only] = candidates {
        return Ok(Decision::Variant(only.variant));
    }
    let paths = all_paths(candidates);
    let tags = paths.iter().filter_map(|path| tag(candidates, path));
    let (guards, tags): (Vec<Tag<'_>>, Vec<Tag<'_>>) = tags.partition(|tag| !tag.open.is_empty());
    let (markers, guards): (Vec<Tag<'_>>, Vec<Tag<'_>>) =
        guards.into_iter().partition(Tag::is_marker);
    [tags, markers, guards]
        .into_iter()
        .flatten()
        .find_map(|tag| tag.decide().ok())
        .or_else(|| paths.iter().find_map(|path| required_key(candidates, path)))
        .or_else(|| additional_keys(candidates))
        .ok_or_else(|| undecided(candidates))
}

fn all_paths(candidates: &[&Candidate<'_>]) -> Vec<Vec<String>> {
    let (mut paths, mut seen) = (Vec::new(), BTreeSet::new());
    for property in candidates
        .iter()
        .flat_map(|candidate| &candidate.properties)
    {
        if seen.insert(&property.path) {
            paths.push(property.path.clone());
        }
    }
    paths.sort_by_key(Vec::len);
    paths
}

fn required_key(candidates: &[&Candidate<'_>], path: &[String]) -> Option<Decision> {
    let (knowing, ignorant): (Vec<&Candidate<'_>>, Vec<&Candidate<'_>>) = candidates
        .iter()
        .partition(|candidate| candidate.knows(path));
    let certain = |candidate: &&Candidate<'_>| {
        candidate
            .property(path)
            .is_some_and(|property| property.guarantee == Guarantee::Value)
    };
    if knowing.is_empty() || ignorant.is_empty() || !knowing.iter().all(certain) {
        return None;
    }
    Some(Decision::Key {
        sought: Sought::Value,
        needed: Needed::Any,
        paths: vec![path.to_vec()],
        present: Box::new(objects(&knowing).ok()?),
        absent: Box::new(objects(&ignorant).ok()?),
    })
}

/// Decides between two candidates if the larger one has all keys of the smaller one, and further keys. A value with any of
/// the further keys, even with the value null, is of the larger candidate. Any other value is of the smaller candidate: no
/// key of such a value is lost, because the smaller candidate has fields for all of them.
fn additional_keys(candidates: &[&Candidate<'_>]) -> Option<Decision> {
    let [a, b] = candidates else { return None };
    let (large, small) = if a.own_keys().count() > b.own_keys().count() {
        (a, b)
    } else {
        (b, a)
    };
    let fits = |key: &Property<'_>| {
        large.property(&key.path).is_some_and(|other| {
            other.ty == key.ty
                && (other.guarantee == Guarantee::Value || key.guarantee != Guarantee::Value)
        })
    };
    let is_closed = [large, small]
        .iter()
        .all(|candidate| candidate.additional_keys == AdditionalKeys::None);
    let more: Vec<Vec<String>> = large
        .own_keys()
        .map(|key| key.path.clone())
        .filter(|path| small.property(path).is_none())
        .collect();
    if !is_closed || more.is_empty() || !small.own_keys().all(fits) {
        return None;
    }
    Some(Decision::Key {
        sought: Sought::Key,
        needed: Needed::Any,
        paths: more,
        present: Box::new(Decision::Variant(large.variant)),
        absent: Box::new(Decision::Variant(small.variant)),
    })
}

/// Adds a condition to variants that are selected by the absence of keys alone. The value must also have a key that the
/// variant requires, preferably one that no other candidate has. Otherwise, the value is an unknown variant.
fn grounded(decision: Decision, candidates: &[Candidate<'_>]) -> Decision {
    match decision {
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
            present,
            absent: Box::new(match *absent {
                Decision::Variant(variant) => shown(variant, candidates),
                other => grounded(other, candidates),
            }),
        },
        other => other,
    }
}

fn shown(variant: usize, candidates: &[Candidate<'_>]) -> Decision {
    let known = |property: &&Property<'_>| {
        let others = candidates.iter().filter(|other| other.variant != variant);
        others
            .into_iter()
            .any(|other| other.property(&property.path).is_some())
    };
    let own = candidates
        .iter()
        .filter(|candidate| candidate.variant == variant);
    let required: Vec<&Property<'_>> = own
        .flat_map(|candidate| &candidate.properties)
        .filter(|property| property.guarantee == Guarantee::Value)
        .collect();
    let decision = Decision::Variant(variant);
    match required
        .iter()
        .find(|property| !known(property))
        .or_else(|| required.first())
    {
        Some(key) => Decision::Key {
            sought: Sought::Value,
            needed: Needed::Any,
            paths: vec![key.path.clone()],
            present: Box::new(decision),
            absent: Box::new(Decision::Unknown),
        },
        None => decision,
    }
}

fn are_same(a: &[&Candidate<'_>], b: &[&Candidate<'_>]) -> bool {
    a.iter()
        .map(|candidate| candidate.variant)
        .eq(b.iter().map(|candidate| candidate.variant))
}

fn undecided(candidates: &[&Candidate<'_>]) -> Vec<usize> {
    candidates
        .iter()
        .map(|candidate| candidate.variant)
        .collect()
}
