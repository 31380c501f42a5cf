//! The state of an import, and how parts of a document are taken from it.

use std::collections::BTreeMap;

use polar_codegen::Problem;
use serde_json::{Map, Value};

use super::omitted::Omitted;

/// An object of the document.
pub(super) type Entries = Map<String, Value>;

/// The state of an import.
pub(super) struct Work<'a> {
    pub(super) from: &'a str,
    pub(super) problems: Vec<Problem>,
    pub(super) omitted: Omitted,
    /// The references of the kept parts: the place of each, by its target.
    pub(super) references: BTreeMap<String, String>,
}

impl<'a> Work<'a> {
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

    pub(super) fn leave_out(&mut self, from: &mut Entries, name: &str, what: &'static str) {
        if from.remove(name).is_some() {
            self.omitted.count(what);
        }
    }

    /// Omits the remaining keys of an object after all supported ones were taken, or rejects them.
    pub(super) fn finish(&mut self, rest: Entries, at: &str) {
        for name in rest.keys() {
            if !self.omitted.accepts(name) {
                let message = format!(
                    "unknown keyword `{name}`: it may change what is sent or received, so the importer has to \
                     learn what it means"
                );
                self.problem(child(at, name), message);
            }
        }
    }
}

/// Moves keys unchanged, in the order of `names`.
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
