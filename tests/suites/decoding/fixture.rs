//! The fixture of an API version: the table of decoded types, the contract, and its compiled schemas.

use std::collections::BTreeSet;
use std::env;
use std::sync::{LazyLock, OnceLock};

use polar_tests::contract::{Contract, Generator, Instance, Rules};
use polar_tests::decoded::{Decoded, Entry, Table};
use polar_tests::difference::{Difference, Undocumented};
use serde_json::Value;

/// The number of instances of each type if `POLAR_CASES` is not set.
const DEFAULT_CASES: u64 = 2;

/// The fixture of a version.
pub(crate) struct VersionFixture {
    pub(crate) table: &'static Table,
    pub(crate) contract: Contract,
    /// The compiled schemas of all types by place, created on first use.
    rules: OnceLock<Rules>,
}

static FIXTURES: LazyLock<Vec<(&Table, OnceLock<VersionFixture>)>> = LazyLock::new(|| {
    let tables = crate::TABLES.iter();
    tables.map(|table| (*table, OnceLock::new())).collect()
});

/// Returns the fixture of a version. All tests share it, because reading a contract takes longer than most tests.
pub(crate) fn fixture(version: &str) -> &'static VersionFixture {
    let mut fixtures = FIXTURES.iter();
    let found = fixtures.find(|(table, _)| table.version == version);
    let (table, fixture) = found.unwrap_or_else(|| panic!("{version} is not listed"));
    fixture.get_or_init(|| VersionFixture::new(table))
}

/// A type and a schema from which instances of it are generated. A union has a source for each variant.
pub(crate) struct Source<'s> {
    pub(crate) entry: &'static Entry,
    /// The variant, if the type is a discriminated union.
    pub(crate) variant: Option<&'static str>,
    /// The JSON pointer of the schema.
    pub(crate) pointer: String,
    pub(crate) schema: &'s Value,
}

/// A random instance of a type.
pub(crate) struct Case<'s> {
    pub(crate) source: &'s Source<'s>,
    pub(crate) seed: u64,
    pub(crate) instance: Instance,
}

impl VersionFixture {
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

    /// Calls `check` with random instances of every source, and fails with all errors.
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

    /// Returns the compiled schemas of all types.
    pub(crate) fn rules(&self) -> &Rules {
        self.rules.get_or_init(|| {
            let sources = self.sources();
            Rules::new(
                &self.contract,
                sources.iter().map(|source| source.pointer.as_str()),
            )
        })
    }

    /// Compares the encoded value with the original.
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
        (self.source.entry.decode)(text).map_err(|error| format!("rejected: {error}\n{text}"))
    }

    /// Returns the name of a value's variant, if the type is a discriminated union.
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

/// Defines a module for each check, with a test for each version.
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
            $check(crate::fixture::fixture($version));
        }
    };
}
pub(crate) use version_test;
