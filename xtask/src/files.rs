//! Lists, writes and removes files. No function follows a symbolic link, so that no command changes a file outside of the
//! folder that it writes to.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file, or a link, in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// The type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// Anything else, such as a symbolic link.
    Other,
}

/// Checks that a command may write to a folder: fails if the path is a symbolic link or a file. A missing folder is
/// accepted, because the first write creates it.
pub(crate) fn own_folder(folder: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?.file_type(),
    };
    if found.is_symlink() {
        let message =
            "is a symbolic link, which this command does not follow; replace it by a folder";
        return Err(io::Error::other(message));
    }
    match found.is_dir() {
        true => Ok(()),
        false => Err(io::Error::other("is not a folder")),
    }
}

/// Returns all files and links below a folder, by path relative to the folder, with `/` as the separator.
pub(crate) fn entries(folder: &Path) -> io::Result<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
    if !folder.exists() {
        return Ok(found);
    }
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, above)) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = format!("{above}{}", entry.file_name().to_string_lossy());
            // Does not follow links.
            let ty = entry.file_type()?;
            if ty.is_dir() {
                open.push((entry.path(), format!("{name}/")));
                continue;
            }
            let kind = if ty.is_file() {
                Kind::File
            } else {
                Kind::Other
            };
            let path = entry.path();
            found.insert(name, Entry { path, kind });
        }
    }
    Ok(found)
}

/// Returns whether a path is a regular file, and not a link to one.
pub(crate) fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// Removes `folder` and its parents as long as they are empty. `up_to` itself is not removed.
pub(crate) fn remove_empty_folders(folder: Option<&Path>, up_to: &Path) {
    let mut folder = folder;
    while let Some(path) = folder.filter(|path| *path != up_to) {
        // Fails if the folder is not empty, which is kept then.
        if fs::remove_dir(path).is_err() {
            return;
        }
        folder = path.parent();
    }
}

/// Writes a file: first a temporary one, which is then renamed, so that the file is never incomplete. A link at this path is
/// replaced, not followed.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Creates an empty file. Replaces an existing file or link.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    beside(path)?.persist(path).map_err(|error| error.error)
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are only readable by their owner by default.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.tempfile_in(folder)
}
