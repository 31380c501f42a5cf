//! Generates the module of the contract that the recordings in `fixtures/recorded/` follow. It is older than those in
//! `spec/`.
//!
//! `OUT_DIR/recorded/` contains the module tree. `OUT_DIR/recorded.rs` declares it as `api` and contains a table of its
//! types, and `OUT_DIR/recorded_calls.rs` calls its operations.

use std::fs;
use std::path::Path;

use super::{Result, api, calls, decoded, write_module};

pub(super) fn generate(out: &Path) -> Result<()> {
    let folder = Path::new("fixtures/recorded");
    let (contract, overlay) = (folder.join("contract.yaml"), folder.join("overlay.yaml"));
    println!("cargo::rerun-if-changed={}", contract.display());
    println!("cargo::rerun-if-changed={}", overlay.display());
    let api = api(&contract, Some(&overlay))?;
    let tree = out.join("recorded");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    write_module(&api, &tree)?;
    let file = tree.join("mod.rs");
    let calls = calls::module_of(&api, "REPLAY", "crate::api", |_| true)?;
    fs::write(out.join("recorded_calls.rs"), calls)?;
    let table = decoded::table(&api, "RECORDED", "api")?;
    fs::write(
        out.join("recorded.rs"),
        format!(
            "#[path = {file:?}]\n#[doc = \"The API as it was recorded.\"]\npub mod api;\n\n{table}"
        ),
    )?;
    Ok(())
}
