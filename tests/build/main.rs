//! Generates code that is compiled with the tests: the modules of all contracts in `inputs/` ([`inputs`]), the module
//! of the contract that the recordings follow ([`recorded`]), a table of all decoded types ([`decoded`]), calls of all
//! operations ([`calls`]), and the list of versions ([`versions`]).

mod calls;
mod decoded;
mod inputs;
mod recorded;
mod versions;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::Api;
use polar_codegen::versions::Versions;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    inputs::generate(&out)?;
    recorded::generate(&out)?;
    let listed = listed()?;
    let apis = apis(&listed)?;
    decoded::generate(&apis, &out)?;
    calls::generate(&apis, &out)?;
    versions::generate(&listed, &apis, &out)
}

const SPEC: &str = "../spec";

/// Returns the list of versions.
fn listed() -> Result<Versions> {
    let text = fs::read_to_string(Path::new(SPEC).join("versions.yaml"))?;
    Ok(Versions::parse(Source {
        name: "spec/versions.yaml",
        text: &text,
    })?)
}

/// Returns the IR of each version, oldest first.
fn apis(listed: &Versions) -> Result<Vec<Api>> {
    println!("cargo::rerun-if-changed={SPEC}");
    let spec = Path::new(SPEC);
    let one = |version: &str| {
        let contract = spec.join(format!("{version}.yaml"));
        api(&contract, Some(&spec.join("overlay.yaml")))
    };
    thread::scope(|scope| {
        let versions = listed.iter().map(|(version, _)| version);
        let started: Vec<_> = versions
            .map(|version| scope.spawn(move || one(version)))
            .collect();
        let panicked = |_| Err("a version could not be lowered".into());
        started
            .into_iter()
            .map(|version| version.join().unwrap_or_else(panicked))
            .collect()
    })
}

/// Returns the IR of a contract with its corrections.
fn api(contract: &Path, overlay: Option<&Path>) -> Result<Api> {
    let name = contract.to_string_lossy();
    let contract = fs::read_to_string(contract)?;
    let overlay = overlay.map(fs::read_to_string).transpose()?;
    let source = |text| Source { name: &name, text };
    let overlay = overlay.as_deref().map(source);
    Ok(polar_codegen::api(
        source(&contract),
        overlay,
        &Documentation::default(),
    )?)
}

/// Writes the module of an API to a folder.
fn write_module(api: &Api, folder: &Path) -> Result<()> {
    for (file, text) in polar_codegen::version_files(api)? {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    Ok(())
}
