//! A wrapper of rustc (`RUSTC_WRAPPER`) that logs the cost of each rustc process.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use wait4::Wait4 as _;

/// The environment variable that makes this program a wrapper: the path of the log.
pub(crate) const LOG: &str = "COMPILE_COST_LOG";

/// The cost of compiling a crate.
pub(crate) struct Rustc {
    /// User time of all threads.
    pub(crate) user_seconds: f64,
    /// Peak memory.
    pub(crate) peak_bytes: f64,
    /// Size of the `.rlib`; zero if there is none.
    pub(crate) library_bytes: f64,
}

impl Rustc {
    /// Parses a line of the log: the name of the crate, and its cost.
    pub(crate) fn parse(line: &str) -> Option<(&str, Self)> {
        let mut words = line.split(' ');
        let name = words.next()?;
        let mut figure = || words.next()?.parse().ok();
        let rustc = Self {
            user_seconds: figure()?,
            peak_bytes: figure()?,
            library_bytes: figure()?,
        };
        Some((name, rustc))
    }
}

/// Runs rustc with the arguments of cargo, and adds a line to the log.
pub(crate) fn run(log: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (rustc, arguments) = arguments
        .split_first()
        .ok_or("expected the path of rustc")?;
    let finished = Command::new(rustc).args(arguments).spawn()?.wait4()?;
    let arguments: Vec<&str> = arguments.iter().filter_map(|text| text.to_str()).collect();
    if let Some(name) = value(&arguments, "--crate-name") {
        let (seconds, peak) = (finished.rusage.utime.as_secs_f64(), finished.rusage.maxrss);
        let line = format!(
            "{name} {seconds} {peak} {}\n",
            library_bytes(name, &arguments)
        );
        let mut log = OpenOptions::new().append(true).create(true).open(log)?;
        log.write_all(line.as_bytes())?;
    }
    Ok(ExitCode::from(u8::from(!finished.status.success())))
}

fn library_bytes(name: &str, arguments: &[&str]) -> u64 {
    let extra = arguments
        .iter()
        .find_map(|text| text.strip_prefix("extra-filename="));
    let folder = value(arguments, "--out-dir").unwrap_or_default();
    let library = Path::new(folder).join(format!("lib{name}{}.rlib", extra.unwrap_or_default()));
    fs::metadata(library).map_or(0, |file| file.len())
}

/// Returns the value that follows an option.
fn value<'a>(arguments: &[&'a str], option: &str) -> Option<&'a str> {
    let position = arguments.iter().position(|text| *text == option)?;
    arguments.get(position + 1).copied()
}
