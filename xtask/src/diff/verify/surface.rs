//! Public items that are gone or have another type. Arguments count by their types, not by their names.

use std::path::Path;

use polar_codegen::compare::Semver;
use public_api::diff::PublicApiDiff;
use public_api::{Builder, PublicApi};

use super::finding::{Finding, module_in, type_in};

/// Every item of the old code that the new code does not have as it was.
pub(super) fn findings(old: &Path, new: &Path) -> Result<Vec<Finding>, String> {
    let diff = PublicApiDiff::between(read(old)?, read(new)?);
    let removed = diff.removed.iter().map(ToString::to_string);
    // Headings of implementations: what is in them are items of their own.
    let removed = removed.filter(|item| !item.starts_with("impl") || item.contains(" for "));
    let changed = diff.changed.iter().map(|item| item.old.to_string());
    let broken = removed.map(|item| format!("removed: {item}"));
    let broken = broken.chain(changed.map(|item| format!("changed: {item}")));
    Ok(broken
        .filter_map(|text| {
            Some(Finding {
                pair: module_in(&text)?.to_owned(),
                // An `impl Trait for Type` is attributed to no type, since both may be types of the API. All other items begin with `pub`.
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
