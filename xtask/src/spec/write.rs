//! Writes a contract by renaming a temporary file, so that the file is never incomplete.

use std::fs;
use std::io;
use std::path::Path;

use super::{Contract, Error};
use crate::files;

/// Writes `spec/VERSION.yaml`, unless it is unchanged. Returns a message for the user.
pub(super) fn write(contract: &Contract, spec: &Path) -> Result<String, Error> {
    let name = format!("{}.yaml", contract.version);
    let path = spec.join(&name);
    let failed = |error| Error::Io {
        path: path.clone(),
        error,
    };
    let text = text(contract)?;
    let old = fs::read(&path).ok().filter(|_| files::is_file(&path));
    let state = if old.is_some_and(|old| old == text.as_bytes()) {
        "unchanged"
    } else {
        files::own_folder(spec).map_err(failed)?;
        files::write(&path, &text).map_err(failed)?;
        "written"
    };
    Ok(format!("{name}: {state}; {}", contract.summary()))
}

/// Returns the text of the file.
pub(crate) fn text(contract: &Contract) -> Result<String, Error> {
    let body = serde_yaml::to_string(&contract.tree).map_err(|error| Error::Io {
        path: format!("{}.yaml", contract.version).into(),
        error: io::Error::other(error),
    })?;
    Ok(format!(
        "\
# The contract of Polar's API, version {version}: what Polar publishes, without the prose.
# Made by `cargo xtask spec import`. Do not edit: the next import overwrites it.
# Corrections belong in overlay.yaml; README.md says how.

{body}",
        version = contract.version
    ))
}
