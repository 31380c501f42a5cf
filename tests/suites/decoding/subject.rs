//! Test fixture for one API version: decode table, contract and rules.

use std::collections::BTreeSet;
use std::env;
use std::sync::{LazyLock, OnceLock};

use polar_tests::contract::{Contract, Generator, Instance, Rules};
use polar_tests::decoded::{Decoded, Entry, Table};
use polar_tests::difference::{Difference, Undocumented};
use serde_json::Value;

/// The number of instances of each type if `POLAR_CASES` is not set.
const DEFAULT_CASES: u64 = 2;

/// A version.
pub(crate) struct Subject {
    pub(crate) table: &'static Table,
    pub(crate) contract: Contract,
    /// The rules of all types by location, computed when they are first needed.
    rules: OnceLock<Rules>,
}

static SUBJECTS: LazyLock<Vec<(&Table, OnceLock<Subject>)>> = LazyLock::new(|| {
    let tables = crate::TABLES.iter();
    tables.map(|table| (*table, OnceLock::new())).collect()
});

/// Returns the subject of a version. Reading a contract takes longer than most tests, so they share it.
pub(crate) fn subject(version: &str) -> &'static Subject {
    let mut subjects = SUBJECTS.iter();
    let found = subjects.find(|(table, _)| table.version == version);
    let (table, subject) = found.unwrap_or_else(|| panic!("{version} is not listed"));
    subject.get_or_init(|| Subject::new(table))
}

/// A schema to generate instances of a type from: for a union, one for each variant.
pub(crate) struct Source<'s> {
    pub(crate) entry: &'static Entry,
    /// The variant of a union that is discriminated.
    pub(crate) variant: Option<&'static str>,
    /// Where the contract has the schema.
    pub(crate) pointer: String,
    pub(crate) schema: &'s Value,
}

/// An instance of a type.
pub(crate) struct Case<'s> {
    pub(crate) source: &'s Source<'s>,
    pub(crate) seed: u64,
    pub(crate) instance: Instance,
}

impl Subject {
    fn new(table: &'static Table) -> Self {
        Self {
            table,
            contract: Contract::of_version(table.version),
            rules: OnceLock::new(),
        }
    }

    /// Returns a source for each type, and for each variant of a union.
    pub(crate) fn sources(&self) -> Vec<Source<'_>> {
        let mut sources = Vec::new();
        for entry in self.table.types {
            let mut add = |pointer: &str, variant| {
                let place = self.contract.place(pointer);
                sources.push(Source {
                    entry,
                    variant,
                    pointer: place.pointer,
                    schema: place.schema,
                });
            };
            match &entry.union {
                None => add(entry.pointer, None),
                Some(union) => {
                    for (variant, pointers) in union.variants {
                        pointers
                            .iter()
                            .for_each(|pointer| add(pointer, Some(*variant)));
                    }
                }
            }
        }
        sources
    }

    /// Calls `check` with random instances of every source, and fails with its errors.
    pub(crate) fn each_case(
        &self,
        check: impl Fn(&Case<'_>, &mut Generator<'_>) -> Result<(), String>,
    ) {
        let (seed, cases) = (
            setting("POLAR_SEED", 1),
            setting("POLAR_CASES", DEFAULT_CASES),
        );
        for source in &self.sources() {
            for seed in seed..seed + cases {
                let mut generator = Generator::new(&self.contract, seed);
                let instance = generator.non_null(source.schema);
                let case = Case {
                    source,
                    seed,
                    instance,
                };
                if let Err(problem) = check(&case, &mut generator) {
                    panic!("{}{problem}", case.describe(self.table.version));
                }
            }
        }
    }

    /// Returns the rules at the places of all types.
    pub(crate) fn rules(&self) -> &Rules {
        self.rules.get_or_init(|| {
            let sources = self.sources();
            Rules::new(
                &self.contract,
                sources.iter().map(|source| source.pointer.as_str()),
            )
        })
    }

    /// Compares the encoded value with its source.
    pub(crate) fn difference<'c>(
        &self,
        constants: &'c BTreeSet<(&'c str, &'c str)>,
    ) -> Difference<'c> {
        Difference {
            constants,
            undocumented: Undocumented::None,
        }
    }
}

impl Case<'_> {
    /// Decodes a JSON string.
    pub(crate) fn decode(&self, text: &str) -> Result<Box<dyn Decoded>, String> {
        (self.source.entry.decode)(text).map_err(|error| format!("refused: {error}\n{text}"))
    }

    /// Returns the name of the variant that a value has, if the type is a union that is discriminated.
    pub(crate) fn variant_of(&self, value: &dyn Decoded) -> Option<&'static str> {
        let union = self.source.entry.union.as_ref()?;
        Some((union.variant)(value))
    }

    fn describe(&self, version: &str) -> String {
        let Source {
            entry,
            variant,
            pointer,
            ..
        } = self.source;
        format!(
            "{} of {version}, variant {variant:?}, from {pointer}\nPOLAR_SEED={} POLAR_CASES=1\n{:#}\n",
            entry.name, self.seed, self.instance.value
        )
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// A test for each version.
macro_rules! for_each_version {
    ($($(#[$doc:meta])* $name:ident: $check:path;)*) => {
        $(
            $(#[$doc])*
            mod $name {
                use super::*;
                polar_tests::each_version! { version_test($check) }
            }
        )*
    };
}
pub(crate) use for_each_version;

macro_rules! version_test {
    ($name:ident $version:literal $check:path) => {
        #[test]
        fn $name() {
            $check(crate::subject::subject($version));
        }
    };
}
pub(crate) use version_test;
