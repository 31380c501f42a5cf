//! The package that is generated for each side of the comparison. A contract has the same module name in both packages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use polar_codegen::ir::Api;
use polar_codegen::version_files;

use crate::files;

/// The package of one side, in a workspace of its own.
pub(super) struct Package {
    folder: PathBuf,
}

impl Package {
    /// Writes the package, with a module for each contract.
    pub(super) fn write<'a>(
        root: &Path,
        folder: PathBuf,
        modules: impl Iterator<Item = (&'a str, &'a Api)>,
    ) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{}: {error}", folder.display());
        files::own_folder(&folder).map_err(failed)?;
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        let mut library = "#![allow(warnings)]\n".to_owned();
        for (name, api) in modules {
            let emitted = version_files(api).map_err(|report| format!("{name}:\n{report}"))?;
            for (path, text) in emitted {
                let path = folder.join("src").join(name).join(path);
                files::write(&path, &text).map_err(failed)?;
            }
            library.push_str(&format!("pub mod {name};\n"));
        }
        files::write(&folder.join("src/lib.rs"), &library).map_err(failed)?;
        files::write(&folder.join("Cargo.toml"), &manifest(root)).map_err(failed)?;
        // Uses the versions of dependencies that the workspace is tested with.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).map_err(failed)?;
        Ok(Self { folder })
    }

    /// Generates the JSON description of the public items with rustdoc.
    pub(super) fn describe(&self, target: &Path) -> Result<PathBuf, String> {
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(&self.folder)
            .args(["rustdoc", "--quiet", "--lib", "--target-dir"])
            .arg(target)
            .args([
                "--",
                "-Zunstable-options",
                "--output-format",
                "json",
                "--cap-lints",
                "allow",
            ])
            // rustdoc's JSON output is unstable, which `RUSTC_BOOTSTRAP` permits. The tools read the format of this release.
            .env("RUSTC_BOOTSTRAP", "1");
        super::finish(cargo)?;
        let described = target.join("doc").join(format!("{NAME}.json"));
        let own = self.folder.with_extension("json");
        fs::rename(&described, &own)
            .map_err(|error| format!("{}: {error}", described.display()))?;
        Ok(own)
    }
}

/// The name of both packages.
pub(super) const NAME: &str = "compared";

fn manifest(root: &Path) -> String {
    format!(
        "[workspace]\n\n[package]\nname = \"{NAME}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n\
         [features]\ndefault = [\"exports\", \"files\", \"ingest\", \"webhooks\"]\n\
         exports = []\nfiles = []\ningest = []\nwebhooks = []\n\n\
         [dependencies.polar-client-runtime]\npath = {:?}\ndefault-features = false\n\
         features = [\"exports\", \"files\", \"ingest\", \"webhooks\"]\n",
        root.join("runtime")
    )
}
