//! Files that commands write and remove. Nothing here follows a symbolic link, so no command leaves its folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// An entry of a folder that is not itself a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A symbolic link, to whatever, or something else that is neither a file nor a folder.
    Other,
}

/// Refuses a folder that is a symbolic link, or no folder. One that does not exist is created on the first write.
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

/// Everything below a folder that is not a folder, by its path relative to it, with `/` as the separator.
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
            // The type of the entry itself, not of what a link leads to.
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

/// Removes the folders from `folder` upwards that are empty, without `up_to`.
pub(crate) fn remove_empty_folders(folder: Option<&Path>, up_to: &Path) {
    let mut folder = folder;
    while let Some(path) = folder.filter(|path| *path != up_to) {
        // Fails if the folder is not empty, and then it stays.
        if fs::remove_dir(path).is_err() {
            return;
        }
        folder = path.parent();
    }
}

/// Writes beside the file and renames: no file is ever half-written, and a link in its place is replaced.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Creates an empty file, and replaces an existing file or link.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    beside(path)?.persist(path).map_err(|error| error.error)
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // A temporary file is private by default; this one becomes an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.tempfile_in(folder)
}
