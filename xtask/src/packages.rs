//! The packages that are published, and the files of the root that each has a copy of: Cargo packs only what is below the
//! folder of a package.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::codegen::{CodegenError, at};
use crate::files;
use crate::release::changelog;

/// The folder that codegen owns.
pub(crate) const GENERATED: &str = "generated";

/// The folders of the packages, in the order in which they are published.
pub const FOLDERS: [&str; 2] = ["runtime", GENERATED];

/// The changelog of the workspace, and of each package.
pub(crate) const CHANGELOG: &str = "CHANGELOG.md";

/// The files that are copied as they are.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Returns the files that each package has a copy of, by name. Those that the root lacks are left out.
///
/// The changelog is copied without what is unreleased, so it changes with releases only.
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

/// Returns the copies of hand-written packages that differ from `shared`, by their path relative to the root.
pub(crate) fn outdated(
    root: &Path,
    shared: &BTreeMap<&'static str, String>,
) -> Result<BTreeMap<String, String>, CodegenError> {
    let mut outdated = BTreeMap::new();
    for folder in FOLDERS.into_iter().filter(|folder| *folder != GENERATED) {
        // Only the tests have workspaces without it.
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
