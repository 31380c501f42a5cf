//! Generates the modules of all contracts in `inputs/`.
//!
//! `OUT_DIR/inputs/<name>/` contains the module tree of `inputs/<name>.yaml`, and `OUT_DIR/inputs.rs` declares all of
//! them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Result, api, write_module};

pub(super) fn generate(out: &Path) -> Result<()> {
    println!("cargo::rerun-if-changed=inputs");
    let trees = out.join("inputs");
    if trees.exists() {
        fs::remove_dir_all(&trees)?;
    }
    let (mut modules, mut problems) = (String::new(), Vec::new());
    for path in documents(Path::new("inputs"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let tree = trees.join(&*name);
        match api(&path, None).and_then(|api| write_module(&api, &tree)) {
            Ok(()) => declare(&mut modules, &name, &tree.join("mod.rs"))?,
            Err(error) => problems.push(error.to_string()),
        }
    }
    if !problems.is_empty() {
        return Err(format!("some inputs do not generate:\n{}", problems.join("\n")).into());
    }
    fs::write(out.join("inputs.rs"), modules)?;
    Ok(())
}

fn documents(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn declare(modules: &mut String, name: &str, file: &Path) -> Result<()> {
    writeln!(modules, "#[path = {file:?}]")?;
    writeln!(modules, "#[doc = \"What `inputs/{name}.yaml` becomes.\"]")?;
    writeln!(modules, "pub mod {name};")?;
    Ok(())
}
