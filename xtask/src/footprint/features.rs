//! Measures what each Cargo feature adds to a program. The program lists products, with a transport of its own that sends
//! nothing, so that it compiles without any feature.

use std::fs;
use std::path::Path;

use polar_codegen::names;
use toml_edit::DocumentMut;

use super::table::{Table, integer};
use super::workspace::{Member, Workspace};
use super::{Client, cargo};
use crate::{progress, versions};

/// The name of the program without features.
const NONE: &str = "none";

/// The code of a program that uses a feature.
struct Use {
    feature: &'static str,
    /// The source of the module `feature` of the program.
    source: &'static str,
    /// A further feature of the client that the code needs.
    also: Option<&'static str>,
    /// Further dependencies of the program.
    dependencies: &'static [&'static str],
}

const fn with(feature: &'static str, source: &'static str) -> Use {
    Use {
        feature,
        source,
        also: None,
        dependencies: &[],
    }
}

const USES: [Use; 20] = [
    with("reqwest", include_str!("programs/features/http.rs")),
    with("http2", include_str!("programs/features/http.rs")),
    with("gzip", include_str!("programs/features/http.rs")),
    with("rustls", include_str!("programs/features/http.rs")),
    with("native-tls", include_str!("programs/features/http.rs")),
    with("blocking", include_str!("programs/features/blocking.rs")),
    with("files", include_str!("programs/features/files.rs")),
    with("exports", include_str!("programs/features/exports.rs")),
    with("ingest", include_str!("programs/features/ingest.rs")),
    with("metering", include_str!("programs/features/metering.rs")),
    with("outpost", include_str!("programs/features/outpost.rs")),
    with("postgres", include_str!("programs/features/postgres.rs")),
    with("redis", include_str!("programs/features/redis.rs")),
    Use {
        feature: "spool",
        source: include_str!("programs/features/spool.rs"),
        // Only the events of metering can be read back from disk.
        also: Some("metering"),
        dependencies: &[],
    },
    with("webhooks", include_str!("programs/features/webhooks.rs")),
    with("test-util", include_str!("programs/features/test_util.rs")),
    with(
        "test-server",
        include_str!("programs/features/test_server.rs"),
    ),
    Use {
        feature: "axum",
        source: include_str!("programs/features/axum.rs"),
        also: None,
        dependencies: &["axum = { version = \"0.8\", default-features = false }"],
    },
    Use {
        feature: "actix-web",
        source: include_str!("programs/features/actix_web.rs"),
        also: None,
        dependencies: &["actix-web = { version = \"4\", default-features = false }"],
    },
    Use {
        feature: "opentelemetry-exporter",
        source: include_str!("programs/features/opentelemetry_exporter.rs"),
        also: None,
        dependencies: &[
            "opentelemetry_sdk = { version = \"0.33\", default-features = false, features = [\"trace\"] }",
        ],
    },
];

/// The costs of a program with one feature.
struct Costs {
    crates: i128,
    check_seconds: f64,
    bytes: i128,
}

/// Checks and builds a program for each feature.
///
/// # Errors
/// A failed download or build, or a file that cannot be read or written.
pub(super) fn measure(client: &Client<'_>) -> Result<Table, String> {
    let features = features(client.root)?;
    let members = std::iter::once(NONE).chain(features.iter().map(String::as_str));
    let workspace = client.workspace(members.map(|name| member(client, name)).collect())?;
    let none = costs(&workspace, NONE)?;
    let mut rows = Vec::new();
    for feature in &features {
        rows.push((feature.as_str(), costs(&workspace, feature)?));
    }
    Ok(table(&none, &rows))
}

/// Returns the features of the client in the order of its manifest, without those of the API versions.
fn features(root: &Path) -> Result<Vec<String>, String> {
    let path = root.join("generated/Cargo.toml");
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
    let manifest: DocumentMut = text.parse().map_err(|error| failed(&error))?;
    let table = manifest["features"].as_table();
    let table = table.ok_or_else(|| failed(&"there is no section [features]"))?;
    let versions = versions::read(&root.join("spec")).map_err(|error| error.to_string())?;
    let mut others: Vec<String> = versions
        .iter()
        .map(|(version, _)| names::version_feature(version))
        .collect();
    others.extend(["default".to_owned(), "all-versions".to_owned()]);
    let names = table.iter().map(|(name, _)| name.to_owned());
    Ok(names.filter(|name| !others.contains(name)).collect())
}

/// Returns the program for a feature. The program of a feature that is not in [`USES`] has no further code: the feature has
/// an effect on any call, or has none.
fn member(client: &Client<'_>, feature: &str) -> Member {
    let used = used(feature);
    let source = used.map_or(include_str!("programs/features/none.rs"), |it| it.source);
    let mut features = vec![client.version.as_str()];
    features.extend((feature != NONE).then_some(feature));
    features.extend(used.and_then(|it| it.also));
    let mut dependencies = vec![
        client.dependency(&features),
        "bytes = \"1\"".to_owned(),
        "http = \"1\"".to_owned(),
    ];
    let own = used.map_or(&[][..], |it| it.dependencies);
    dependencies.extend(own.iter().map(|&dependency| dependency.to_owned()));
    Member {
        name: program(feature),
        dependencies,
        files: vec![
            (
                "main.rs",
                client.source(include_str!("programs/features/main.rs")),
            ),
            ("feature.rs", client.source(source)),
        ],
    }
}

fn used(feature: &str) -> Option<&'static Use> {
    USES.iter().find(|it| it.feature == feature)
}

/// Returns the name of the program for a feature. It must differ from the names of crates.
fn program(feature: &str) -> String {
    format!("with-{feature}")
}

fn costs(workspace: &Workspace, feature: &str) -> Result<Costs, String> {
    let program = program(feature);
    let check = || {
        let target = workspace.target(&program);
        let checked = cargo::build(&["check"], &program, workspace.folder(), &target);
        workspace.clean(&target)?;
        checked
    };
    let checked = progress::step(&format!("check {program}"), check)?;
    // Only the size of the executable is measured, so all programs share one target folder.
    let target = workspace.target("release");
    let build = || {
        cargo::build(
            &["build", "--release"],
            &program,
            workspace.folder(),
            &target,
        )
    };
    let built = progress::step(&format!("build {program}"), build)?;
    let executable = built.artifacts.executable;
    let executable = executable.ok_or_else(|| format!("{program} has no executable"))?;
    let file = fs::metadata(&executable);
    let file = file.map_err(|error| format!("{}: {error}", executable.display()))?;
    Ok(Costs {
        crates: checked.artifacts.crates as i128,
        check_seconds: checked.user_seconds,
        bytes: file.len().into(),
    })
}

fn table(none: &Costs, features: &[(&str, Costs)]) -> Table {
    const COLUMNS: [&str; 4] = ["feature", "crates", "check, user s", "executable, bytes"];
    let mut table = Table::new(
        "What each feature adds to a program without features",
        &COLUMNS,
    );
    table.push([
        NONE.to_owned(),
        integer(none.crates),
        format!("{:.1}", none.check_seconds),
        integer(none.bytes),
    ]);
    for (feature, costs) in features {
        let also = used(feature).and_then(|it| it.also);
        table.push([
            also.map_or_else(
                || format!("`{feature}`"),
                |also| format!("`{feature}` with `{also}`"),
            ),
            signed(integer(costs.crates - none.crates)),
            signed(format!("{:.1}", costs.check_seconds - none.check_seconds)),
            signed(integer(costs.bytes - none.bytes)),
        ]);
    }
    table
}

fn signed(number: String) -> String {
    match number.starts_with('-') {
        true => number,
        false => format!("+{number}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use super::*;

    #[test]
    fn the_table_has_what_each_feature_adds() {
        let costs = |crates, check_seconds, bytes| Costs {
            crates,
            check_seconds,
            bytes,
        };
        let none = costs(40, 16.0, 900_000);
        let features = [
            ("webhooks", costs(42, 17.25, 2_000_000)),
            ("odd", costs(40, 15.5, 899_000)),
        ];
        let expected = "\
What each feature adds to a program without features

| feature    | crates | check, user s | executable, bytes |
|------------|-------:|--------------:|------------------:|
| none       |     40 |          16.0 |           900,000 |
| `webhooks` |     +2 |          +1.2 |        +1,100,000 |
| `odd`      |     +0 |          -0.5 |            -1,000 |
";
        assert_eq!(table(&none, &features).to_string(), expected);
    }

    #[test]
    fn every_use_is_of_a_feature_that_the_client_has() {
        let features = features(&crate::root()).unwrap();
        for used in &USES {
            assert!(
                features.iter().any(|name| name == used.feature),
                "{}",
                used.feature
            );
        }
        assert!(
            !features.iter().any(|name| name.starts_with('v')),
            "{features:?}"
        );
    }

    #[test]
    fn a_program_has_its_feature_and_its_use() {
        let client = Client {
            root: Path::new("/repository"),
            version: "v2026-10".to_owned(),
            module: "v2026_10".to_owned(),
        };
        let axum = member(&client, "axum");
        assert!(axum.dependencies[0].contains("[\"v2026-10\", \"axum\"]"));
        assert!(axum.dependencies.iter().any(|it| it.starts_with("axum = ")));
        assert!(axum.files[1].1.contains("axum_route"));
        // `tracing` is not in `USES`: any call emits spans.
        let tracing = member(&client, "tracing");
        assert!(tracing.dependencies[0].contains("[\"v2026-10\", \"tracing\"]"));
        assert!(tracing.files[1].1.contains("without_http as client"));
        assert!(member(&client, NONE).dependencies[0].contains("[\"v2026-10\"]"));
    }
}
