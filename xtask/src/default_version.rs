//! Renames the module of the default version in hand-written files.
//!
//! The README, the examples and the tests name this module, as users do. When another version becomes the default,
//! `cargo xtask codegen` replaces the name. A file that names the modules of two versions is rejected, because it is
//! unclear which one is meant as the default. Tests that need all versions are generated from the list of versions
//! (`tests/build/versions.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use polar_codegen::{Problem, Report};

use crate::error::{CodegenError, at};
use crate::files::{self, Kind};

/// The files and folders to search, relative to the root of the repository. In folders, only Rust files are searched.
const SEARCHED_PATHS: [&str; 3] = ["README.md", "examples", "tests"];

/// Returns the updated text of each file that names the module of another version than the default one, by path relative to
/// the root.
///
/// # Errors
/// Files that cannot be read, or that name the modules of several versions.
pub(crate) fn outdated(
    root: &Path,
    module: &str,
) -> Result<BTreeMap<String, String>, CodegenError> {
    let (mut outdated, mut problems) = (BTreeMap::new(), Vec::new());
    for name in SEARCHED_PATHS {
        let place = root.join(name);
        let mut paths = Vec::new();
        if place.is_dir() {
            let entries = files::entries(&place).map_err(at(&place))?;
            let sources = entries
                .into_iter()
                .filter(|(name, entry)| entry.kind == Kind::File && name.ends_with(".rs"));
            paths.extend(sources.map(|(below, entry)| (format!("{name}/{below}"), entry.path)));
        } else if files::is_file(&place) {
            paths.push((name.to_owned(), place));
        }
        for (name, path) in paths {
            let text = fs::read_to_string(&path).map_err(at(&path))?;
            let (renamed, modules) = renamed(&text, module);
            if modules.len() > 1 {
                let modules = Vec::from_iter(modules).join(", ");
                let message = format!(
                    "names the modules of several versions ({modules}): name that of the default version alone, and use \
                     `polar_tests::each_version!` for all of them"
                );
                problems.push(Problem::new(&name, "", message));
            }
            if renamed != text {
                outdated.insert(name, renamed);
            }
        }
    }
    Report::check(problems).map_err(CodegenError::Input)?;
    Ok(outdated)
}

/// Replaces every module of a version (`v2026_10`) in a text. Returns the new text, and the modules that were found. Parts
/// of file paths and of other names are not replaced.
fn renamed<'t>(text: &'t str, module: &str) -> (String, BTreeSet<&'t str>) {
    let (mut result, mut modules) = (String::with_capacity(text.len()), BTreeSet::new());
    let (mut rest, mut before) = (text, None);
    while let Some(next) = rest.chars().next() {
        let (taken, replacement) = match module_at(rest) {
            Some(found) if !is_part(before) && !is_part(rest[found.len()..].chars().next()) => {
                modules.insert(found);
                (found, module)
            }
            _ => {
                let (taken, _) = rest.split_at(next.len_utf8());
                (taken, taken)
            }
        };
        result.push_str(replacement);
        before = taken.chars().next_back();
        rest = &rest[taken.len()..];
    }
    (result, modules)
}

/// Returns whether a character next to a name belongs to the name or to a file path.
fn is_part(beside: Option<char>) -> bool {
    beside.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '/'))
}

/// Returns the version module that a text starts with.
fn module_at(text: &str) -> Option<&str> {
    const PATTERN: &[u8] = b"v0000_00";
    let found = text.get(..PATTERN.len())?;
    let fits = |(byte, pattern): (u8, &u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *pattern,
    };
    found.bytes().zip(PATTERN).all(fits).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_versions_are_renamed_and_nothing_else() {
        for (text, expected) in [
            (
                "use polar_client::v2026_10::Polar;",
                "use polar_client::v2027_01::Polar;",
            ),
            (
                "use polar_client::{Error, v2026_10}; // `v2026_04`",
                "use polar_client::{Error, v2027_01}; // `v2027_01`",
            ),
            ("v2026_10", "v2027_01"),
            ("é v2026_10 é", "é v2027_01 é"),
        ] {
            assert_eq!(renamed(text, "v2027_01").0, expected);
        }
        for text in [
            "src/v2026_10/models/mod.rs",
            "v2026_10/mod.rs",
            "src/v2026_10",
            "v2026_04_and_v2026_10",
            "V2026_10",
            "v2026-10 and 2026-10",
            "v2026_1",
            "v202é_10",
            "",
        ] {
            let (renamed, modules) = renamed(text, "v2027_01");
            assert_eq!((renamed.as_str(), modules.len()), (text, 0));
        }
    }
}
