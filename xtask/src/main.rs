//! The command line of `cargo xtask`: parses arguments, prints results, and sets the exit status.

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::codegen::{self, Mode};
use xtask::conformance::{self, Target};
use xtask::diff::verify::{self, Verified};
use xtask::diff::{self, Diff};
use xtask::release;
use xtask::update::{self, Update};
use xtask::versions::{self, Show};
use xtask::{footprint, inlining, report, spec};

/// Maintenance of the Polar client.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate the crate in generated/ from spec/.
    ///
    /// Also updates copies of files in the packages (changelog, licenses), and the name of the default version's module in
    /// the README, the examples and the tests.
    Codegen {
        /// Write nothing. List the files that differ, and exit with status 1 if there are any.
        #[arg(long)]
        check: bool,
        /// Also print tables: differences between versions, unions, identifiers, the effect of each correction, and
        /// missing documentation.
        #[arg(long)]
        report: bool,
    },
    /// Import the documents that Polar publishes, generate the crate, and prepare a release.
    ///
    /// Prints the text of a pull request in Markdown. If anything fails, no file is changed.
    Update(Update),
    /// Prepare a release, or check that it can be published.
    #[command(subcommand)]
    Release(release::Command),
    /// Test every operation of every version with a server that validates requests against the contract.
    Conformance {
        /// Use Prism, a mock server from npm, instead of the server of the tests.
        #[arg(long)]
        prism: bool,
    },
    /// Check that the compiled client contains no functions except for decoders. Programs compile the functions that they
    /// use.
    CheckInlining,
    /// Measure build time and binary size: of a minimal program, compared with polar-sh, and of each feature.
    ///
    /// Needs access to crates.io and, on Linux, the development files of OpenSSL. Takes about 25 minutes on two idle cores;
    /// with `--only`, half of that.
    Footprint(footprint::Options),
    /// Import or compare contracts: the OpenAPI documents in spec/.
    #[command(subcommand)]
    Spec(SpecCommand),
    /// List the API versions in spec/versions.yaml.
    Versions(Show),
}

/// The exit status for invalid input. `clap` uses the same status for invalid arguments.
const BAD_INPUT: u8 = 2;

/// The subcommands of `spec`.
#[derive(Debug, Subcommand)]
enum SpecCommand {
    /// Import published documents as contracts: spec/YYYY-MM.yaml.
    ///
    /// Without SOURCE, downloads the document of --version. Without both, downloads those of all versions in
    /// spec/versions.yaml.
    Import(spec::Import),
    /// Compare two contracts, and classify the differences.
    ///
    /// Each difference is classified by its impact on code that uses the crate, its impact on deployed clients, and its
    /// section in the changelog. Without arguments, compares the last commit with the working tree.
    Diff(Diff),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Codegen { check, report } => {
            let mode = if check { Mode::Check } else { Mode::Write };
            run_codegen(mode, report)
        }
        Command::Release(what) => run_release(what),
        Command::Update(what) => run_update(&what),
        Command::Conformance { prism } => {
            let against = if prism {
                Target::Prism
            } else {
                Target::Contract
            };
            exit_status(conformance::run(&xtask::root(), against))
        }
        Command::CheckInlining => exit_status(inlining::run(&xtask::root())),
        Command::Footprint(options) => exit_status(footprint::run(&options, &xtask::root())),
        Command::Spec(SpecCommand::Import(import)) => {
            exit_status(spec::run(&import, &xtask::root()))
        }
        Command::Spec(SpecCommand::Diff(diff)) => run_diff(&diff),
        Command::Versions(show) => {
            let lines = versions::lines(&show, &xtask::root().join("spec"));
            exit_status(lines.map(|lines| lines.iter().for_each(|line| println!("{line}"))))
        }
    }
}

fn exit_status(result: Result<(), impl Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run_diff(what: &Diff) -> ExitCode {
    let root = xtask::root();
    if what.verify_rules {
        let pairs = verify::pairs_of_rules(&root);
        return report_verified(pairs.and_then(|pairs| verify::verify(&pairs, &root)))
            .unwrap_or(ExitCode::SUCCESS);
    }
    let outcome = match diff::run(what, &root) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(BAD_INPUT);
        }
    };
    // Removes colors if the output is not a terminal or `NO_COLOR` is set.
    anstream::print!("{}", outcome.print(what.format));
    if what.verify
        && let Some(failure) = report_verified(outcome.verify(&root))
    {
        return failure;
    }
    match outcome.comparison.is_breaking() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Prints the result of `--verify`. Returns an exit status if there is an unexplained disagreement or an error.
fn report_verified(verified: Result<Verified, String>) -> Option<ExitCode> {
    match verified {
        Ok(verified) => {
            eprint!("{verified}");
            (!verified.is_explained()).then(|| ExitCode::from(BAD_INPUT))
        }
        Err(error) => {
            eprintln!("{error}");
            Some(ExitCode::from(BAD_INPUT))
        }
    }
}

fn run_release(what: release::Command) -> ExitCode {
    let root = xtask::root();
    exit_status(match what {
        release::Command::Prepare { version } => {
            let prepared = release::prepare(version.as_deref(), &root, &release::today());
            prepared.map(|it| println!("{} → {}", it.old, it.new))
        }
        release::Command::Check { tag } => {
            release::check(tag.as_deref(), &root).map(|notes| print!("{notes}"))
        }
    })
}

fn run_update(what: &Update) -> ExitCode {
    let today = release::today();
    let outcome = update::run(what, spec::PUBLISHED, &xtask::root(), &today);
    exit_status(outcome.map(|outcome| print!("{}", outcome.to_markdown())))
}

fn run_codegen(mode: Mode, with_table: bool) -> ExitCode {
    let outcome = match codegen::run(&xtask::root(), mode) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(BAD_INPUT);
        }
    };
    print!("{}", report::summary(&outcome));
    if with_table {
        print!("{}", report::differences_between_versions(&outcome));
        print!("{}", report::unions(&outcome));
        print!("\n{}", report::identifiers(&outcome));
        print!("\n{}", report::corrections(&outcome));
        print!("\n{}", report::to_be_described(&outcome));
    }
    if mode == Mode::Check && !outcome.is_clean() {
        eprint!("{}", report::differences(&outcome));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
