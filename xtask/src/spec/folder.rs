//! The files of `spec/` in memory, so that the crate can be generated from changed files before any of them is written.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use polar_codegen::document::Source;

use crate::changes::FileError;

/// The YAML files of a `spec/` folder, by path: `spec/2026-10.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folder(BTreeMap<String, String>);

impl Folder {
    /// Reads the folder of the workspace at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, FileError> {
        let spec = root.join("spec");
        let failed = |path: &Path, error| FileError(path.to_owned(), error);
        let mut folder = Self::default();
        for entry in fs::read_dir(&spec).map_err(|error| failed(&spec, error))? {
            let path = entry.map_err(|error| failed(&spec, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".yaml") {
                let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
                folder.insert(&name, text);
            }
        }
        Ok(folder)
    }

    pub(crate) fn insert(&mut self, name: &str, text: String) {
        self.0.insert(path(name), text);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(&path(name));
    }

    /// Returns the file with this name (`overlay.yaml`), if it exists.
    pub(crate) fn get(&self, name: &str) -> Option<Source<'_>> {
        let (name, text) = self.0.get_key_value(&path(name))?;
        Some(Source { name, text })
    }

    /// Returns the file with this name. It is an error if it does not exist.
    pub(crate) fn file(&self, name: &str) -> Result<Source<'_>, FileError> {
        let missing = || FileError(path(name).into(), io::ErrorKind::NotFound.into());
        self.get(name).ok_or_else(missing)
    }

    /// Returns the contracts, by the version in the name of the file.
    pub(crate) fn contracts(&self) -> impl Iterator<Item = (&str, Source<'_>)> {
        self.0.iter().filter_map(|(name, text)| {
            let version = name.strip_prefix("spec/")?.strip_suffix(".yaml")?;
            let is_contract = version.starts_with(|first: char| first.is_ascii_digit());
            is_contract.then_some((version, Source { name, text }))
        })
    }
}

fn path(name: &str) -> String {
    format!("spec/{name}")
}
