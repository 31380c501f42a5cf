//! `cargo xtask conformance`: calls every operation of the client, and validates the requests against the contracts. The
//! server is that of the tests, or Prism, an independent mock server.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::{files, versions};

/// The npm package of Prism, in the last version that supports the Node.js of Debian and Ubuntu.
const PRISM: &str = "@stoplight/prism-cli@5.14.2";

/// The maximum time that Prism takes to load a contract.
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// The server that the client is tested against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The tests' own server.
    Contract,
    /// Prism. It is installed below `target/` first, which requires Node.js and npm.
    Prism,
}

/// Calls every operation of every version.
///
/// # Errors
/// A server that cannot be started, or a failed test.
pub fn run(root: &Path, against: Target) -> Result<(), String> {
    match against {
        Target::Contract => test(root, &[], None),
        Target::Prism => prism(root),
    }
}

fn prism(root: &Path) -> Result<(), String> {
    let folder = root.join("target/prism");
    install(&folder)?;
    let mut failures = Vec::new();
    for (version, contract) in contracts(root)? {
        let server = Prism::start(&folder, &version, &contract)?;
        let setting = format!("{version}={}", server.url);
        let arguments = ["--ignored", "--nocapture", "prism"];
        if let Err(failure) = test(root, &arguments, Some(&setting)) {
            failures.push(format!("{version}: {failure}"));
        }
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.join("\n")),
    }
}

/// Returns the versions and the paths of their contracts.
fn contracts(root: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let spec = root.join("spec");
    let listed = versions::read(&spec).map_err(|error| error.to_string())?;
    let contract = |version: &str| spec.join(format!("{version}.yaml"));
    let contracts = listed
        .iter()
        .map(|(version, _)| (version.to_owned(), contract(version)));
    Ok(contracts.collect())
}

/// Runs the test suite.
fn test(root: &Path, arguments: &[&str], prism: Option<&str>) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args([
            "test",
            "--quiet",
            "--package",
            "polar-tests",
            "--test",
            "conformance",
            "--",
        ])
        .args(arguments);
    if let Some(prism) = prism {
        command.env("POLAR_PRISM", prism);
    }
    finish(command)
}

fn install(folder: &Path) -> Result<(), String> {
    files::own_folder(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if executable(folder).exists() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = Command::new("npm");
    command.current_dir(folder).args([
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        ".",
        PRISM,
    ]);
    finish(command)
}

fn executable(folder: &Path) -> PathBuf {
    folder.join("node_modules/@stoplight/prism-cli/dist/index.js")
}

fn finish(mut command: Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("{name}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name}: {status}")),
    }
}

/// A running Prism server. Dropping the value stops it.
struct Prism {
    url: String,
    process: Child,
}

impl Drop for Prism {
    fn drop(&mut self) {
        // Fails if the process has already exited.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prism {
    /// Starts a server for one version, and waits until it accepts connections.
    fn start(folder: &Path, version: &str, contract: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("Prism: {error}");
        let copy = folder.join(format!("{version}.yaml"));
        let text = fs::read_to_string(contract).map_err(failed)?;
        // `uuid4` is not a standard format, so Prism would generate strings that are not UUIDs.
        files::write(&copy, &text.replace("format: uuid4", "format: uuid")).map_err(failed)?;
        let free = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let port = free.local_addr().map_err(failed)?.port();
        drop(free);
        let log = folder.join(format!("{version}.log"));
        let process = Command::new("node")
            .arg(executable(folder))
            .args([
                "mock",
                "--errors",
                "--dynamic",
                "--host",
                "127.0.0.1",
                "--port",
            ])
            .arg(port.to_string())
            .arg(&copy)
            .stdout(files::create(&log).map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { url, process };
        server.wait(&log)?;
        Ok(server)
    }

    fn wait(&mut self, log: &Path) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let text = fs::read_to_string(log).unwrap_or_default();
            if text.contains("is listening on") {
                return Ok(());
            }
            let has_ended = !matches!(self.process.try_wait(), Ok(None));
            if has_ended || started.elapsed() > START_TIMEOUT {
                return Err(format!("Prism did not start: {}", log.display()));
            }
            thread::sleep(Duration::from_millis(200));
        }
    }
}
