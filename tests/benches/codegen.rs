//! Measures how long generating the crate takes in memory, compared with the minimum that any generator has to do.
//!
//! ```text
//! cargo bench -p polar-tests --bench codegen
//! ```
//!
//! The minimum (*floor*) reads the same contracts with the same YAML library, and parses and prints the same sources
//! with the same pretty-printer, without any analysis in between. Like the generator, it processes all versions in
//! parallel. The two are measured alternately, so that other load of the machine affects both. The result is the ratio
//! of their medians. The aim is a ratio below 1.3, and less than a second for the generator on an idle machine with a
//! core for each version.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use polar_codegen::document::Source;
use polar_codegen::versions::Versions;
use polar_codegen::{Input, Output};

const ROUNDS: usize = 9;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let spec = Spec::read()?;
    let output = spec.generate()?;
    let parts = spec.parts(&output);
    let sources: Vec<&str> = parts.iter().flat_map(|part| part.sources.clone()).collect();
    println!(
        "{} contracts, {} source files, {} lines",
        parts.len(),
        sources.len(),
        sources
            .iter()
            .map(|text| text.lines().count())
            .sum::<usize>()
    );
    let (mut generator, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        generator.push(timed(|| spec.generate().map(drop))?);
        floor.push(timed(|| all(&parts, Part::parse_and_print))?);
    }
    let (generator, floor) = (median(generator), median(floor));
    println!("generator          {:>6} ms", generator.as_millis());
    println!("floor              {:>6} ms", floor.as_millis());
    println!(
        "  parse contracts  {:>6} ms",
        timed(|| all(&parts, Part::parse))?.as_millis()
    );
    println!(
        "  print sources    {:>6} ms",
        timed(|| all(&parts, Part::print))?.as_millis()
    );
    let ratio = generator.as_secs_f64() / floor.as_secs_f64();
    println!("generator / floor  {ratio:>6.2}");
    Ok(())
}

/// The texts of the files below `spec/`, by file name.
struct Spec {
    contracts: BTreeMap<String, String>,
    overlay: Option<String>,
    documentation: Option<String>,
    versions: Versions,
}

impl Spec {
    fn read() -> Outcome<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec");
        let mut texts = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".yaml") {
                texts.insert(
                    name.clone(),
                    fs::read_to_string(format!("{folder}/{name}"))?,
                );
            }
        }
        let versions = texts.remove("versions.yaml").ok_or("no list of versions")?;
        let name = "versions.yaml";
        let versions = Source {
            name,
            text: &versions,
        };
        Ok(Self {
            versions: Versions::parse(versions).map_err(|report| report.to_string())?,
            overlay: texts.remove("overlay.yaml"),
            documentation: texts.remove("docs.yaml"),
            contracts: texts,
        })
    }

    fn generate(&self) -> Outcome<Output> {
        fn source<'a>(name: &'a str, text: &'a Option<String>) -> Option<Source<'a>> {
            text.as_ref().map(|text| Source { name, text })
        }
        let contracts = self.contracts.iter();
        let input = Input {
            versions: &self.versions,
            contracts: contracts
                .map(|(name, text)| Source { name, text })
                .collect(),
            overlay: source("overlay.yaml", &self.overlay),
            documentation: source("docs.yaml", &self.documentation),
        };
        polar_codegen::generate(&input).map_err(|report| report.to_string().into())
    }

    /// Splits contracts and generated sources into parts, which are processed in parallel.
    fn parts<'a>(&'a self, output: &'a Output) -> Vec<Part<'a>> {
        let mut parts: Vec<Part<'a>> = self
            .contracts
            .values()
            .map(|contract| Part {
                contract,
                sources: Vec::new(),
            })
            .collect();
        let sources = output.files.iter();
        let sources = sources.filter(|(path, _)| path.ends_with(".rs"));
        for (index, (_, text)) in sources.enumerate() {
            let part = index % parts.len();
            parts[part].sources.push(text);
        }
        parts
    }
}

struct Part<'a> {
    contract: &'a str,
    sources: Vec<&'a str>,
}

impl Part<'_> {
    fn parse_and_print(&self) -> Outcome<()> {
        self.parse()?;
        self.print()
    }

    fn parse(&self) -> Outcome<()> {
        black_box(serde_yaml::from_str::<serde_json::Value>(self.contract)?);
        Ok(())
    }

    fn print(&self) -> Outcome<()> {
        for text in &self.sources {
            black_box(prettyplease::unparse(&syn::parse_file(text)?));
        }
        Ok(())
    }
}

/// Processes all parts in parallel.
fn all<'a>(parts: &[Part<'a>], work: fn(&Part<'a>) -> Outcome<()>) -> Outcome<()> {
    thread::scope(|scope| {
        let start = |part| scope.spawn(move || work(part));
        let started: Vec<_> = parts.iter().map(start).collect();
        started.into_iter().try_for_each(|part| {
            part.join()
                .unwrap_or_else(|_| Err("a thread has panicked".into()))
        })
    })
}

fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
