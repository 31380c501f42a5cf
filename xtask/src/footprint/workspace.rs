//! The workspace of the measured programs, in a temporary folder.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A measured program: a package of the workspace.
#[derive(Debug)]
pub(super) struct Member {
    /// The name of the package, its folder and the executable.
    pub(super) name: String,
    /// The lines of the section `[dependencies]`.
    pub(super) dependencies: Vec<String>,
    /// The files in `src/`, by name.
    pub(super) files: Vec<(&'static str, String)>,
}

/// The workspace. Dropping the value removes the folder.
#[derive(Debug)]
pub(super) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Writes the workspace, and downloads the dependencies of its members. Versions are those of the given lock file,
    /// as far as it contains the packages.
    ///
    /// # Errors
    /// A file that cannot be written, or a failed download.
    pub(super) fn create(lock: &Path, members: Vec<Member>) -> Result<Self, String> {
        let workspace = Self::write(lock, &members)?;
        super::cargo::download(workspace.folder())?;
        Ok(workspace)
    }

    fn write(lock: &Path, members: &[Member]) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("footprint-").tempdir();
        let folder = folder.map_err(|error| format!("a temporary folder: {error}"))?;
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = {names:?}\n\n[profile.release]\nstrip = true\n"
        );
        write(&folder.path().join("Cargo.toml"), &manifest)?;
        for member in members {
            let package = folder.path().join(&member.name);
            write(&package.join("Cargo.toml"), &member.manifest())?;
            for (name, text) in &member.files {
                write(&package.join("src").join(name), text)?;
            }
        }
        fs::copy(lock, folder.path().join("Cargo.lock")).map_err(|error| at(lock, &error))?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a target folder with this name.
    pub(super) fn target(&self, name: &str) -> PathBuf {
        self.folder().join("target").join(name)
    }

    /// Removes a target folder, if it exists.
    pub(super) fn clean(&self, target: &Path) -> Result<(), String> {
        match target.exists() {
            true => fs::remove_dir_all(target).map_err(|error| at(target, &error)),
            false => Ok(()),
        }
    }

    /// Replaces the one line of a program that contains `from`.
    pub(super) fn edit(&self, program: &str, from: &str, to: &str) -> Result<(), String> {
        let path = self.folder().join(program).join("src/main.rs");
        let text = fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
        match text.matches(from).count() {
            1 => write(&path, &text.replace(from, to)),
            count => Err(at(&path, &format!("contains {from:?} {count} times"))),
        }
    }
}

impl Member {
    fn manifest(&self) -> String {
        format!(
            "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n",
            self.name,
            self.dependencies.join("\n")
        )
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    fs::write(path, text).map_err(|error| at(path, &error))
}

fn at(path: &Path, reason: &dyn Display) -> String {
    format!("{}: {reason}", path.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use toml_edit::DocumentMut;

    use super::*;

    fn workspace() -> Workspace {
        let member = Member {
            name: "program".to_owned(),
            dependencies: vec!["serde = { version = \"1\" }".to_owned()],
            files: vec![("main.rs", "fn main() { println!(\"edit 0\") }".to_owned())],
        };
        Workspace::write(&crate::root().join("Cargo.lock"), &[member]).unwrap()
    }

    #[test]
    fn manifests_name_members_and_dependencies() {
        let workspace = workspace();
        let read = |name: &str| -> DocumentMut {
            let text = fs::read_to_string(workspace.folder().join(name)).unwrap();
            text.parse().unwrap()
        };
        let members = &read("Cargo.toml")["workspace"]["members"];
        assert_eq!(members.as_array().unwrap().len(), 1);
        let package = read("program/Cargo.toml");
        assert_eq!(package["package"]["name"].as_str(), Some("program"));
        assert!(package["dependencies"]["serde"].is_inline_table());
        assert!(workspace.folder().join("Cargo.lock").is_file());
    }

    #[test]
    fn an_edit_changes_exactly_one_place() {
        let workspace = workspace();
        workspace.edit("program", "edit 0", "edit 1").unwrap();
        let path = workspace.folder().join("program/src/main.rs");
        assert!(fs::read_to_string(path).unwrap().contains("edit 1"));
        let error = workspace.edit("program", "edit 0", "edit 2").unwrap_err();
        assert!(error.ends_with("contains \"edit 0\" 0 times"), "{error}");
    }

    #[test]
    fn a_missing_lock_file_is_named() {
        let error = Workspace::write(Path::new("no/Cargo.lock"), &[]).unwrap_err();
        assert!(error.starts_with("no/Cargo.lock: "), "{error}");
    }
}
