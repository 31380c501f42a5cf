//! Measures the cost of compiling the generated crate, compared with the same types with serde's derives.
//!
//! ```text
//! cargo bench -p polar-tests --bench compile_cost
//! ```
//!
//! Both crates are compiled alternately and without incremental compilation, after their dependencies. The results are
//! those of the single rustc process for the crate, which this program wraps: user time and peak memory, as medians of
//! several runs. `polar-client` is compiled with its default features, and contains the operations; the other crate
//! contains only types. The guide's page on performance (`generator/src/emit/guide/performance.md`) contains the aims
//! and the results.

#[path = "../derive_shape/mod.rs"]
mod derive_shape;
mod wrapper;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use derive_shape::{Outcome, Workspace, run};
use wrapper::{LOG, Rustc};

const ROUNDS: usize = 3;
const CRATES: [&str; 2] = ["polar-client", derive_shape::CRATE];

/// The measured command of cargo, and its profile.
type Mode = (&'static str, &'static str);

const MODES: [Mode; 2] = [("check", "dev"), ("build", "release")];

fn main() -> Outcome<ExitCode> {
    if let Some(log) = std::env::var_os(LOG) {
        return wrapper::run(&PathBuf::from(log));
    }
    let bench = Bench::new()?;
    for mode in MODES {
        for package in CRATES {
            bench.compile(mode, package)?;
        }
        let mut runs = CRATES.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for (package, runs) in CRATES.iter().zip(&mut runs) {
                bench.clean(mode, package)?;
                let rustc = bench.compile(mode, package)?;
                runs.push(rustc.ok_or("cargo compiled nothing")?);
            }
        }
        let [ours, derives] = runs;
        report(mode, &ours, &derives);
    }
    Ok(ExitCode::SUCCESS)
}

struct Bench {
    workspace: Workspace,
    log: PathBuf,
}

impl Bench {
    fn new() -> Outcome<Self> {
        let workspace = Workspace::emit(&derive_shape::api()?)?;
        let log = workspace.folder.join("rustc.log");
        Ok(Self { workspace, log })
    }

    fn clean(&self, (_, profile): Mode, package: &str) -> Outcome<()> {
        let mut command = self.workspace.cargo(&["clean", "--quiet"]);
        run(command.args(["--profile", profile, "--package", package]))
    }

    /// Compiles the package and its dependencies. Returns the cost of the package itself; `None` if it was already
    /// built.
    fn compile(&self, (command, profile): Mode, package: &str) -> Outcome<Option<Rustc>> {
        fs::write(&self.log, "")?;
        let mut command = self.workspace.cargo(&[command, "--quiet"]);
        command
            .args(["--profile", profile, "--package", package])
            .env("RUSTC_WRAPPER", std::env::current_exe()?)
            .env(LOG, &self.log);
        run(&mut command)?;
        let log = fs::read_to_string(&self.log)?;
        let name = package.replace('-', "_");
        let mut compiled = log.lines().filter_map(Rustc::parse);
        Ok(compiled.find_map(|(compiled, rustc)| (compiled == name).then_some(rustc)))
    }
}

fn report((command, profile): Mode, ours: &[Rustc], derives: &[Rustc]) {
    println!(
        "{:<16}{:>14}{:>14}{:>10}",
        format!("{command}, {profile}"),
        "polar-client",
        "derives",
        "ratio"
    );
    let row = |what: &str, figure: fn(&Rustc) -> f64, decimals: usize| {
        let (ours, derives) = (median(ours, figure), median(derives, figure));
        if ours > 0.0 {
            let ratio = ours / derives;
            println!("  {what:<14}{ours:>14.decimals$}{derives:>14.decimals$}{ratio:>10.2}");
        }
    };
    row("user s", |rustc| rustc.user_seconds, 2);
    row("peak MB", |rustc| rustc.peak_bytes / 1e6, 0);
    row("library MB", |rustc| rustc.library_bytes / 1e6, 1);
}

fn median(runs: &[Rustc], figure: fn(&Rustc) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
