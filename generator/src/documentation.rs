//! The text of doc comments: `spec/docs.yaml`, which is written by hand. Its keys are names of the contract, such as
//! `CustomerSeat.status`, rather than Rust names.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::document::{self, Source};
use crate::error::{Problem, Report};

/// The placeholder in the entry of a filter. It is replaced by what the operation lists, such as `customer seats`.
const ITEMS: &str = "ITEMS";

/// The parsed `docs.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documentation {
    #[serde(skip)]
    file: String,
    /// Services, by the segments of operation IDs except for the last: `customers`, `customers:members`.
    services: BTreeMap<String, String>,
    /// Operations by ID (`customers:list`), their parameters (`customers:list.email`), and the causes of their errors by
    /// status (`customers:get.404`).
    operations: BTreeMap<String, String>,
    /// Programs that call an operation, by its ID. `MODULE` stands for the module of the default version.
    examples: BTreeMap<String, String>,
    /// Optional query parameters by name: which items they select. Used if `operations` has no entry for the parameter of
    /// this operation. `ITEMS` stands for what the operation lists.
    filters: BTreeMap<String, String>,
    /// What an operation lists, in the plural, by its ID. The default is the last segment of its service:
    /// `customer seats` for `customer-seats:list`.
    items: BTreeMap<String, String>,
    /// Schemas (`CustomerSeat`), their fields (`CustomerSeat.status`), and enum values (`SeatStatus.pending`). The schema of
    /// a field may contain one `*`, which stands for any characters: `Benefit*.description`.
    schemas: BTreeMap<String, String>,
    /// Properties that lists are sorted by: what the property is, if its name does not say so. An entry continues a sentence
    /// that begins with "Sorts by".
    sorting: BTreeMap<String, String>,
    /// Fields and parameters by name. Used if there is no entry for the schema or operation.
    fields: BTreeMap<String, String>,
    /// What `None` means in a response, by schema and field, by schema, or by field. An entry continues a sentence that
    /// begins with "`None`": `if it was never modified`.
    none: BTreeMap<String, String>,
    /// What the server does if an optional field of a request is not set, by schema and field, or by field. An entry
    /// continues a sentence that begins with "If not set," or, in a partial update, with "If cleared,": `the customer has
    /// no name`.
    unset: BTreeMap<String, String>,
}

/// How many of the counted items are documented. Items that usually need no entry, such as enum values, are not counted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The items that have an entry.
    pub written: usize,
    /// All counted items.
    pub total: usize,
    /// The missing entries, each as section and key: `operations: customers:list`.
    pub missing: BTreeSet<String>,
}

/// Looks up entries for one version of the API. Records which entries were found and which are missing.
#[derive(Debug)]
pub(crate) struct Glossary<'a> {
    documentation: &'a Documentation,
    patterns: Vec<Pattern<'a>>,
    used: RefCell<BTreeSet<(&'static str, &'a str)>>,
    coverage: RefCell<Coverage>,
}

/// A key for the field of several schemas: `Benefit*.description`.
#[derive(Debug)]
struct Pattern<'a> {
    key: &'a str,
    start: &'a str,
    end: &'a str,
    field: &'a str,
}

impl Documentation {
    /// Reads `docs.yaml`.
    ///
    /// # Errors
    /// An error if the YAML cannot be parsed, or contains duplicate keys or unknown sections.
    pub fn parse(source: Source<'_>) -> Result<Self, Report> {
        let mut documentation = Self::deserialize(document::corrected(source, None)?)
            .map_err(|error| Problem::new(source.name, "", error.to_string()))?;
        documentation.file = source.name.to_owned();
        Ok(documentation)
    }

    /// Returns a problem for every entry that no version uses: its key is misspelled, or the item no longer exists.
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

    fn sections(&self) -> [(&'static str, &BTreeMap<String, String>); 10] {
        [
            ("services", &self.services),
            ("operations", &self.operations),
            ("examples", &self.examples),
            ("filters", &self.filters),
            ("items", &self.items),
            ("schemas", &self.schemas),
            ("sorting", &self.sorting),
            ("fields", &self.fields),
            ("none", &self.none),
            ("unset", &self.unset),
        ]
    }
}

impl<'a> Glossary<'a> {
    pub(crate) fn new(documentation: &'a Documentation) -> Self {
        let keys = documentation.schemas.keys();
        Self {
            documentation,
            patterns: keys.filter_map(|key| Pattern::parse(key)).collect(),
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

    /// Returns the cause of an error of an operation. Not part of the coverage, because many statuses have no cause
    /// beyond their standard phrase.
    pub(crate) fn cause(&self, operation: &str, status: u16) -> Option<String> {
        self.get("operations", &format!("{operation}.{status}"))
    }

    /// Returns a program that calls the operation. Not part of the coverage, because only the most used operations have
    /// one.
    pub(crate) fn example(&self, operation: &str) -> Option<String> {
        self.get("examples", operation)
    }

    /// Returns the documentation of an optional query parameter.
    pub(crate) fn filter(&self, operation: &str, name: &str) -> Option<String> {
        let text = self.find(&[
            ("operations", &format!("{operation}.{name}")),
            ("filters", name),
            ("fields", name),
        ])?;
        Some(match text.contains(ITEMS) {
            true => text.replace(ITEMS, &self.items(operation)),
            false => text,
        })
    }

    /// Returns what an operation lists. Not part of the coverage, because the name of the service usually says it.
    fn items(&self, operation: &str) -> String {
        self.get("items", operation).unwrap_or_else(|| {
            let service = operation.rsplit(':').nth(1).unwrap_or(operation);
            service.replace(['-', '_'], " ")
        })
    }

    /// Returns the documentation of a required parameter. A parameter `id` needs no entry, because its type names the
    /// identified entity.
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

    /// Returns the documentation of a field: the entry for this schema and field, the entry with the longest matching
    /// pattern, or the entry for all fields with this name, in this order.
    pub(crate) fn field(&self, schema: &str, name: &str) -> Option<String> {
        let own = format!("{schema}.{name}");
        let patterns = self.patterns.iter();
        let matching = patterns.filter(|pattern| pattern.matches(schema, name));
        let general = match matching.max_by_key(|pattern| pattern.key.len()) {
            Some(pattern) => ("schemas", pattern.key),
            None => ("fields", name),
        };
        self.find(&[("schemas", &own), general])
    }

    /// Returns what `None` means in a field of a response.
    pub(crate) fn none(&self, schema: &str, name: &str) -> Option<String> {
        self.find(&[
            ("none", &format!("{schema}.{name}")),
            ("none", schema),
            ("none", name),
        ])
    }

    /// Returns what the server does if a field of a request is not set. Not part of the coverage, because the
    /// documentation of the field often implies it.
    pub(crate) fn unset(&self, schema: &str, name: &str) -> Option<String> {
        self.unset_here(schema, name)
            .or_else(|| self.get("unset", name))
    }

    /// Returns the same, but ignores entries for all fields with this name.
    pub(crate) fn unset_here(&self, schema: &str, name: &str) -> Option<String> {
        self.get("unset", &format!("{schema}.{name}"))
    }

    /// Returns the documentation of an enum value: its own, or for an enum of requests, that of the same value in
    /// responses. Not part of the coverage, because some values are self-explanatory.
    pub(crate) fn value(&self, schema: &str, value: &str) -> Option<String> {
        let received = schema.strip_suffix("Input").unwrap_or(schema);
        let mut schemas = [schema, received].into_iter();
        schemas.find_map(|schema| self.get("schemas", &format!("{schema}.{value}")))
    }

    /// Returns what a property is that lists are sorted by.
    pub(crate) fn sorted_by(&self, property: &str) -> String {
        self.get("sorting", property)
            .unwrap_or_else(|| property.replace('_', " "))
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

impl<'a> Pattern<'a> {
    fn parse(key: &'a str) -> Option<Self> {
        let (schema, field) = key.split_once('.')?;
        let (start, end) = schema.split_once('*')?;
        Some(Self {
            key,
            start,
            end,
            field,
        })
    }

    fn matches(&self, schema: &str, field: &str) -> bool {
        let rest = schema.strip_prefix(self.start);
        self.field == field && rest.is_some_and(|rest| rest.ends_with(self.end))
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
    fn a_filter_names_what_the_operation_lists() {
        let documentation = Documentation::parse(Source {
            name: "docs.yaml",
            text: "filters:\n  id: Only ITEMS with this ID.\nitems:\n  seats:list_names: names of seats\n",
        })
        .unwrap();
        let glossary = Glossary::new(&documentation);
        let list = |operation| glossary.filter(operation, "id");
        let own = list("seats:list_names");
        assert_eq!(own.as_deref(), Some("Only names of seats with this ID."));
        let service = list("portal:customer-seats:list");
        let expected = "Only customer seats with this ID.";
        assert_eq!(service.as_deref(), Some(expected));
        let (_, used) = glossary.finish();
        assert_eq!(documentation.unused(&used), []);
    }

    #[test]
    fn the_longest_pattern_documents_a_field_without_an_entry_of_its_own() {
        let documentation = Documentation::parse(Source {
            name: "docs.yaml",
            text: "schemas:\n  Seat*.id: Of a seat.\n  Seat*Update.id: Of an update.\n  SeatPlan.id: Of a plan.\n\
                   fields:\n  id: Any id.\n",
        })
        .unwrap();
        let glossary = Glossary::new(&documentation);
        let id = |schema| glossary.field(schema, "id");
        assert_eq!(id("SeatList").as_deref(), Some("Of a seat."));
        assert_eq!(id("SeatBigUpdate").as_deref(), Some("Of an update."));
        assert_eq!(id("SeatPlan").as_deref(), Some("Of a plan."));
        assert_eq!(id("Order").as_deref(), Some("Any id."));
        let (_, used) = glossary.finish();
        assert_eq!(documentation.unused(&used), []);
    }

    #[test]
    fn a_value_of_requests_is_documented_like_that_of_responses() {
        let documentation = Documentation::parse(Source {
            name: "docs.yaml",
            text: "schemas:\n  Color.red: Like a rose.\n  Color.blue: Like the sky.\n  ColorInput.blue: Like ink.\n",
        })
        .unwrap();
        let glossary = Glossary::new(&documentation);
        let color = |value| glossary.value("ColorInput", value);
        assert_eq!(color("red").as_deref(), Some("Like a rose."));
        assert_eq!(color("blue").as_deref(), Some("Like ink."));
        assert_eq!(color("green"), None);
    }

    #[test]
    fn a_sorting_property_is_described_by_its_entry_or_its_name() {
        let documentation = Documentation::parse(Source {
            name: "docs.yaml",
            text: "sorting:\n  created_at: time of creation\n",
        })
        .unwrap();
        let glossary = Glossary::new(&documentation);
        assert_eq!(glossary.sorted_by("created_at"), "time of creation");
        assert_eq!(glossary.sorted_by("net_amount"), "net amount");
        let (_, used) = glossary.finish();
        assert_eq!(documentation.unused(&used), []);
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
