//! Counts the keys that an import omits: prose and vendor extensions.

use std::collections::BTreeMap;
use std::fmt;

/// The number of omitted keys, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Keywords of OpenAPI that a client does not need, by a plural noun.
    pub known: BTreeMap<&'static str, usize>,
    /// Vendor extensions, by key (`x-mint`).
    pub extensions: BTreeMap<String, usize>,
}

/// Keywords that have no effect on requests and responses, and are omitted everywhere. Each comes with the noun that counts
/// it in the summary.
const PROSE_KEYWORDS: &[(&str, &str)] = &[
    ("$comment", "comments"),
    ("description", "descriptions"),
    ("enumNames", "enum names"),
    ("example", "examples"),
    ("examples", "examples"),
    ("externalDocs", "links"),
    ("summary", "summaries"),
    ("tags", "tags"),
];

impl Omitted {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.known.entry(what).or_default() += 1;
    }

    /// Counts a keyword, if it can be omitted. Returns whether it was.
    ///
    /// Every vendor extension can be omitted. That includes those that have a meaning in the overlay (`x-secret`): a
    /// published document cannot use them.
    pub(super) fn accepts(&mut self, keyword: &str) -> bool {
        if let Some((_, what)) = PROSE_KEYWORDS.iter().find(|(name, _)| *name == keyword) {
            self.count(what);
            return true;
        }
        let is_extension = keyword.starts_with("x-");
        if is_extension {
            *self.extensions.entry(keyword.to_owned()).or_default() += 1;
        }
        is_extension
    }
}

impl fmt::Display for Omitted {
    /// Writes `left out: descriptions (12); vendor extensions: x-mint (3)`, or nothing if no key was omitted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: Vec<(&str, usize)>| {
            let names = names
                .iter()
                .map(|(name, count)| format!("{name} ({count})"));
            names.collect::<Vec<_>>().join(", ")
        };
        let known = self.known.iter().map(|(name, count)| (*name, *count));
        let extensions = self.extensions.iter();
        let extensions = extensions.map(|(name, count)| (name.as_str(), *count));
        let parts = [
            ("left out", list(known.collect())),
            ("vendor extensions", list(extensions.collect())),
        ];
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        let parts = parts.map(|(title, names)| format!("{title}: {names}"));
        f.write_str(&parts.collect::<Vec<_>>().join("; "))
    }
}
