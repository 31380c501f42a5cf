//! Creates lists of versions.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses a part of it; a panic is how a test fails"
)]

use polar_codegen::document::Source;
use polar_codegen::versions::Versions;

/// Returns a list of these versions. The first one is the default.
pub(crate) fn versions(all: &[&str]) -> Versions {
    let entries = all
        .iter()
        .map(|version| format!("  {version}: {{ state: next }}\n"));
    let entries: String = entries.collect();
    parse(&format!("default: {}\nversions:\n{entries}", all[0])).unwrap()
}

/// Parses a list. The error is the report.
pub(crate) fn parse(text: &str) -> Result<Versions, String> {
    let name = "spec/versions.yaml";
    Versions::parse(Source { name, text }).map_err(|report| report.to_string())
}
