//! The state of an extraction, and functions that take keys from the objects of a document. A key that is not taken when
//! its object is finished is either omitted or rejected.

use std::collections::BTreeMap;

use polar_codegen::Problem;
use serde_json::{Map, Value};

use super::omitted::Omitted;

/// An object of the document.
pub(super) type Entries = Map<String, Value>;

/// The state of the extraction of a contract from a document.
pub(super) struct Extractor<'a> {
    /// The name of the document in messages.
    pub(super) from: &'a str,
    pub(super) problems: Vec<Problem>,
    pub(super) omitted: Omitted,
    /// The references in the parts that are kept: the place of the first one, by target.
    pub(super) references: BTreeMap<String, String>,
}

impl<'a> Extractor<'a> {
    pub(super) fn new(from: &'a str) -> Self {
        Self {
            from,
            problems: Vec::new(),
            omitted: Omitted::default(),
            references: BTreeMap::new(),
        }
    }

    pub(super) fn problem(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(self.from, at, message));
    }

    pub(super) fn refer(&mut self, reference: &str, at: &str) {
        self.references
            .entry(reference.to_owned())
            .or_insert_with(|| at.to_owned());
    }

    pub(super) fn entries(&mut self, value: Option<Value>, at: &str) -> Entries {
        match value {
            Some(Value::Object(entries)) => entries,
            None => Entries::new(),
            Some(_) => {
                self.problem(at, "expected an object");
                Entries::new()
            }
        }
    }

    pub(super) fn items(&mut self, value: Option<Value>, at: &str) -> Vec<Value> {
        match value {
            Some(Value::Array(items)) => items,
            None => Vec::new(),
            Some(_) => {
                self.problem(at, "expected an array");
                Vec::new()
            }
        }
    }

    pub(super) fn omit(&mut self, from: &mut Entries, name: &str, what: &'static str) {
        if from.remove(name).is_some() {
            self.omitted.count(what);
        }
    }

    /// Finishes an object after all supported keys were taken: each remaining key is omitted and counted, or rejected.
    pub(super) fn finish(&mut self, rest: Entries, at: &str) {
        for name in rest.keys() {
            if !self.omitted.accepts(name) {
                let message = format!(
                    "unknown keyword `{name}`: it may affect requests or responses, so the importer \
                     has to support it"
                );
                self.problem(child(at, name), message);
            }
        }
    }
}

/// Moves the named keys without changing their values, in the order of `names`.
pub(super) fn keep(from: &mut Entries, to: &mut Entries, names: &[&str]) {
    for name in names {
        if let Some(value) = from.remove(*name) {
            to.insert((*name).to_owned(), value);
        }
    }
}

pub(super) fn sorted(entries: Entries) -> BTreeMap<String, Value> {
    entries.into_iter().collect()
}

pub(super) fn child(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}
