//! Runs cargo and measures it.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wait4::Wait4 as _;

/// Environment variables that change how cargo builds. They are removed, so that results are comparable between
/// machines.
const SETTINGS: [&str; 5] = [
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

/// The result of a build, and its cost.
#[derive(Debug)]
pub(super) struct Build {
    /// User time of cargo and all child processes, including C compilers.
    pub(super) user_seconds: f64,
    pub(super) artifacts: Artifacts,
}

/// The artifacts that cargo reports.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Artifacts {
    /// The number of packages that the program depends on.
    pub(super) crates: usize,
    /// The path of the executable. `None` for `cargo check`.
    pub(super) executable: Option<PathBuf>,
}

/// Runs a cargo command such as `check` for a package of the workspace in `folder`.
///
/// # Errors
/// Cargo cannot be started, or failed. It writes the reason to standard error itself.
pub(super) fn build(
    arguments: &[&str],
    package: &str,
    folder: &Path,
    target: &Path,
) -> Result<Build, String> {
    let failed = |reason: &dyn std::fmt::Display| {
        format!("cargo {} of {package}: {reason}", arguments.join(" "))
    };
    let mut child = command(folder)
        .args(arguments)
        .args(["--quiet", "--message-format=json-render-diagnostics"])
        .args(["--package", package, "--target-dir"])
        .arg(target)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut messages = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout
            .read_to_string(&mut messages)
            .map_err(|error| failed(&error))?;
    }
    let finished = child.wait4().map_err(|error| failed(&error))?;
    if !finished.status.success() {
        return Err(failed(&finished.status));
    }
    Ok(Build {
        user_seconds: finished.rusage.utime.as_secs_f64(),
        artifacts: artifacts(&messages, package),
    })
}

/// Downloads the dependencies of all packages of a workspace.
///
/// # Errors
/// The message of cargo, for example that the registry cannot be reached.
pub(super) fn download(folder: &Path) -> Result<(), String> {
    // Unlike `cargo fetch`, this skips dependencies of other platforms.
    let output = command(folder)
        .args(["tree", "--quiet", "--workspace"])
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "could not download the dependencies of the programs; this command needs access to crates.io:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(folder);
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    command
}

/// Reads the messages of cargo, one JSON object per line.
pub(super) fn artifacts(messages: &str, program: &str) -> Artifacts {
    let mut packages = BTreeSet::new();
    let mut executable = None;
    let messages = messages.lines().map(serde_json::from_str::<Value>);
    for message in messages.filter_map(Result::ok) {
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        if message["target"]["name"] == program {
            executable = message["executable"].as_str().map(PathBuf::from);
        } else if let Some(id) = message["package_id"].as_str() {
            packages.insert(id.to_owned());
        }
    }
    Artifacts {
        crates: packages.len(),
        executable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.0","target":{"kind":["custom-build"],"name":"build-script-build"},"executable":null}
{"reason":"build-script-executed","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.0"}
{"reason":"compiler-artifact","package_id":"registry+https://github.com/rust-lang/crates.io-index#libc@0.2.0","target":{"kind":["lib"],"name":"libc"},"executable":null}
{"reason":"compiler-artifact","package_id":"path+file:///repository/generated#polar-client@0.1.0","target":{"kind":["lib"],"name":"polar_client"},"executable":null}
not JSON
{"reason":"compiler-artifact","package_id":"path+file:///tmp/program#0.0.0","target":{"kind":["bin"],"name":"program"},"executable":"/tmp/target/release/program"}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn counts_packages_once_and_without_the_program() {
        let read = artifacts(MESSAGES, "program");
        assert_eq!(read.crates, 2);
        assert_eq!(
            read.executable.as_deref(),
            Some(Path::new("/tmp/target/release/program"))
        );
    }

    #[test]
    fn a_check_has_no_executable() {
        let message = r#"{"reason":"compiler-artifact","package_id":"a","target":{"name":"program"},"executable":null}"#;
        let read = artifacts(message, "program");
        assert_eq!((read.crates, read.executable), (0, None));
        assert_eq!(artifacts("", "program").crates, 0);
    }

    #[test]
    fn a_failure_names_command_and_package() {
        let folder = std::env::temp_dir();
        let error = build(&["no-such-command"], "program", &folder, &folder).err();
        let error = error.unwrap_or_default();
        assert!(
            error.starts_with("cargo no-such-command of program: exit"),
            "{error}"
        );
    }
}
