//! `cargo xtask check-inlining`: checks that the compiled client contains decoders, and no other functions of its own.
//!
//! A program uses a few of the thousands of functions of `polar-client`, and should only compile these. Generic and
//! `#[inline]` functions are compiled in the crate that calls them. Any other function is compiled in `polar-client`,
//! together with everything that it calls. Only decoders should be: a program would otherwise compile them again after
//! each edit. This command checks the functions in the library rather than compile times, which differ between machines.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _, SymbolKind};
use serde_json::Value;

const PACKAGE: &str = "polar-client";

/// The maximum number of functions that a report names.
const MAX_LISTED: usize = 40;

/// The names of functions that decode: methods of the traits in the generator's `print/inline.rs`, and functions that these
/// methods call.
const DECODERS: [&str; 5] = ["read", "decode", "own", "of_version", "unknown"];

/// Builds the client with all features, and checks that each of its own functions in the library is a decoder.
///
/// Only the client itself is optimized as in a release build. Its dependencies are not, which saves time.
///
/// # Errors
/// The names of other functions, or why the library could not be built or read.
pub fn run(root: &Path) -> Result<(), String> {
    let library = build(root)?;
    let functions = functions(&library)?;
    let own: Vec<&String> = functions.iter().filter(|name| is_own(name)).collect();
    let others: Vec<&String> = own.iter().copied().filter(|name| !decodes(name)).collect();
    if own.is_empty() {
        return Err(format!(
            "{PACKAGE} contains no compiled functions, so programs compile its decoders"
        ));
    }
    if others.is_empty() {
        println!(
            "{PACKAGE} contains {} compiled functions of its own, which decode",
            own.len()
        );
        return Ok(());
    }
    let mut report = format!(
        "{} functions that do not decode are compiled in {PACKAGE} instead of where they are used; make those that call \
         the others generic or `#[inline]`:\n",
        others.len()
    );
    for name in others.iter().take(MAX_LISTED) {
        report.push_str(&format!("  {name}\n"));
    }
    if others.len() > MAX_LISTED {
        report.push_str("  ...\n");
    }
    Err(report)
}

/// Returns whether a function belongs to the client, and is not an instance of a generic function of another crate.
fn is_own(name: &str) -> bool {
    name.trim_start_matches(['<', '&'])
        .starts_with(&format!("{}::", PACKAGE.replace('-', "_")))
}

/// Returns whether a function of the client decodes.
fn decodes(name: &str) -> bool {
    name.rsplit("::")
        .next()
        .is_some_and(|last| DECODERS.contains(&last))
}

/// Builds the library and returns its path.
fn build(root: &Path) -> Result<PathBuf, String> {
    let output = Command::new("cargo")
        .current_dir(root)
        .args(["rustc", "--quiet", "--message-format=json", "--lib"])
        .args([
            "--package",
            PACKAGE,
            "--all-features",
            "--",
            "-Copt-level=3",
        ])
        .env("CARGO_INCREMENTAL", "0")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo rustc: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo rustc: {}", output.status));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let library = messages.lines().find_map(artifact);
    library.ok_or_else(|| format!("cargo rustc: no library of {PACKAGE} was reported"))
}

/// Returns the path of the client's library, if this message of cargo reports it.
fn artifact(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_client = message["reason"] == "compiler-artifact"
        && message["target"]["name"] == PACKAGE.replace('-', "_").as_str();
    let files = message["filenames"].as_array().filter(|_| is_client)?;
    let mut paths = files.iter().filter_map(Value::as_str).map(PathBuf::from);
    paths.find(|path| {
        path.extension()
            .is_some_and(|extension| extension == "rlib")
    })
}

/// Returns the functions that the object files of a library define, by name.
///
/// # Errors
/// The reason why the library cannot be read.
pub fn functions(library: &Path) -> Result<BTreeSet<String>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", library.display());
    let data = fs::read(library).map_err(|error| failed(&error))?;
    let archive = ArchiveFile::parse(&*data).map_err(|error| failed(&error))?;
    let (mut functions, mut objects) = (BTreeSet::new(), 0);
    for member in archive.members() {
        let member = member.map_err(|error| failed(&error))?;
        if !member.name().ends_with(b".o") {
            continue;
        }
        objects += 1;
        let content = member.data(&*data).map_err(|error| failed(&error))?;
        let object = object::File::parse(content).map_err(|error| failed(&error))?;
        let defined = object
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition());
        for symbol in defined {
            let name = symbol.name().map_err(|error| failed(&error))?;
            functions.insert(format!("{:#}", rustc_demangle::demangle(name)));
        }
    }
    if objects == 0 {
        return Err(failed(&"the library contains no object files"));
    }
    Ok(functions)
}
