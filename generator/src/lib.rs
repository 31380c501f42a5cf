//! Generates the source of a Rust client from Polar's OpenAPI documents.
//!
//! This is a pure library: the caller passes the text of the documents, and gets the text of the files. The library reads
//! no files and no environment variables. A *contract* is the OpenAPI document of one API version, without its prose.
//!
//! [`generate`] runs these phases in order, the first three for each version of the API:
//!
//! 1. [`document`]: parses a contract, applies the corrections, and downgrades the result to OpenAPI 3.0;
//! 2. `lower`: converts the document to the [`ir`] (intermediate representation), with the text of [`documentation`];
//! 3. `check`: verifies the invariants of the IR;
//! 4. [`share`]: assigns each element to the group of versions in which it is equal;
//! 5. `emit`: converts the IR to token streams, one for each file of a version group;
//! 6. `print`: formats token streams as text.
//!
//! A phase that finds problems reports all of them together, and stops generation.

pub mod compare;
pub mod document;
pub mod documentation;
mod error;
pub mod ir;
pub mod names;
pub mod versions;

mod check;
mod emit;
mod lower;
mod print;
mod reserved;
pub mod share;
mod stack;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

pub use error::{Problem, Report};
pub use summary::{GroupSummary, Summary, UnionRow};

use compare::Comparison;
use document::{Applied, Correction, Document, Source};
use documentation::{Coverage, Documentation};
use emit::{GroupModule, Layout, Parent};
use ir::Api;
use stack::{Task, with_large_stack};
use versions::Versions;

/// The input of the generator.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The list of API versions.
    pub versions: &'a Versions,
    /// The contract of each version.
    pub contracts: Vec<Source<'a>>,
    /// Corrections to the contracts (`overlay.yaml`). `None` leaves them unchanged.
    pub overlay: Option<Source<'a>>,
    /// The text of doc comments (`docs.yaml`). `None` emits doc comments that only name the documented item.
    pub documentation: Option<Source<'a>>,
}

/// The generated crate.
#[derive(Debug, Clone)]
pub struct Output {
    /// The text of each file, by path relative to the crate's folder.
    pub files: BTreeMap<String, String>,
    /// Statistics of each version.
    pub versions: Vec<Summary>,
    /// Statistics of each version group.
    pub groups: Vec<GroupSummary>,
    /// The differences between each version and the previous one.
    pub steps: Vec<Comparison>,
    /// The actions of the overlay, and their effects in each version.
    pub corrections: Vec<Correction>,
    /// The IR of each version, oldest first.
    pub apis: Vec<Api>,
}

/// Generates the crate. Versions are processed in parallel.
///
/// # Errors
/// All problems of the first phase that fails, in all versions.
pub fn generate(input: &Input<'_>) -> Result<Output, Report> {
    let documentation = input
        .documentation
        .map_or_else(|| Ok(Documentation::default()), Documentation::parse)?;
    let documentation = &documentation;
    if let Some(overlay) = input.overlay {
        input.versions.check_corrections(overlay)?;
    }
    let read = |contract: Source<'_>| Version::read(contract, input.overlay, documentation);
    let mut versions = in_parallel(&input.contracts, |contract| read(*contract))?;
    versions.sort_by(|a, b| a.api.version.cmp(&b.api.version));
    let twice = versions
        .windows(2)
        .filter(|pair| pair[0].api.version == pair[1].api.version);
    Report::check(twice.map(|pair| {
        let api = &pair[1].api;
        let message = format!("another contract is of version `{}`, too", api.version);
        Problem::new(&api.file, "/info/version", message)
    }))?;
    let contracts = versions.iter().map(|version| &version.api);
    let contracts = contracts.map(|api| (api.file.as_str(), api.version.as_str()));
    Report::check(input.versions.compare(contracts))?;
    let corrections = corrections(input.overlay, &versions)?;
    let used = versions
        .iter()
        .flat_map(|version| version.entries_used.iter().copied());
    Report::check(documentation.unused(&used.collect()))?;
    let apis: Vec<&Api> = versions.iter().map(|version| &version.api).collect();
    let plan = share::share(&apis);
    let layout = Layout {
        apis: &apis,
        plan: &plan,
        parent: Parent::Crate(input.versions),
    };
    let (mut files, sources) = emit::crate_files(layout, input.versions);
    for (path, tokens) in sources {
        let text = print::print(&path, tokens)?;
        files.insert(path, text);
    }
    let mut groups = Vec::new();
    for group in layout.groups() {
        let printed = print_group(group)?;
        groups.push(GroupSummary::new(group, &printed));
        let folder = format!("src/{}", group.module());
        let printed = printed.into_iter();
        files.extend(printed.map(|(path, text)| (format!("{folder}/{path}"), text)));
    }
    let steps = apis
        .windows(2)
        .map(|pair| compare::compare(pair[0], pair[1]));
    let steps = steps.collect();
    let (apis, summaries) = versions
        .into_iter()
        .map(|version| {
            let summary = Summary::new(&version.api, version.coverage);
            (version.api, summary)
        })
        .unzip();
    Ok(Output {
        files,
        groups,
        steps,
        corrections,
        apis,
        versions: summaries,
    })
}

/// Returns the effects of the overlay's actions in all versions.
fn corrections(
    overlay: Option<Source<'_>>,
    versions: &[Version<'_>],
) -> Result<Vec<Correction>, Report> {
    let Some(overlay) = overlay else {
        return Ok(Vec::new());
    };
    let applied = versions
        .iter()
        .map(|version| (version.api.version.as_str(), version.applied.as_slice()));
    let corrections = Correction::of_all(overlay.name, applied);
    Correction::check(&corrections)?;
    Ok(corrections)
}

/// One version of the API.
struct Version<'w> {
    api: Api,
    coverage: Coverage,
    entries_used: BTreeSet<(&'static str, &'w str)>,
    applied: Vec<Applied>,
}

impl<'w> Version<'w> {
    fn read(
        contract: Source<'_>,
        overlay: Option<Source<'_>>,
        documentation: &'w Documentation,
    ) -> Result<Self, Report> {
        let document = document::load(contract, overlay)?;
        let (api, coverage, entries_used) = lower(&document, documentation)?;
        Ok(Self {
            api,
            coverage,
            entries_used,
            applied: document.applied,
        })
    }
}

/// Returns the checked IR of a contract. An action of the overlay may have no effect on this contract, because it may be
/// for another version.
///
/// # Errors
/// All problems of the first phase that fails.
pub fn api(
    contract: Source<'_>,
    overlay: Option<Source<'_>>,
    documentation: &Documentation,
) -> Result<Api, Report> {
    api_and_coverage(contract, overlay, documentation).map(|(api, _)| api)
}

/// Returns the IR like [`api`], and how many of its items are documented.
///
/// # Errors
/// All problems of the phase that fails.
pub fn api_and_coverage(
    contract: Source<'_>,
    overlay: Option<Source<'_>>,
    documentation: &Documentation,
) -> Result<(Api, Coverage), Report> {
    with_large_stack(|| {
        let document = document::load(contract, overlay)?;
        lower(&document, documentation).map(|(api, coverage, _)| (api, coverage))
    })
}

type LoweredApi<'w> = (Api, Coverage, BTreeSet<(&'static str, &'w str)>);

fn lower<'w>(
    document: &Document,
    documentation: &'w Documentation,
) -> Result<LoweredApi<'w>, Report> {
    let lowered = lower::lower(document, documentation)?;
    check::check(&lowered.api)?;
    Ok((lowered.api, lowered.coverage, lowered.entries_used))
}

/// Emits a single version as a module without a crate around it. Returns the text of each file, by path relative to the
/// module's folder.
///
/// # Errors
/// An error if emitted source does not parse, which is a bug of the generator.
pub fn version_files(api: &Api) -> Result<BTreeMap<String, String>, Report> {
    with_large_stack(|| {
        let plan = share::share(&[api]);
        let layout = Layout {
            apis: &[api],
            plan: &plan,
            parent: Parent::None,
        };
        let files = layout.groups().map(print_group);
        Ok(all(files)?.into_iter().flatten().collect())
    })
}

/// Emits and formats the files of a version group in parallel. Returns the text of each file, by path relative to the
/// group's folder.
fn print_group(group: GroupModule<'_>) -> Result<BTreeMap<String, String>, Report> {
    // Each thread takes the next file when it is done with one, because the sizes of files differ widely.
    let files = Mutex::new(emit::files(group));
    let next = || files.lock().ok().and_then(|mut files| files.pop());
    let print_some = |_: &usize| -> Result<Vec<(String, String)>, Report> {
        let files = std::iter::from_fn(next);
        all(files.map(|file| {
            let path = file.path.clone();
            Ok((path.clone(), print::print(&path, file.emit())?))
        }))
    };
    let workers: Vec<usize> = (0..thread::available_parallelism().map_or(1, Into::into)).collect();
    let printed = in_parallel(&workers, print_some)?;
    let mut files = with_large_stack(|| Ok(emit::data(group)))?;
    files.extend(printed.into_iter().flatten());
    Ok(files)
}

/// Applies a function to all items in parallel, each on a thread of its own.
fn in_parallel<'i, I, T>(
    items: &'i [I],
    apply: impl Fn(&'i I) -> Result<T, Report> + Sync,
) -> Result<Vec<T>, Report>
where
    I: Sync,
    T: Send,
{
    thread::scope(|scope| {
        let started: Vec<_> = items
            .iter()
            .map(|item| Task::start(scope, || apply(item)))
            .collect();
        all(started.into_iter().map(Task::finish))
    })
}

/// Returns all results, or all problems if there are any.
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
