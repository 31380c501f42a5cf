//! Describes the conditions that select each variant of a union when a value is decoded.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Constant, Decision, Needed, Resolution, Union};

/// Returns the conditions that select each variant, by name of the variant: `type = fixed, with legacy`. The conditions of
/// a variant do not mention other variants, so a new variant does not change them.
pub(super) fn ways(union: &Union) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if let Resolution::Decided(decision) = &union.resolution {
        let mut visit = |variant: usize, way: &[String]| {
            if let Some(variant) = union.variants.get(variant) {
                let ways = found.entry(variant.name.rust.clone()).or_default();
                ways.insert(way.join(", "));
            }
        };
        follow(decision, &mut Vec::new(), &mut visit);
    }
    found
}

fn follow(decision: &Decision, way: &mut Vec<String>, visit: &mut impl FnMut(usize, &[String])) {
    let mut step = |description: String, then: &Decision| {
        way.push(description);
        follow(then, way, visit);
        way.pop();
    };
    match decision {
        Decision::Variant(variant) => visit(*variant, way),
        Decision::Unknown => {}
        Decision::Tag {
            path,
            arms,
            otherwise,
        } => {
            let path = path.join(".");
            for (constants, then) in arms {
                let mut constants: Vec<String> =
                    constants.iter().map(Constant::to_string).collect();
                constants.sort();
                step(format!("{path} = {}", constants.join(" or ")), then);
            }
            step(format!("another {path}"), otherwise);
        }
        Decision::Key {
            needed,
            paths,
            present,
            absent,
            ..
        } => {
            let mut paths: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
            paths.sort();
            let paths = paths.join(match needed {
                Needed::Any => " or ",
                Needed::All => " and ",
            });
            step(format!("with {paths}"), present);
            step(format!("without {paths}"), absent);
        }
        Decision::Kind { arms } => {
            for (kinds, then) in arms {
                let mut kinds: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
                kinds.sort();
                step(kinds.join(" or ").to_lowercase(), then);
            }
        }
        Decision::Format { variant, otherwise } => {
            visit(
                *variant,
                &[way.as_slice(), &["its form".to_owned()]].concat(),
            );
            follow(otherwise, way, visit);
        }
    }
}
