//! Turns Polar's OpenAPI documents into the source of a Rust client. Pure: no file access, no environment.
//!
//! [`generate`] runs the phases in this order, for each version of the API:
//!
//! 1. [`document`]: parse, correct, bring down to OpenAPI 3.0;
//! 2. `lower`: the document becomes the [`ir`], with the words of [`words`];
//! 3. `check`: the invariants of the IR;
//! 4. `emit`: the IR becomes token streams, one for each file;
//! 5. `print`: token streams become text.
//!
//! Every phase reports all of its problems together.

pub mod document;
mod error;
pub mod ir;
pub mod names;
pub mod words;

mod check;
mod emit;
mod lower;
mod print;
mod reserved;
mod stack;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Instant;

pub use error::{Problem, Report};
pub use summary::{Summary, UnionRow};

use document::{Document, Source};
use emit::Home;
use ir::Api;
use stack::{Work, with_room};
use words::{Coverage, Words};

/// What the crate is generated from.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The contract of each version.
    pub contracts: Vec<Source<'a>>,
    /// Corrections to the contracts.
    pub overlay: Option<Source<'a>>,
    /// Words for doc comments.
    pub words: Option<Source<'a>>,
    /// The version whose feature is on by default.
    pub default_version: &'a str,
}

/// The generated crate.
#[derive(Debug, Clone)]
pub struct Output {
    /// The text of each file, by path below the crate's folder.
    pub files: BTreeMap<String, String>,
    /// What each version has come to.
    pub versions: Vec<Summary>,
}

/// Generates the crate, the versions side by side.
///
/// # Errors
/// All problems of the phase that found any, of all versions.
pub fn generate(input: &Input<'_>) -> Result<Output, Report> {
    let words = input
        .words
        .map_or_else(|| Ok(Words::default()), Words::parse)?;
    let words = &words;
    let versions = thread::scope(|scope| {
        let start = |contract| {
            Work::start(scope, move || {
                Version::generate(contract, input.overlay, words)
            })
        };
        let started: Vec<_> = input
            .contracts
            .iter()
            .map(|contract| start(*contract))
            .collect();
        all(started.into_iter().map(Work::finish))
    })?;
    let mut seen = BTreeSet::new();
    let twice = versions
        .iter()
        .filter(|version| !seen.insert(&version.summary.version));
    Report::check(twice.map(|version| {
        let message = format!(
            "another contract is of version `{}`, too",
            version.summary.version
        );
        Problem::new(&version.file, "/info/version", message)
    }))?;
    let used = versions
        .iter()
        .flat_map(|version| version.words_used.iter().copied());
    Report::check(words.unused(&used.collect()))?;
    let published: Vec<&str> = versions
        .iter()
        .map(|version| version.summary.version.as_str())
        .collect();
    let with_webhooks: Vec<&str> = versions
        .iter()
        .filter(|version| version.summary.webhooks > 0)
        .map(|version| version.summary.version.as_str())
        .collect();
    let (mut files, sources) = emit::crate_files(&published, &with_webhooks, input.default_version);
    for (path, tokens) in sources {
        files.insert(path.to_owned(), print::print(path, tokens)?);
    }
    let mut summaries = Vec::new();
    for version in versions {
        let folder = format!("src/{}", names::version_module(&version.summary.version));
        files.extend(
            version
                .files
                .into_iter()
                .map(|(path, text)| (format!("{folder}/{path}"), text)),
        );
        summaries.push(version.summary);
    }
    Ok(Output {
        files,
        versions: summaries,
    })
}

/// One version of the crate.
struct Version<'w> {
    file: String,
    files: BTreeMap<String, String>,
    summary: Summary,
    words_used: BTreeSet<(&'static str, &'w str)>,
}

impl<'w> Version<'w> {
    fn generate(
        contract: Source<'_>,
        overlay: Option<Source<'_>>,
        words: &'w Words,
    ) -> Result<Self, Report> {
        let started = Instant::now();
        let document = document::load(contract, overlay)?;
        let (api, coverage, words_used) = lower(&document, words)?;
        let files = print_version(&api, Home::Crate)?;
        let mut summary = Summary::new(&api, coverage);
        summary.seconds = started.elapsed().as_secs_f64();
        Ok(Self {
            file: api.file,
            files,
            summary,
            words_used,
        })
    }
}

/// The checked IR of one contract.
///
/// # Errors
/// All problems of the phase that found any.
pub fn api(
    contract: Source<'_>,
    overlay: Option<Source<'_>>,
    words: &Words,
) -> Result<Api, Report> {
    with_room(|| {
        let document = document::load(contract, overlay)?;
        lower(&document, words).map(|(api, ..)| api)
    })
}

type LoweredApi<'w> = (Api, Coverage, BTreeSet<(&'static str, &'w str)>);

fn lower<'w>(document: &Document, words: &'w Words) -> Result<LoweredApi<'w>, Report> {
    let lowered = lower::lower(document, words)?;
    check::check(&lowered.api)?;
    Ok((lowered.api, lowered.coverage, lowered.words_used))
}

/// The module of one version, on its own: the text of each file, by path below the module's folder.
///
/// # Errors
/// Emitted source that does not parse: a mistake of the generator.
pub fn version_files(api: &Api) -> Result<BTreeMap<String, String>, Report> {
    with_room(|| print_version(api, Home::Alone))
}

fn print_version(api: &Api, home: Home) -> Result<BTreeMap<String, String>, Report> {
    emit::version(api, home)
        .into_iter()
        .map(|(path, tokens)| Ok((path.clone(), print::print(&path, tokens)?)))
        .collect()
}

/// All results, or all problems.
fn all<T>(results: impl Iterator<Item = Result<T, Report>>) -> Result<Vec<T>, Report> {
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(report) => problems.extend(report),
        }
    }
    Report::check(problems)?;
    Ok(values)
}
