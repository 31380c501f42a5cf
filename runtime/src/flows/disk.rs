//! Files of this machine, on tokio's threads for what blocks.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::runtime::Handle;

use crate::Error;
use crate::transport::TransportError;

/// How much is written at once.
const STRIDE: usize = 1 << 20;

/// Runs what blocks where it disturbs nobody.
pub(super) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let Ok(runtime) = Handle::try_current() else {
        return Err(Error::transport(operation, TransportError::no_runtime()));
    };
    let result = runtime.spawn_blocking(work).await;
    result
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|error| Error::file(operation, error))
}

/// Checks that a file can take this name: that there is nothing, or a regular file, which it replaces.
pub(super) async fn check_target(operation: &'static str, target: &Path) -> Result<(), Error> {
    let target = target.to_owned();
    blocking(operation, move || replaceable(&target)).await
}

fn replaceable(target: &Path) -> io::Result<()> {
    let refused = |reason| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    match std::fs::symlink_metadata(target) {
        Ok(about) if about.is_symlink() => {
            refused("the target is a symbolic link; give the path that it leads to")
        }
        Ok(about) if !about.is_file() => {
            refused("the target is no regular file; give the path of a new or a regular file")
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A file that is written under another name than its own, and removed if it is not finished.
pub(super) struct Landing {
    operation: &'static str,
    file: NamedTempFile,
    buffer: Vec<u8>,
    written: u64,
}

impl Landing {
    /// In the folder of what it will be.
    pub(super) async fn beside(operation: &'static str, target: &Path) -> Result<Self, Error> {
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let target = target.to_owned();
        let file = blocking(operation, move || temporary(&folder, &target)).await?;
        Ok(Self {
            operation,
            file,
            buffer: Vec::new(),
            written: 0,
        })
    }

    /// Takes the next bytes.
    pub(super) async fn write(mut self, bytes: &[u8]) -> Result<Self, Error> {
        self.buffer.extend_from_slice(bytes);
        self.written += bytes.len() as u64;
        match self.buffer.len() < STRIDE {
            true => Ok(self),
            false => self.flush().await,
        }
    }

    /// Gives the file its name, and its length to the caller.
    pub(super) async fn finish(self, target: &Path) -> Result<u64, Error> {
        let Self {
            operation,
            file,
            written,
            ..
        } = self.flush().await?;
        let target = target.to_owned();
        blocking(operation, move || {
            // It may have come meanwhile.
            replaceable(&target)?;
            // The content first: after a crash there must be no name without it.
            file.as_file().sync_all()?;
            file.persist(target)?;
            Ok(written)
        })
        .await
    }

    async fn flush(mut self) -> Result<Self, Error> {
        blocking(self.operation, move || {
            self.file.write_all(&self.buffer)?;
            self.buffer.clear();
            Ok(self)
        })
        .await
    }
}

/// A file with the rights of the one that it will replace, or else with those that new files have.
#[cfg(unix)]
fn temporary(folder: &Path, target: &Path) -> io::Result<NamedTempFile> {
    use std::fs::{Permissions, metadata};
    use std::os::unix::fs::PermissionsExt as _;

    let before = metadata(target).ok().filter(|about| about.is_file());
    let before = before.map(|about| Permissions::from_mode(about.permissions().mode() & 0o777));
    let rights = before.clone().unwrap_or(Permissions::from_mode(0o666));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".").suffix(".part").permissions(rights);
    let file = builder.tempfile_in(folder)?;
    if let Some(before) = before {
        // Without what the process withholds from new files.
        file.as_file().set_permissions(before)?;
    }
    Ok(file)
}

/// A file with the rights that new files have.
#[cfg(not(unix))]
fn temporary(folder: &Path, _: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part").tempfile_in(folder)
}
