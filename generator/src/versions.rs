//! The supported versions of the API: `spec/versions.yaml`, the only place that lists them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::document::{self, Source};
use crate::error::{Problem, Report, escape_pointer};
use crate::names;

/// The parsed `versions.yaml`. Contains at least one version, and the default is one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    file: String,
    default: String,
    states: BTreeMap<String, State>,
}

/// The state of a version in Polar's rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The version no longer changes, and Polar will stop serving it.
    Deprecated {
        /// The month in which Polar stops serving it: `YYYY-MM`.
        removed: String,
    },
    /// The latest stable version, which no longer changes.
    Current,
    /// The upcoming version, which may change at any time until it becomes the current one.
    Next,
}

impl Versions {
    /// Parses `versions.yaml`.
    ///
    /// # Errors
    /// An error for YAML that cannot be parsed, unknown, missing or duplicate keys, an invalid version or month, more
    /// than one current version, or a default that is not listed.
    pub fn parse(source: Source<'_>) -> Result<Self, Report> {
        let tree = document::corrected(source, None)?;
        let mut reader = Reader {
            file: source.name,
            problems: Vec::new(),
        };
        let versions = reader.versions(&tree);
        Report::check(reader.problems)?;
        Ok(versions)
    }

    /// Returns the version whose feature is enabled by default.
    #[must_use]
    pub fn default_version(&self) -> &str {
        &self.default
    }

    /// Returns all versions, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &State)> {
        let states = self.states.iter();
        states.map(|(version, state)| (version.as_str(), state))
    }

    /// Compares the list with the contracts, each given by its file and version. Returns a problem for every contract
    /// whose version is not listed, and for every listed version without a contract.
    pub(crate) fn compare<'c>(
        &self,
        contracts: impl Iterator<Item = (&'c str, &'c str)> + Clone,
    ) -> Vec<Problem> {
        let unlisted = contracts
            .clone()
            .filter(|(_, version)| !self.states.contains_key(*version));
        let unlisted = unlisted.map(|(file, version)| {
            let list = &self.file;
            let message = format!(
                "version {version} is not listed in {list}: list it there, or remove this file"
            );
            Problem::new(file, "/info/version", message)
        });
        let missing = self
            .states
            .keys()
            .filter(|listed| !contracts.clone().any(|(_, version)| version == *listed));
        let missing = missing.map(|version| {
            let message = format!(
                "the contract of version {version} is missing: restore its file, or remove this entry"
            );
            Problem::new(&self.file, format!("/versions/{version}"), message)
        });
        unlisted.chain(missing).collect()
    }

    /// Rejects corrections whose `x-versions` name a version that is not listed. Without this check, they would be
    /// ignored silently after the version is removed.
    ///
    /// # Errors
    /// An error for an overlay that cannot be parsed, and for every version in `x-versions` that is not listed.
    pub(crate) fn check_corrections(&self, overlay: Source<'_>) -> Result<(), Report> {
        let named = document::named_versions(overlay)?;
        let unlisted = named
            .into_iter()
            .filter(|(_, version)| !self.states.contains_key(version));
        Report::check(unlisted.map(|(pointer, version)| {
            let list = &self.file;
            let message = format!("version {version} is not listed in {list}");
            Problem::new(overlay.name, pointer, message)
        }))
    }
}

/// Converts the parsed YAML to [`Versions`], and collects its problems.
struct Reader<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, pointer: &str, message: impl Into<String>) {
        self.problems
            .push(Problem::new(self.file, pointer, message));
    }

    fn versions(&mut self, tree: &Value) -> Versions {
        let root = self.object("", tree, &["default", "versions"]);
        let default = self.text("", root, "default");
        let mut states = BTreeMap::new();
        let listed = root.get("versions").unwrap_or(&Value::Null);
        for (version, entry) in self.mapping("/versions", listed) {
            let pointer = format!("/versions/{}", escape_pointer(version));
            if !names::is_version(version) {
                let message = format!("expected a version like `2026-10`, found `{version}`");
                self.problem(&pointer, message);
            }
            if let Some(state) = self.state(&pointer, entry) {
                states.insert(version.clone(), state);
            }
        }
        let current = states.values().filter(|state| **state == State::Current);
        if current.count() > 1 {
            self.problem("/versions", "more than one version is `current`");
        }
        if !default.is_empty()
            && !listed
                .as_object()
                .is_some_and(|it| it.contains_key(default))
        {
            let message = format!("`{default}` is not one of the versions that are listed");
            self.problem("/default", message);
        }
        Versions {
            file: self.file.to_owned(),
            default: default.to_owned(),
            states,
        }
    }

    fn state(&mut self, pointer: &str, entry: &Value) -> Option<State> {
        let entry = self.object(pointer, entry, &["state", "removed"]);
        let state = match self.text(pointer, entry, "state") {
            "deprecated" => {
                let removed = self.text(pointer, entry, "removed").to_owned();
                if !removed.is_empty() && !names::is_version(&removed) {
                    let message = format!("expected a month like `2027-01`, found `{removed}`");
                    self.problem(&format!("{pointer}/removed"), message);
                }
                return Some(State::Deprecated { removed });
            }
            "current" => Some(State::Current),
            "next" => Some(State::Next),
            "" => None,
            other => {
                let message =
                    format!("expected `deprecated`, `current` or `next`, found `{other}`");
                self.problem(&format!("{pointer}/state"), message);
                None
            }
        };
        if entry.contains_key("removed") {
            let message = "`removed` is only allowed on `deprecated` versions";
            self.problem(&format!("{pointer}/removed"), message);
        }
        state
    }

    /// Returns the value as a mapping. Reports unknown keys.
    fn object<'v>(
        &mut self,
        pointer: &str,
        value: &'v Value,
        known: &[&str],
    ) -> &'v Map<String, Value> {
        let object = self.mapping(pointer, value);
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let pointer = format!("{pointer}/{}", escape_pointer(key));
            let message = format!("unknown key: expected {}", known.join(" or "));
            self.problem(&pointer, message);
        }
        object
    }

    fn mapping<'v>(&mut self, pointer: &str, value: &'v Value) -> &'v Map<String, Value> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match value.as_object() {
            Some(object) => object,
            None => {
                self.problem(pointer, "expected a mapping");
                &EMPTY
            }
        }
    }

    /// Returns the string at a required key. If it is missing, reports a problem and returns an empty string.
    fn text<'v>(&mut self, pointer: &str, object: &'v Map<String, Value>, key: &str) -> &'v str {
        match object.get(key).map(Value::as_str) {
            Some(Some(text)) if !text.is_empty() => text,
            Some(_) => {
                self.problem(&format!("{pointer}/{key}"), "expected a string");
                ""
            }
            None => {
                self.problem(pointer, format!("`{key}` is missing"));
                ""
            }
        }
    }
}
