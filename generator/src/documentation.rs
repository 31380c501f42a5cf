//! The text of the doc comments: `spec/docs.yaml`, written by hand, looked up by wire names.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::document::{self, Source};
use crate::error::{Problem, Report};

/// The parsed `docs.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documentation {
    #[serde(skip)]
    file: String,
    /// By the segments of an operation id without the last: `customers`, `customers:members`.
    services: BTreeMap<String, String>,
    /// By operation id; operation id and parameter; or operation id and error status, for the cause of the error:
    /// `customers:list`, `customers:list.email`, `customers:get.404`.
    operations: BTreeMap<String, String>,
    /// By operation id: a program that calls the operation. `MODULE` stands for the module of the default version.
    examples: BTreeMap<String, String>,
    /// By name of an optional query parameter: the items that it selects, if the operation has no more specific entry.
    filters: BTreeMap<String, String>,
    /// By schema, schema and field, or enum and value: `CustomerSeat`, `CustomerSeat.status`, `SeatStatus.pending`.
    schemas: BTreeMap<String, String>,
    /// By field or parameter name, if there is no more specific entry.
    fields: BTreeMap<String, String>,
}

/// How many look-ups found an entry.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Look-ups that found an entry.
    pub written: usize,
    /// All look-ups.
    pub total: usize,
    /// The most specific entries that would have been found: `operations: customers:list`.
    pub missing: BTreeSet<String>,
}

/// Looks up documentation, and records which entries were requested and found.
#[derive(Debug)]
pub(crate) struct Glossary<'a> {
    documentation: &'a Documentation,
    used: RefCell<BTreeSet<(&'static str, &'a str)>>,
    coverage: RefCell<Coverage>,
}

impl Documentation {
    /// Reads `docs.yaml`.
    ///
    /// # Errors
    /// YAML that cannot be parsed, duplicate keys, and unknown sections.
    pub fn parse(source: Source<'_>) -> Result<Self, Report> {
        let mut documentation = Self::deserialize(document::corrected(source, None)?)
            .map_err(|error| Problem::new(source.name, "", error.to_string()))?;
        documentation.file = source.name.to_owned();
        Ok(documentation)
    }

    /// Returns a problem for every entry that no version requested: it is misspelt, or its subject no longer exists.
    pub(crate) fn unused(&self, used: &BTreeSet<(&'static str, &str)>) -> Vec<Problem> {
        self.sections()
            .into_iter()
            .flat_map(|(section, entries)| entries.keys().map(move |key| (section, key.as_str())))
            .filter(|entry| !used.contains(entry))
            .map(|(section, key)| {
                let pointer = format!("/{section}/{}", crate::error::escape_pointer(key));
                Problem::new(
                    &self.file,
                    pointer,
                    "matches nothing in any version of the contract",
                )
            })
            .collect()
    }

    fn sections(&self) -> [(&'static str, &BTreeMap<String, String>); 6] {
        [
            ("services", &self.services),
            ("operations", &self.operations),
            ("examples", &self.examples),
            ("filters", &self.filters),
            ("schemas", &self.schemas),
            ("fields", &self.fields),
        ]
    }
}

impl<'a> Glossary<'a> {
    pub(crate) fn new(documentation: &'a Documentation) -> Self {
        Self {
            documentation,
            used: RefCell::default(),
            coverage: RefCell::default(),
        }
    }

    pub(crate) fn finish(self) -> (Coverage, BTreeSet<(&'static str, &'a str)>) {
        (self.coverage.into_inner(), self.used.into_inner())
    }

    pub(crate) fn service(&self, path: &str) -> Option<String> {
        self.find(&[("services", path)])
    }

    pub(crate) fn operation(&self, id: &str) -> Option<String> {
        self.find(&[("operations", id)])
    }

    /// Returns the cause of an error of an operation. Not counted: many statuses have no cause beyond their standard
    /// phrase.
    pub(crate) fn cause(&self, operation: &str, status: u16) -> Option<String> {
        self.get("operations", &format!("{operation}.{status}"))
    }

    /// Returns a program that calls the operation. Not counted: only the most used operations have one.
    pub(crate) fn example(&self, operation: &str) -> Option<String> {
        self.get("examples", operation)
    }

    /// Returns the documentation of an optional query parameter.
    pub(crate) fn filter(&self, operation: &str, name: &str) -> Option<String> {
        self.find(&[
            ("operations", &format!("{operation}.{name}")),
            ("filters", name),
            ("fields", name),
        ])
    }

    /// Returns the documentation of a required parameter. The type of an `id` already names what it identifies, so it
    /// needs no entry of its own.
    pub(crate) fn parameter(&self, operation: &str, name: &str) -> Option<String> {
        let specific = format!("{operation}.{name}");
        match name {
            "id" => self.get("operations", &specific),
            _ => self.find(&[("operations", &specific), ("fields", name)]),
        }
    }

    pub(crate) fn schema(&self, name: &str) -> Option<String> {
        self.find(&[("schemas", name)])
    }

    pub(crate) fn field(&self, schema: &str, name: &str) -> Option<String> {
        self.find(&[("schemas", &format!("{schema}.{name}")), ("fields", name)])
    }

    /// Returns the documentation of an enum value. Not counted: most values are self-explanatory.
    pub(crate) fn value(&self, schema: &str, value: &str) -> Option<String> {
        self.get("schemas", &format!("{schema}.{value}"))
    }

    fn find(&self, keys: &[(&'static str, &str)]) -> Option<String> {
        let found = keys
            .iter()
            .find_map(|(section, key)| self.get(section, key));
        let mut coverage = self.coverage.borrow_mut();
        coverage.total += 1;
        coverage.written += usize::from(found.is_some());
        if let (None, Some((section, key))) = (&found, keys.first()) {
            coverage.missing.insert(format!("{section}: {key}"));
        }
        found
    }

    fn get(&self, section: &'static str, key: &str) -> Option<String> {
        let entries = self
            .documentation
            .sections()
            .into_iter()
            .find(|(name, _)| *name == section)?
            .1;
        let (key, text) = entries.get_key_value(key)?;
        self.used.borrow_mut().insert((section, key));
        Some(text.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    const DOCS: Source<'_> = Source {
        name: "docs.yaml",
        text: "schemas:\n  Seat: A seat.\n  Seat.id: Its id.\nfields:\n  id: Any id.\n  gone: Nothing.\n",
    };

    #[test]
    fn the_most_specific_words_win_and_are_counted() {
        let documentation = Documentation::parse(DOCS).unwrap();
        let glossary = Glossary::new(&documentation);
        assert_eq!(glossary.field("Seat", "id").as_deref(), Some("Its id."));
        assert_eq!(glossary.field("Order", "id").as_deref(), Some("Any id."));
        assert_eq!(glossary.field("Order", "total"), None);
        let (coverage, used) = glossary.finish();
        assert_eq!(
            coverage,
            Coverage {
                written: 2,
                total: 3,
                missing: BTreeSet::from(["schemas: Order.total".to_owned()]),
            }
        );
        let unused: Vec<_> = documentation
            .unused(&used)
            .into_iter()
            .map(|problem| problem.pointer)
            .collect();
        assert_eq!(unused, ["/schemas/Seat", "/fields/gone"]);
    }

    #[test]
    fn a_filter_has_words_of_its_own_before_those_of_the_field() {
        let documentation = Documentation::parse(Source {
            name: "docs.yaml",
            text: "filters:\n  id: Only these.\nfields:\n  id: Any id.\n  name: A name.\n",
        })
        .unwrap();
        let glossary = Glossary::new(&documentation);
        let list = |name| glossary.filter("seats:list", name);
        assert_eq!(list("id").as_deref(), Some("Only these."));
        assert_eq!(list("name").as_deref(), Some("A name."));
        let required = |name| glossary.parameter("seats:get", name);
        assert_eq!(required("name").as_deref(), Some("A name."));
        assert_eq!(required("id"), None);
    }

    #[test]
    fn an_example_of_an_unknown_operation_is_an_error_with_its_pointer() {
        let documentation = Documentation::parse(Source {
            name: "docs.yaml",
            text: "examples:\n  seats:get: |\n    fn a() {\n        b()\n    }\n  seats:gone: fn a() {}\n",
        })
        .unwrap();
        let glossary = Glossary::new(&documentation);
        let example = glossary.example("seats:get");
        assert_eq!(example.as_deref(), Some("fn a() {\n    b()\n}"));
        let (coverage, used) = glossary.finish();
        assert_eq!(coverage, Coverage::default());
        let unused = documentation.unused(&used);
        let places: Vec<_> = unused
            .iter()
            .map(|problem| (problem.file.as_str(), problem.pointer.as_str()))
            .collect();
        assert_eq!(places, [("docs.yaml", "/examples/seats:gone")]);
    }

    #[test]
    fn an_unknown_section_is_an_error_that_names_it() {
        let error = Documentation::parse(Source {
            name: "docs.yaml",
            text: "schemata: {}",
        })
        .unwrap_err();
        assert!(
            error.to_string().contains("unknown field `schemata`"),
            "{error}"
        );
    }
}
