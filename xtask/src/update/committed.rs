//! Reads the last commit, with which an update is compared.

use std::collections::BTreeSet;
use std::path::Path;

use polar_codegen::documentation::Documentation;
use polar_codegen::ir::Api;

use super::Error;
use crate::diff::{self, SideError};
use crate::git::git;

const COMMIT: &str = "HEAD";

/// What an update needs of the last commit. Contracts are corrected and documented by the files of that commit.
pub(super) struct Committed {
    pub(super) apis: Vec<Api>,
    pub(super) default_version: Option<String>,
    /// The entries that docs.yaml lacks.
    pub(super) missing: BTreeSet<String>,
    /// The text of `Cargo.toml`.
    pub(super) manifest: String,
}

impl Committed {
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let unknown = |git| SideError::Unknown {
            argument: COMMIT.to_owned(),
            git,
        };
        let spec = diff::revision(COMMIT, root).map_err(Error::Committed)?;
        let manifest = git(root, &["show", &format!("{COMMIT}:./Cargo.toml")])
            .map_err(|error| Error::Committed(unknown(error)))?;
        let documentation = spec
            .get("docs.yaml")
            .map(Documentation::parse)
            .transpose()?;
        let documentation = documentation.unwrap_or_default();
        let (mut apis, mut missing) = (Vec::new(), BTreeSet::new());
        for (_, contract) in spec.contracts() {
            let overlay = spec.get("overlay.yaml");
            let (api, coverage) =
                polar_codegen::api_and_coverage(contract, overlay, &documentation)?;
            apis.push(api);
            missing.extend(coverage.missing);
        }
        Ok(Self {
            apis,
            default_version: diff::default_version(&spec),
            missing,
            manifest,
        })
    }
}
