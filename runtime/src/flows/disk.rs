//! Access to local files. The operations block, so they run on tokio's threads for blocking code.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::runtime::Handle;

use crate::Error;
use crate::transport::TransportError;

/// The number of bytes per write.
const STRIDE: usize = 1 << 20;

/// Runs a blocking operation on a thread for blocking code.
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

/// Returns an error unless the target is missing or a regular file.
pub(super) async fn check_target(operation: &'static str, target: &Path) -> Result<(), Error> {
    let target = target.to_owned();
    blocking(operation, move || replaceable(&target)).await
}

fn replaceable(target: &Path) -> io::Result<()> {
    let rejected = |reason| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    match std::fs::symlink_metadata(target) {
        Ok(about) if about.is_symlink() => {
            rejected("the target is a symbolic link: pass the path that it points to")
        }
        Ok(about) if !about.is_file() => {
            rejected("the target is not a regular file: pass the path of a new or regular file")
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A file with a temporary name. Dropping it deletes the file, unless `finish` has renamed it.
pub(super) struct TemporaryFile {
    operation: &'static str,
    file: NamedTempFile,
    buffer: Vec<u8>,
    written: u64,
}

impl TemporaryFile {
    /// Creates the temporary file in the folder of the target.
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

    /// Writes the next bytes.
    pub(super) async fn write(mut self, bytes: &[u8]) -> Result<Self, Error> {
        self.buffer.extend_from_slice(bytes);
        self.written += bytes.len() as u64;
        match self.buffer.len() < STRIDE {
            true => Ok(self),
            false => self.flush().await,
        }
    }

    /// Renames the file to the target, and returns its length.
    pub(super) async fn finish(self, target: &Path) -> Result<u64, Error> {
        let Self {
            operation,
            file,
            written,
            ..
        } = self.flush().await?;
        let target = target.to_owned();
        blocking(operation, move || {
            // Checked again, because the target may have been created in the meantime.
            replaceable(&target)?;
            // Synced before the rename, so that the target is never incomplete after a crash.
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

/// Creates a temporary file with the permissions of the target or, if that does not exist, of a new file.
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
        // Set explicitly, because the umask restricts the permissions of a new file.
        file.as_file().set_permissions(before)?;
    }
    Ok(file)
}

/// Creates a temporary file with the permissions of a new file.
#[cfg(not(unix))]
fn temporary(folder: &Path, _: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part").tempfile_in(folder)
}
