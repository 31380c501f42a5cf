//! Finds public items that were removed or changed. Arguments are compared by type, not by name.

use std::path::Path;

use polar_codegen::compare::Semver;
use public_api::diff::PublicApiDiff;
use public_api::{Builder, PublicApi};

use super::finding::{Finding, module_in, type_in};

/// Returns every public item of the old code that the new code lacks or has changed.
pub(super) fn findings(old: &Path, new: &Path) -> Result<Vec<Finding>, String> {
    let diff = PublicApiDiff::between(read(old)?, read(new)?);
    let removed = diff.removed.iter().map(ToString::to_string);
    // The lines for `impl` blocks are ignored, except for those of traits: the items in a block have lines of their
    // own.
    let removed = removed.filter(|item| !item.starts_with("impl") || item.contains(" for "));
    let changed = diff.changed.iter().map(|item| item.old.to_string());
    let broken = removed.map(|item| format!("removed: {item}"));
    let broken = broken.chain(changed.map(|item| format!("changed: {item}")));
    Ok(broken
        .filter_map(|text| {
            Some(Finding {
                pair: module_in(&text)?.to_owned(),
                // An `impl Trait for Type` is attributed to no type, since both may be types of the API. All other
                // lines start with `pub`.
                ty: type_in(&text)
                    .filter(|_| text.contains(": pub "))
                    .map(str::to_owned),
                semver: Semver::Major,
                text,
            })
        })
        .collect())
}

fn read(path: &Path) -> Result<PublicApi, String> {
    Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .map_err(|error| format!("{}: {error}", path.display()))
}
