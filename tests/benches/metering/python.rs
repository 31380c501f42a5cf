//! Runs the tasks of `python.py`, which do the same work with Polar's Python SDK.

use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs a task of `python.py`, and returns its output. `None` if `POLAR_PYTHON` is not set.
fn run(arguments: &[&str]) -> Option<String> {
    let interpreter = std::env::var_os("POLAR_PYTHON")?;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/metering/python.py");
    let output = Command::new(interpreter)
        .arg(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Runs a task that prints one number.
pub(crate) fn seconds(arguments: &[&str]) -> Option<f64> {
    let output = run(arguments)?;
    Some(output.trim().parse().unwrap())
}

/// Runs a task that prints the nanoseconds of each operation.
pub(crate) fn times(arguments: &[&str]) -> Option<Vec<Duration>> {
    let output = run(arguments)?;
    let nanoseconds = output.split_whitespace().map(|it| it.parse().unwrap());
    Some(nanoseconds.map(Duration::from_nanos).collect())
}
