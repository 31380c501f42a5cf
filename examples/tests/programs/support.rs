//! Runs the examples as programs, as users do.

use std::path::PathBuf;
use std::process::Command;

/// Returns the path of the example. Cargo builds all of them before it runs tests, into the folder beside that of the
/// tests.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let mut program: PathBuf = built.join("examples").join(name);
    program.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.is_file(), "there is no example {name}");
    let mut command = Command::new(program);
    command.env_clear();
    command
}
