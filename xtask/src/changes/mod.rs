//! Changes several files atomically: either all changes are made or none.
//!
//! First, all new files are written to a temporary folder below the root, so a full disk changes nothing. Then a journal is
//! written: the list of these files. After that, each old file is moved to the temporary folder, and the new file to its
//! place. While the journal exists, all moves can be undone: by the same process if a step fails, or by the next command
//! if the process was killed. Removing the journal completes the changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::files;

#[cfg(test)]
mod tests;

/// The folder below the root that contains the new files, the old files and the journal.
const FOLDER: &str = ".xtask-changes";

/// Files to write and to remove below a root. Paths are relative to the root, with `/` as the separator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    writes: BTreeMap<String, String>,
    removals: BTreeSet<String>,
}

/// A file or folder that cannot be read, written, moved or removed.
#[derive(Debug)]
pub struct FileError(pub PathBuf, pub io::Error);

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.display(), self.1)
    }
}

impl std::error::Error for FileError {}

/// A function that is called before each step that changes a file. If it returns an error, the step fails with it.
type BeforeStep<'a> = &'a mut dyn FnMut() -> io::Result<()>;

impl Changes {
    pub(crate) fn write(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.writes.insert(path.into(), text.into());
    }

    pub(crate) fn remove(&mut self, path: impl Into<String>) {
        self.removals.insert(path.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.removals.is_empty()
    }

    /// Returns the files that are written.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        self.writes.keys().map(String::as_str)
    }

    /// Returns the files and links that are removed without being replaced.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &str> {
        let removed = self.removals.iter();
        let removed = removed.filter(|path| !self.writes.contains_key(*path));
        removed.map(String::as_str)
    }

    /// Makes all changes, or none.
    ///
    /// # Errors
    /// The error of the first step that failed. All earlier steps were undone.
    pub(crate) fn apply(&self, root: &Path) -> Result<(), FileError> {
        if self.is_empty() {
            return Ok(());
        }
        // Not part of `attempt`, because a failure of `attempt` removes the folder. An existing folder belongs to another
        // command.
        let _lock = Store::of(root).create()?;
        self.attempt(root, &mut || Ok(()))
            .map_err(|FileError(path, cause)| {
                let outcome = match undo(root, &mut || Ok(())) {
                    Ok(_) => "no file was changed".to_owned(),
                    Err(error) => format!("the previous files could not be restored ({error})"),
                };
                let cause = io::Error::new(cause.kind(), format!("{cause}; {outcome}"));
                FileError(path, cause)
            })
    }

    fn attempt(&self, root: &Path, before: BeforeStep<'_>) -> Result<(), FileError> {
        let store = Store::of(root);
        for (path, text) in &self.writes {
            step(&store.new_file(path), before, |new| files::write(new, text))?;
        }
        let written: Vec<&String> = self.writes.keys().collect();
        step(&store.journal(), before, |path| {
            files::write(path, &serde_json::to_string(&written)?)
        })?;
        // Removals come first, because a removed link can be at the path of a new folder.
        for path in &self.removals {
            let place = root.join(path);
            step(&place, before, |place| rename(place, &store.old_file(path)))?;
            files::remove_empty_folders(place.parent(), root);
        }
        for path in self.writes.keys() {
            let place = root.join(path);
            if fs::symlink_metadata(&place).is_ok() {
                step(&place, before, |place| rename(place, &store.old_file(path)))?;
            }
            step(&place, before, |place| rename(&store.new_file(path), place))?;
        }
        step(&store.journal(), before, |path| fs::remove_file(path))?;
        // All changes are made. Temporary files that cannot be removed now are removed by the next command.
        let _ = store.discard();
        Ok(())
    }
}

/// Undoes the changes of a process that was killed before it made all of them.
///
/// # Errors
/// Files that cannot be moved back. Also an error if that process is still running.
pub(crate) fn recover(root: &Path) -> Result<(), FileError> {
    let path = Store::of(root).lock();
    let lock = File::open(&path).ok();
    let _lock = lock.map(|lock| locked(lock, path)).transpose()?;
    if undo(root, &mut || Ok(()))? {
        eprintln!("restored the files that an interrupted command had changed");
    }
    Ok(())
}

/// Moves all old files back. Returns whether there was anything to undo. If it is interrupted, it can be called again.
fn undo(root: &Path, before: BeforeStep<'_>) -> Result<bool, FileError> {
    let store = Store::of(root);
    if !store.folder.exists() {
        return Ok(false);
    }
    let journal = store.journal();
    let is_begun = journal.exists();
    if is_begun {
        for path in store.journaled()? {
            let place = root.join(&path);
            if !store.new_file(&path).exists() {
                step(&place, before, |place| {
                    rename(place, &store.new_file(&path))
                })?;
            }
            files::remove_empty_folders(place.parent(), root);
        }
        let old = store.folder.join("old");
        let entries = files::entries(&old).map_err(|error| FileError(old, error))?;
        for (path, entry) in entries {
            let place = root.join(path);
            step(&place, before, |place| rename(&entry.path, place))?;
        }
        step(&journal, before, |path| fs::remove_file(path))?;
    }
    store.discard()?;
    Ok(is_begun)
}

/// Moves a file or link. Creates the target folder if it does not exist.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::rename(from, to)
}

/// The temporary folder with the new files, the old files and the journal.
struct Store {
    folder: PathBuf,
}

impl Store {
    fn of(root: &Path) -> Self {
        Self {
            folder: root.join(FOLDER),
        }
    }

    /// Creates the folder. This process owns it until the returned lock is dropped.
    fn create(&self) -> Result<File, FileError> {
        let failed = |path: &Path, error| FileError(path.to_owned(), error);
        fs::create_dir(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let path = self.lock();
        let lock = File::create(&path).map_err(|error| failed(&path, error))?;
        locked(lock, path)
    }

    fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// Returns the temporary path of a new file.
    fn new_file(&self, path: &str) -> PathBuf {
        self.folder.join("new").join(path)
    }

    /// Returns the path that an old file is moved to.
    fn old_file(&self, path: &str) -> PathBuf {
        self.folder.join("old").join(path)
    }

    /// Returns the path of the journal: the list of files to write. It is written before the first change, and removed after
    /// the last one.
    fn journal(&self) -> PathBuf {
        self.folder.join("journal.json")
    }

    fn journaled(&self) -> Result<Vec<String>, FileError> {
        let path = self.journal();
        let list = fs::read(&path).and_then(|text| Ok(serde_json::from_slice(&text)?));
        list.map_err(|error| FileError(path, error))
    }

    fn discard(&self) -> Result<(), FileError> {
        fs::remove_dir_all(&self.folder).map_err(|error| FileError(self.folder.clone(), error))
    }
}

/// Returns the lock file. Fails if another process has locked it.
fn locked(lock: File, path: PathBuf) -> Result<File, FileError> {
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let message = "another command is changing files: wait until it has ended";
            Err(FileError(path, io::Error::other(message)))
        }
        Err(TryLockError::Error(error)) => Err(FileError(path, error)),
    }
}

fn step(
    path: &Path,
    before: BeforeStep<'_>,
    change: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), FileError> {
    before()
        .and_then(|()| change(path))
        .map_err(|error| FileError(path.to_owned(), error))
}
