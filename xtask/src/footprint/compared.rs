//! Compares a minimal program that uses this client with the same program that uses polar-sh.

use std::fs;
use std::num::NonZeroUsize;

use super::table::{Table, integer, median, ratio, seconds};
use super::workspace::{Member, Workspace};
use super::{Client, cargo};
use crate::progress;

/// The crate to compare with. It uses the TLS implementation of the operating system.
const REFERENCE: &str = "polar-sh 0.1.2";
const REFERENCE_CRATES: [&str; 3] = ["polar-sh", "polar-api", "polar-runtime"];
const REFERENCE_VERSION: &str = "=0.1.2";

/// The programs, in the order in which they are built.
const PROGRAMS: [&str; 3] = ["with-polar-sh", "with-system-tls", "with-default-features"];

/// The number of builds after a one-line edit, for each clean build.
const EDITS: usize = 3;

/// The maximum ratios to aim for (this client divided by polar-sh): clean build, build after an edit, size of the
/// executable. They apply to the program with system TLS, because polar-sh uses system TLS.
const TARGET_RATIOS: [f64; 3] = [0.6, 0.1, 1.0];

/// The build costs of a program.
#[derive(Debug, Default)]
struct Costs {
    /// User time in seconds: of each clean build, and of each build after an edit.
    clean: Vec<f64>,
    edited: Vec<f64>,
    /// The size of the stripped executable in bytes.
    bytes: u64,
    crates: usize,
}

/// Builds each program in turn.
///
/// # Errors
/// A failed download or build, or a file that cannot be read or written.
pub(super) fn measure(client: &Client<'_>, rounds: NonZeroUsize) -> Result<[Table; 2], String> {
    let workspace = client.workspace(members(client))?;
    let mut costs = PROGRAMS.map(|_| Costs::default());
    for round in 0..rounds.get() {
        for (program, costs) in PROGRAMS.iter().zip(&mut costs) {
            costs.add(&workspace, program, round)?;
        }
    }
    let [reference, system_tls, default_features] = costs;
    Ok([
        table(
            "With system TLS (`native-tls`, `webhooks`)",
            &reference,
            &system_tls,
            TARGET_RATIOS.map(Some),
        ),
        table(
            "With default features",
            &reference,
            &default_features,
            [None; 3],
        ),
    ])
}

fn members(client: &Client<'_>) -> Vec<Member> {
    let tokio = "tokio = { version = \"1\", features = [\"macros\", \"rt\"] }".to_owned();
    let mut reference: Vec<String> = REFERENCE_CRATES
        .map(|name| format!("{name} = \"{REFERENCE_VERSION}\""))
        .into();
    reference.extend(["serde_json = \"1\"".to_owned(), tokio.clone()]);
    let ours = |name: &str, dependency: String| Member {
        name: name.to_owned(),
        dependencies: vec![dependency, tokio.clone()],
        files: vec![(
            "main.rs",
            client.source(include_str!("programs/polar_client.rs")),
        )],
    };
    let system_tls = [client.version.as_str(), "native-tls", "webhooks"];
    let [name, with_system_tls, with_default_features] = PROGRAMS;
    vec![
        Member {
            name: name.to_owned(),
            dependencies: reference,
            files: vec![("main.rs", include_str!("programs/polar_sh.rs").to_owned())],
        },
        ours(with_system_tls, client.dependency(&system_tls)),
        ours(with_default_features, client.default_dependency()),
    ]
}

impl Costs {
    /// Builds a program once from scratch, and then after each edit.
    fn add(&mut self, workspace: &Workspace, program: &str, round: usize) -> Result<(), String> {
        let target = workspace.target(program);
        workspace.clean(&target)?;
        let build = || {
            cargo::build(
                &["build", "--release"],
                program,
                workspace.folder(),
                &target,
            )
        };
        let clean = progress::step(&format!("clean build of {program}"), build)?;
        self.clean.push(clean.user_seconds);
        self.crates = clean.artifacts.crates;
        let executable = clean.artifacts.executable;
        let executable = executable.ok_or_else(|| format!("{program} has no executable"))?;
        let file = fs::metadata(&executable);
        self.bytes = file
            .map_err(|error| format!("{}: {error}", executable.display()))?
            .len();
        for edit in round * EDITS..(round + 1) * EDITS {
            let (from, to) = (format!("edit {edit}\""), format!("edit {}\"", edit + 1));
            workspace.edit(program, &from, &to)?;
            let edited = progress::step(&format!("{program} after an edit"), build)?;
            self.edited.push(edited.user_seconds);
        }
        Ok(())
    }
}

fn table(caption: &str, reference: &Costs, ours: &Costs, aims: [Option<f64>; 3]) -> Table {
    let mut table = Table::new(
        caption,
        &["", REFERENCE, "polar-client", "ratio", "aim at most"],
    );
    let [clean, edited, binary] = aims.map(|aim| aim.map_or("-".to_owned(), |aim| aim.to_string()));
    let mut row = |what: &str, figure: fn(&Costs) -> f64, write: fn(f64) -> String, aim: &str| {
        let (reference, ours) = (figure(reference), figure(ours));
        table.push([
            what.to_owned(),
            write(reference),
            write(ours),
            ratio(ours, reference),
            aim.to_owned(),
        ]);
    };
    let clean_build = |costs: &Costs| median(costs.clean.clone());
    let after_edit = |costs: &Costs| median(costs.edited.clone());
    let count = |figure: f64| integer(figure as i128);
    row("clean build, user s", clean_build, seconds, &clean);
    row(
        "after a one-line edit, user s",
        after_edit,
        seconds,
        &edited,
    );
    row(
        "stripped executable, bytes",
        |costs| costs.bytes as f64,
        count,
        &binary,
    );
    row("crates", |costs| costs.crates as f64, count, "-");
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_reference_ours_ratio_and_aim() {
        let costs = |clean: f64, edited: f64, bytes, crates| Costs {
            clean: vec![clean, clean + 1.0, clean + 2.0],
            edited: vec![edited],
            bytes,
            crates,
        };
        let reference = costs(199.0, 50.0, 4_000_000, 120);
        let ours = costs(99.0, 5.0, 3_000_000, 90);
        let table = table(
            "With system TLS",
            &reference,
            &ours,
            TARGET_RATIOS.map(Some),
        )
        .to_string();
        let expected = "\
With system TLS

|                               | polar-sh 0.1.2 | polar-client | ratio | aim at most |
|-------------------------------|---------------:|-------------:|------:|------------:|
| clean build, user s           |          200.0 |        100.0 |  0.50 |         0.6 |
| after a one-line edit, user s |           50.0 |          5.0 |  0.10 |         0.1 |
| stripped executable, bytes    |      4,000,000 |    3,000,000 |  0.75 |           1 |
| crates                        |            120 |           90 |  0.75 |           - |
";
        assert_eq!(table, expected);
    }

    #[test]
    fn programs_use_the_default_version_and_can_be_edited() {
        let client = Client {
            root: std::path::Path::new("/repository"),
            version: "v2026-10".to_owned(),
            module: "v2026_10".to_owned(),
        };
        let members = members(&client);
        assert_eq!(
            members.iter().map(|it| &it.name).collect::<Vec<_>>(),
            PROGRAMS.iter().collect::<Vec<_>>()
        );
        for member in &members {
            let (_, main) = &member.files[0];
            assert_eq!(main.matches("edit 0\"").count(), 1, "{}", member.name);
            assert!(!main.contains("MODULE"), "{}", member.name);
        }
        assert!(members[1].files[0].1.contains("polar_client::v2026_10::"));
        assert!(
            members[1].dependencies[0].contains("[\"v2026-10\", \"native-tls\", \"webhooks\"]")
        );
    }
}
