//! `cargo xtask spec`: imports published OpenAPI documents as the contracts in `spec/`, and compares contracts.

mod causes;
mod contract;
mod error;
mod extractor;
mod folder;
mod omitted;
mod operations;
mod read;
mod schema;
mod write;

pub use contract::{Contract, contract};
pub use error::Error;
pub(crate) use folder::Folder;
pub use omitted::Omitted;
pub use read::{MAX_DOCUMENT_BYTES, Origin, redirected};
pub(crate) use write::text;

use std::path::Path;

use clap::Args;
use polar_codegen::Report;

use crate::{progress, versions};

/// The server on which Polar publishes its documents.
pub const PUBLISHED: &str = "https://api.polar.sh";

/// The document to import.
#[derive(Debug, Default, Args)]
pub struct Import {
    /// A file or a URL; JSON or YAML.
    pub source: Option<String>,
    /// The API version of the document, as YYYY-MM. Fails if the document states another version. Required for a document
    /// that states none.
    #[arg(long)]
    pub version: Option<String>,
}

/// Imports documents to the workspace at `root`.
pub fn run(what: &Import, root: &Path) -> Result<(), Error> {
    for line in import(what, PUBLISHED, &root.join("spec"))? {
        println!("{line}");
    }
    Ok(())
}

/// Imports documents to the folder `spec`, and returns a message for each. Reads all documents before it writes a file.
/// `published` is the base URL of the documents that Polar publishes.
pub fn import(what: &Import, published: &str, spec: &Path) -> Result<Vec<String>, Error> {
    // A published document must state its version, so `--version` only applies to a given source.
    let named = what.source.as_ref().and(what.version.as_deref());
    contracts(origins(what, published, spec)?, named)?
        .iter()
        .map(|contract| write::write(contract, spec))
        .collect()
}

/// Reads documents, each with the version that it must have. `named` is the version of a document that does not state
/// one.
pub(crate) fn contracts(
    origins: Vec<(Origin, Option<String>)>,
    named: Option<&str>,
) -> Result<Vec<Contract>, Error> {
    let (mut contracts, mut problems) = (Vec::new(), Vec::new());
    for (origin, version) in origins {
        let from = origin.to_string();
        let document = progress::step(&format!("reading {from}"), || read::read(&origin))?;
        match (contract(document, &from, named), version) {
            (Ok(contract), Some(expected)) if expected != contract.version => {
                return Err(Error::OtherVersion {
                    from,
                    expected,
                    found: contract.version,
                });
            }
            (Ok(contract), _) => contracts.push(contract),
            (Err(report), _) => problems.extend(report),
        }
    }
    Report::check(problems)?;
    Ok(contracts)
}

/// Imports a document. Returns the version and the text of the contract.
pub(crate) fn imported(origin: &Origin) -> Result<(String, String), Error> {
    let contract = contract(read::read(origin)?, &origin.to_string(), None)?;
    let text = text(&contract)?;
    Ok((contract.version, text))
}

/// Returns the documents to read, each with the version that it must have.
fn origins(
    what: &Import,
    published: &str,
    spec: &Path,
) -> Result<Vec<(Origin, Option<String>)>, Error> {
    if let Some(source) = &what.source {
        return Ok(vec![(Origin::from_argument(source), what.version.clone())]);
    }
    let versions = match &what.version {
        Some(version) => vec![version.clone()],
        None => {
            let listed = versions::read(spec)?;
            listed
                .iter()
                .map(|(version, _)| version.to_owned())
                .collect()
        }
    };
    let versions = versions.into_iter();
    let published = versions.map(|version| (of_version(published, &version), Some(version)));
    Ok(published.collect())
}

/// Returns the URL of the published document of a version.
pub(crate) fn of_version(published: &str, version: &str) -> Origin {
    Origin::Url(format!("{published}/{version}/openapi.json"))
}
