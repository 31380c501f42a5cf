//! A Redis server.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use tempfile::TempDir;

use super::process::Process;

/// A Redis server on a Unix socket. It does not persist its data, so it is empty after a restart.
#[derive(Debug)]
pub struct RedisServer {
    process: Option<Process>,
    folder: TempDir,
}

impl RedisServer {
    /// Starts a server, or prints that the test is skipped.
    ///
    /// # Panics
    /// If the server does not start, and if it is not installed although `SERVERS_REQUIRED` is set.
    #[must_use]
    pub fn start() -> Option<Self> {
        super::unless_missing("redis-server", Self::try_start())
    }

    fn try_start() -> io::Result<Self> {
        let mut server = Self {
            process: None,
            folder: TempDir::new()?,
        };
        server.restart()?;
        Ok(server)
    }

    /// Returns the URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Returns the path of the socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Stops the server.
    ///
    /// # Errors
    /// An error if the process cannot be waited for.
    pub fn stop(&mut self) -> io::Result<()> {
        self.process.take().map_or(Ok(()), Process::stop)
    }

    /// Starts the server again, on the same socket.
    ///
    /// # Errors
    /// An error if the server does not start; [`io::ErrorKind::NotFound`] if it is not installed.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        let executable = executable()?;
        let (socket, folder) = (self.socket(), self.folder.path());
        let (executable, path) = (executable.to_string_lossy(), socket.to_string_lossy());
        let command = [
            &*executable,
            "--port",
            "0",
            "--unixsocket",
            &*path,
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let mut process = Process::start(&command, "TERM", folder, |_| {})?;
        process.wait_until(folder, || UnixStream::connect(&socket).is_ok())?;
        self.process = Some(process);
        Ok(())
    }
}

fn executable() -> io::Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut files = std::env::split_paths(&folders).map(|folder| folder.join("redis-server"));
    let missing = || io::Error::new(io::ErrorKind::NotFound, "redis-server is not in PATH");
    files.find(|file| file.is_file()).ok_or_else(missing)
}
