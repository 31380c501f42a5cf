//! The published packages, and the files that are copied from the root to each of them: changelog and licenses. They are
//! copied because Cargo only packs files in the folder of the package.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::changelog;
use crate::error::{CodegenError, at};
use crate::files;

/// The folder that codegen writes.
pub(crate) const GENERATED: &str = "generated";

/// The folders of the packages, in the order of publication.
pub const FOLDERS: [&str; 2] = ["runtime", GENERATED];

/// The name of the changelog in the root and in each package.
pub(crate) const CHANGELOG: &str = "CHANGELOG.md";

/// Files that are copied unchanged.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Returns the files to copy to each package, by name. Files that do not exist in the root are omitted.
///
/// The copies of the changelog do not contain unreleased changes, so that they only change with a release.
pub(crate) fn shared_files(root: &Path) -> Result<BTreeMap<&'static str, String>, CodegenError> {
    let mut found = BTreeMap::new();
    for name in LICENSES.into_iter().chain([CHANGELOG]) {
        let path = root.join(name);
        if files::is_file(&path) {
            let text = fs::read_to_string(&path).map_err(at(&path))?;
            let text = match name {
                CHANGELOG => changelog::released(&text),
                _ => text,
            };
            found.insert(name, text);
        }
    }
    Ok(found)
}

/// Returns the copies in hand-written packages that differ from `shared`: the new text, by path relative to the root.
pub(crate) fn outdated(
    root: &Path,
    shared: &BTreeMap<&'static str, String>,
) -> Result<BTreeMap<String, String>, CodegenError> {
    let mut outdated = BTreeMap::new();
    for folder in FOLDERS.into_iter().filter(|folder| *folder != GENERATED) {
        // The workspaces of the tests have no such folder.
        if !root.join(folder).is_dir() {
            continue;
        }
        for (name, text) in shared {
            let name = format!("{folder}/{name}");
            let path = root.join(&name);
            let is_same =
                files::is_file(&path) && fs::read(&path).map_err(at(&path))? == text.as_bytes();
            if !is_same {
                outdated.insert(name, text.clone());
            }
        }
    }
    Ok(outdated)
}
