//! A PostgreSQL server.

use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::process::Process;

/// A PostgreSQL server on a Unix socket. Its user `postgres` needs no password. If the test runs as root, which
/// PostgreSQL does not permit, the server runs as the user `postgres` or `nobody`.
#[derive(Debug)]
pub struct PostgresServer {
    process: Option<Process>,
    folder: TempDir,
    is_durable: bool,
    databases: AtomicU32,
}

impl PostgresServer {
    /// Starts a server, or prints that the test is skipped.
    ///
    /// # Panics
    /// If the server does not start, and if it is not installed although `SERVERS_REQUIRED` is set.
    #[must_use]
    pub fn start() -> Option<Self> {
        super::unless_missing("PostgreSQL", Self::try_start(false))
    }

    /// Starts a server that syncs each commit to its disk, to measure what that takes.
    ///
    /// # Panics
    /// If the server does not start, and if it is not installed although `SERVERS_REQUIRED` is set.
    #[must_use]
    pub fn start_durable() -> Option<Self> {
        super::unless_missing("PostgreSQL", Self::try_start(true))
    }

    fn try_start(is_durable: bool) -> io::Result<Self> {
        let programs = programs()?;
        let folder = TempDir::new()?;
        if let Some(user) = other_user()? {
            chown(folder.path(), Some(user), None)?;
        }
        // The user of the test needs access to the socket.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args([
                "--no-sync",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
            ])
            .args(["--no-locale", "--pgdata"])
            .arg(folder.path().join("data"));
        as_other_user(&mut initdb, folder.path())?;
        let output = initdb.output()?;
        if !output.status.success() {
            let problem = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(problem));
        }
        let mut server = Self {
            process: None,
            folder,
            is_durable,
            databases: AtomicU32::new(0),
        };
        server.restart()?;
        Ok(server)
    }

    /// Returns the URL of a database. The database `postgres` always exists.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string();
        let host = folder.replace('/', "%2F");
        format!("postgresql://postgres@{host}/{database}")
    }

    /// Returns a unique name for a new database.
    #[must_use]
    pub fn new_name(&self) -> String {
        format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }

    /// Stops the server and closes its connections.
    ///
    /// # Errors
    /// An error if the process cannot be waited for.
    pub fn stop(&mut self) -> io::Result<()> {
        self.process.take().map_or(Ok(()), Process::stop)
    }

    /// Starts the server again, with the same databases.
    ///
    /// # Errors
    /// An error if the server does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        let folder = self.folder.path();
        let executable = programs()?.join("postgres");
        let (executable, data) = (executable.to_string_lossy(), folder.join("data"));
        let (data, sockets) = (data.to_string_lossy(), folder.to_string_lossy());
        // Without fsync, committed data survives a crash of the process, but not of the machine.
        let fsync = if self.is_durable {
            "fsync=on"
        } else {
            "fsync=off"
        };
        let command = [
            &*executable,
            "-D",
            &*data,
            "-k",
            &*sockets,
            "-c",
            "listen_addresses=",
            "-c",
            fsync,
            "-c",
            "max_connections=200",
        ];
        let mut problem = Ok(());
        let mut process = Process::start(&command, "INT", folder, |shell| {
            problem = as_other_user(shell, folder);
        })?;
        problem?;
        let socket = folder.join(".s.PGSQL.5432");
        process.wait_until(folder, || {
            UnixStream::connect(&socket).is_ok() && has_started(folder)
        })?;
        self.process = Some(process);
        Ok(())
    }
}

/// Returns whether the server accepts connections. The last line of its lock file states it.
fn has_started(folder: &Path) -> bool {
    let lock = std::fs::read_to_string(folder.join("data/postmaster.pid"));
    lock.is_ok_and(|text| text.trim_end().ends_with("ready"))
}

/// Returns the folder with the programs of the newest installed version.
fn programs() -> io::Result<PathBuf> {
    let missing = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            "no /usr/lib/postgresql/*/bin/initdb",
        )
    };
    let versions = std::fs::read_dir("/usr/lib/postgresql").map_err(|_| missing())?;
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let found = folders.filter(|folder| folder.join("initdb").is_file());
    found.max().ok_or_else(missing)
}

/// Returns the user to run the server as, if the test runs as root.
fn other_user() -> io::Result<Option<u32>> {
    let id = |arguments: &[&str]| -> io::Result<Option<u32>> {
        let output = Command::new("id").args(arguments).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
    };
    if id(&["-u"])? != Some(0) {
        return Ok(None);
    }
    Ok(id(&["-u", "postgres"])?.or(id(&["-u", "nobody"])?))
}

fn as_other_user(command: &mut Command, folder: &Path) -> io::Result<()> {
    command.current_dir(folder);
    if let Some(user) = other_user()? {
        command.uid(user);
    }
    Ok(())
}
