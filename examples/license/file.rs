//! The file that stores the license between two runs of the program.

use std::error::Error as StdError;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use tempfile::NamedTempFile;

use crate::license::License;

pub(crate) fn path() -> PathBuf {
    env::var_os("LICENSE_FILE").map_or_else(|| "license.json".into(), PathBuf::from)
}

/// Returns the content of the file, if it exists.
pub(crate) fn load() -> Result<Option<License>, Box<dyn StdError>> {
    let read = match fs::read(path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error.into()),
        Ok(bytes) => parse(&bytes),
    };
    let unreadable = |error| format!("{} cannot be read: {error}", path().display());
    Ok(Some(read.map_err(unreadable)?))
}

fn parse(bytes: &[u8]) -> Result<License, Box<dyn StdError>> {
    let license: License = serde_json::from_slice(bytes)?;
    license.activation()?;
    Ok(license)
}

/// Replaces the file atomically: neither a crash nor a concurrent run loses the license.
pub(crate) fn save(license: &License) -> io::Result<()> {
    let file = path();
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    let mut new = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(&serde_json::to_vec_pretty(license)?)?;
    new.persist(file)?;
    Ok(())
}
