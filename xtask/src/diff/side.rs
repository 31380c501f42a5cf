//! One side of a comparison: contracts from a file, from `spec/`, or from a git revision.

use std::fmt;
use std::io;
use std::path::Path;

use polar_codegen::compare::{Comparison, Release, compare as compare_apis, compare_releases};
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::Api;
use polar_codegen::names;
use polar_codegen::{Report, api};

use super::Error;
use crate::changes::FileError;
use crate::git::git;
use crate::spec::{self, Folder, Origin};

/// The contracts on one side of a comparison.
#[derive(Debug)]
pub struct Side {
    /// The name in messages.
    pub name: String,
    /// The contracts.
    pub contracts: Contracts,
}

/// A single contract, or all contracts of a release.
#[derive(Debug)]
pub enum Contracts {
    /// A document, or one version of `spec/`.
    One(Box<Api>),
    /// All versions of `spec/`.
    All {
        /// The IR of each version.
        apis: Vec<Api>,
        /// The version whose feature is enabled by default. `None` for early revisions, which do not state it.
        default_version: Option<String>,
    },
}

/// Why a side cannot be read.
#[derive(Debug)]
pub enum SideError {
    /// The argument is neither a file nor an API version nor a git revision.
    Unknown {
        /// The argument.
        argument: String,
        /// The message of git.
        git: String,
    },
    /// A revision or working tree contains no contract.
    Empty(String),
    /// A revision or working tree lacks a version of the API: the side, and the version.
    Missing(String, String),
    /// A published document cannot be imported.
    Import(spec::Error),
    /// The generator rejects a contract.
    Contract(String, Report),
    /// A file cannot be read.
    Io(String, io::Error),
}

impl fmt::Display for SideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { argument, git } => write!(
                f,
                "{argument}: no such file, no version of the API (YYYY-MM), and no git revision ({git})"
            ),
            Self::Empty(name) => write!(f, "{name}: no contract (YYYY-MM.yaml) in spec/"),
            Self::Missing(name, file) => write!(f, "{name}: no such file: {file}"),
            Self::Import(error) => error.fmt(f),
            Self::Contract(name, report) => write!(f, "{name}:\n{report}"),
            Self::Io(name, error) => write!(f, "{name}: {error}"),
        }
    }
}

impl std::error::Error for SideError {}

impl Side {
    /// Reads `spec/` of the working tree.
    ///
    /// # Errors
    /// Files that cannot be read, or that the generator rejects.
    pub fn working_tree(root: &Path) -> Result<Self, SideError> {
        let name = "the working tree";
        Ok(Self {
            contracts: all(&folder(root)?, name)?,
            name: name.to_owned(),
        })
    }

    /// Interprets an argument of the command.
    ///
    /// # Errors
    /// Those of [`working_tree`](Self::working_tree), and an argument that names nothing.
    pub fn from_argument(argument: &str, root: &Path) -> Result<Self, SideError> {
        let origin = Origin::from_argument(argument);
        let contracts = match &origin {
            Origin::Url(_) => document(&origin, root)?,
            Origin::File(path) if path.is_file() => document(&origin, root)?,
            Origin::File(_) if names::is_version(argument) => {
                one(&folder(root)?, argument, argument)?
            }
            Origin::File(_) => match argument.rsplit_once(':') {
                Some((commit, version)) if names::is_version(version) => {
                    one(&revision(commit, root)?, version, argument)?
                }
                _ => all(&revision(argument, root)?, argument)?,
            },
        };
        Ok(Self {
            name: argument.to_owned(),
            contracts,
        })
    }
}

/// Compares two sides. A single contract is compared with the same version of a release.
pub(super) fn compare(from: &Side, to: &Side) -> Result<Comparison, Error> {
    if let (Some(old), Some(new)) = (release(&from.contracts), release(&to.contracts)) {
        return Ok(compare_releases(&old, &new));
    }
    let mut pairs = pairs(from, to)?.into_iter();
    let comparison = pairs.next().map(|(old, new)| compare_apis(old, new));
    Ok(comparison.unwrap_or_default())
}

fn release(contracts: &Contracts) -> Option<Release<'_>> {
    match contracts {
        Contracts::One(_) => None,
        Contracts::All {
            apis,
            default_version,
        } => Some(Release {
            apis,
            default_version: default_version.as_deref(),
        }),
    }
}

/// Returns the pairs of contracts to compare.
pub(super) fn pairs<'s>(from: &'s Side, to: &'s Side) -> Result<Vec<(&'s Api, &'s Api)>, Error> {
    let find = |side: &'s Side, apis: &'s [Api], version: &str| {
        let api = apis.iter().find(|api| api.version == version);
        api.ok_or_else(|| Error::NoSuchVersion {
            version: version.to_owned(),
            of: side.name.clone(),
        })
    };
    Ok(match (&from.contracts, &to.contracts) {
        (Contracts::One(old), Contracts::One(new)) => vec![(old, new)],
        (Contracts::One(old), Contracts::All { apis: new, .. }) => {
            vec![(old, find(to, new, &old.version)?)]
        }
        (Contracts::All { apis: old, .. }, Contracts::One(new)) => {
            vec![(find(from, old, &new.version)?, new)]
        }
        (Contracts::All { apis: old, .. }, Contracts::All { apis: new, .. }) => old
            .iter()
            .filter_map(|old| Some((old, find(to, new, &old.version).ok()?)))
            .collect(),
    })
}

/// Reads a document, and applies the corrections of the working tree. A published document is imported first.
fn document(origin: &Origin, root: &Path) -> Result<Contracts, SideError> {
    let (version, text) = spec::imported(origin).map_err(SideError::Import)?;
    let mut files = folder(root)?;
    files.insert(&format!("{version}.yaml"), text);
    one(&files, &version, &origin.to_string())
}

fn one(files: &Folder, version: &str, name: &str) -> Result<Contracts, SideError> {
    read(files, version, name).map(|api| Contracts::One(Box::new(api)))
}

fn all(files: &Folder, name: &str) -> Result<Contracts, SideError> {
    let versions = files.contracts().map(|(version, _)| version);
    let apis: Vec<Api> = versions
        .map(|version| read(files, version, name))
        .collect::<Result<_, _>>()?;
    match apis.is_empty() {
        true => Err(SideError::Empty(name.to_owned())),
        false => Ok(Contracts::All {
            apis,
            default_version: default_version(files),
        }),
    }
}

/// Returns the default version in `versions.yaml`. The file is validated when the crate is generated.
pub(crate) fn default_version(files: &Folder) -> Option<String> {
    let list: serde_yaml::Value = serde_yaml::from_str(files.get("versions.yaml")?.text).ok()?;
    list.get("default")?.as_str().map(str::to_owned)
}

/// Reads a contract without the text of doc comments, which has no effect on a comparison.
fn read(files: &Folder, version: &str, name: &str) -> Result<Api, SideError> {
    let Some(contract) = files.get(&format!("{version}.yaml")) else {
        let file = format!("spec/{version}.yaml");
        return Err(SideError::Missing(name.to_owned(), file));
    };
    api(
        contract,
        files.get("overlay.yaml"),
        &Documentation::default(),
    )
    .map_err(|report| SideError::Contract(name.to_owned(), report))
}

fn folder(root: &Path) -> Result<Folder, SideError> {
    Folder::read(root)
        .map_err(|FileError(path, error)| SideError::Io(path.display().to_string(), error))
}

/// Reads `spec/` of a git revision.
pub(crate) fn revision(revision: &str, root: &Path) -> Result<Folder, SideError> {
    let unknown = |git: String| SideError::Unknown {
        argument: revision.to_owned(),
        git,
    };
    // `--verify` and `--end-of-options` prevent an argument that starts with `-` from being read as an option of git.
    let commit = git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--end-of-options",
            &format!("{revision}^{{commit}}"),
        ],
    )
    .map_err(unknown)?;
    let commit = commit.trim();
    let list = git(root, &["ls-tree", "--name-only", commit, "spec/"]).map_err(unknown)?;
    let mut files = Folder::default();
    for path in list.lines().filter(|path| path.ends_with(".yaml")) {
        let text = git(root, &["show", &format!("{commit}:./{path}")]).map_err(unknown)?;
        let name = path.rsplit('/').next().unwrap_or(path);
        files.insert(name, text);
    }
    Ok(files)
}
