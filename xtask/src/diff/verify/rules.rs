//! Pairs of small contracts, each of which tests one rule of the classification.

use std::fs;
use std::path::Path;

use polar_codegen::api;
use polar_codegen::compare::compare;
use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::Api;

use super::Pair;

/// Returns a pair for each overlay of `tests/inputs/compare/`, in both directions.
///
/// # Errors
/// Files that cannot be read, or that the generator rejects.
pub fn pairs(root: &Path) -> Result<Vec<Pair>, String> {
    let folder = root.join("tests/inputs/compare");
    let failed = |path: &Path, error| format!("{}: {error}", path.display());
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| failed(path, error));
    let base = read(&folder.join("base.yaml"))?;
    let api = |overlay: Option<(&str, &str)>| -> Result<Api, String> {
        let contract = Source {
            name: "base.yaml",
            text: &base,
        };
        let overlay = overlay.map(|(name, text)| Source { name, text });
        api(contract, overlay, &Documentation::default()).map_err(|report| report.to_string())
    };
    let old = api(None)?;
    let mut pairs = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
        let path = entry.map_err(|error| failed(&folder, error))?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if name == "base" {
            continue;
        }
        let new = api(Some((&name, &read(&path)?)))?;
        pairs.push(pair(format!("{name}_there"), &old, &new));
        pairs.push(pair(format!("{name}_back"), &new, &old));
    }
    pairs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pairs)
}

fn pair(name: String, old: &Api, new: &Api) -> Pair {
    Pair {
        name,
        comparison: compare(old, new),
        old: old.clone(),
        new: new.clone(),
    }
}
