//! Writes a contract beside its old file and then puts it in its place: there is always a whole file.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::Builder;

use super::{Contract, Error};

/// Writes `spec/VERSION.yaml`, unless it is there with the same bytes. Returns what to tell the user.
pub(super) fn write(contract: &Contract, spec: &Path) -> Result<String, Error> {
    let name = format!("{}.yaml", contract.version);
    let path = spec.join(&name);
    let failed = |error| Error::Io {
        path: path.clone(),
        error,
    };
    let text = text(contract).map_err(failed)?;
    let state = if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        "unchanged"
    } else {
        replace(&path, spec, &text).map_err(failed)?;
        "written"
    };
    Ok(format!("{name}: {state}; {}", contract.summary()))
}

fn text(contract: &Contract) -> io::Result<String> {
    let body = serde_yaml::to_string(&contract.tree).map_err(io::Error::other)?;
    Ok(format!(
        "\
# The contract of Polar's API, version {version}: what Polar publishes, without the prose.
# Made by `cargo xtask spec import`. Do not edit: the next import overwrites it.
# Corrections belong in overlay.yaml; README.md says how.

{body}",
        version = contract.version
    ))
}

fn replace(path: &Path, directory: &Path, text: &str) -> io::Result<()> {
    let mut builder = Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A temporary file is private by default; this one becomes an ordinary file.
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
