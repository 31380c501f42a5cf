//! The reference of the benches: a crate with the same types in the form that most generators emit, where all structs,
//! enums and unions derive `Serialize, Deserialize, Debug, Clone, PartialEq`.
//!
//! The crate is emitted to a workspace of its own below cargo's target folder, together with the programs that measure
//! throughput and deliveries. It uses the same versions of the same libraries.

mod by_hand;
mod source;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use polar_client::v2026_10::API_VERSION;
use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::Api;
use polar_codegen::names::version_feature;

use source::Emission;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The name of the emitted crate.
pub(crate) const CRATE: &str = "derive-shape";

/// The name of the emitted crate whose unions are written as by hand.
const BY_HAND: &str = "by-hand";

const DEPENDENCIES: &str = r#"
edition = "2024"

[dependencies]
chrono = { version = "0.4", default-features = false, features = ["std", "serde"] }
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["float_roundtrip", "raw_value"] }
uuid = { version = "1", features = ["serde"] }
"#;

/// The emitted workspace.
pub(crate) struct Workspace {
    /// The path.
    pub(crate) folder: PathBuf,
}

impl Workspace {
    /// Emits the workspace for the types of [`api`].
    pub(crate) fn emit(api: &Api) -> Outcome<Self> {
        let root = root();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(CRATE);
        let client = root.join("generated").canonicalize()?;
        write(&folder.join("Cargo.toml"), &manifest(&client))?;
        for (name, emission) in [
            (CRATE, Emission::NaiveDerive),
            (BY_HAND, Emission::Lossless),
        ] {
            let crate_folder = folder.join(name);
            let manifest = format!("[package]\nname = {name:?}{DEPENDENCIES}");
            write(&crate_folder.join("Cargo.toml"), &manifest)?;
            write(
                &crate_folder.join("src/lib.rs"),
                &source::emit(api, emission),
            )?;
        }
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder })
    }

    /// Returns a cargo command that runs in the workspace.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_INCREMENTAL", "0");
        command
    }
}

/// Runs a command, and fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed").into())
    }
}

/// Returns the IR of the measured types.
pub(crate) fn api() -> Outcome<Api> {
    let root = root();
    let file = format!("{API_VERSION}.yaml");
    let contract = fs::read_to_string(root.join("spec").join(&file))?;
    let overlay = fs::read_to_string(root.join("spec/overlay.yaml"))?;
    let source = |name, text| Source { name, text };
    Ok(polar_codegen::api(
        source(&file, &contract),
        Some(source("overlay.yaml", &overlay)),
        &Documentation::default(),
    )?)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(client: &Path) -> String {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let [throughput, deliveries] =
        ["throughput", "deliveries"].map(|name| benches.join(name).join("program.rs"));
    let version = version_feature(API_VERSION);
    format!(
        r#"[workspace]
resolver = "3"
members = ["derive-shape", "by-hand"]

[package]
name = "programs"
edition = "2024"

[[bin]]
name = "throughput"
path = {throughput:?}

[[bin]]
name = "deliveries"
path = {deliveries:?}

[dependencies]
derive-shape = {{ path = "derive-shape" }}
by-hand = {{ path = "by-hand" }}
http = "1"
polar-client = {{ path = {client:?}, default-features = false, features = [{version:?}, "webhooks"] }}
serde = "1"
serde_json = {{ version = "1", features = ["float_roundtrip"] }}
standardwebhooks = "1"

# Without them there is no HTTP stack to compile, which the programs do not need.
[features]
default = ["polar-client/default"]

[profile.dev]
debug = "line-tables-only"
"#
    )
}

/// Writes a file only if its content differs, so that cargo does not rebuild it.
fn write(path: &Path, text: &str) -> Outcome<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs::write(path, text)?)
}
