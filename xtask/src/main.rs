//! `cargo xtask <command>`: see `cargo xtask help`.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Maintenance of the Polar client.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The contract in spec/.
    #[command(subcommand)]
    Spec(xtask::spec::Command),
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Spec(command) => xtask::spec::run(&command, &xtask::root())?,
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
