//! The fixture of an API version: the operations of the client, and the contract against which they are tested.

use std::collections::BTreeSet;
use std::env;
use std::sync::{LazyLock, OnceLock};

use polar_client_runtime::client::Server;
use polar_tests::contract::{Contract, Operation as Described, Rules, Schema};
use polar_tests::difference::{Difference, Undocumented};

use crate::calls::{Operation, Version};

/// The fixture of a version.
pub(crate) struct VersionFixture {
    pub(crate) client: &'static Version,
    /// The uncorrected contract, read without the generator. Requests are validated against it.
    pub(crate) uncorrected: Contract,
    /// The corrected contract, for responses and the few parameters in [`CORRECTED`].
    pub(crate) corrected: Contract,
    uncorrected_rules: Rules,
    corrected_rules: Rules,
    /// Data of the contract that every call needs, computed on first use.
    facts: OnceLock<Facts>,
}

struct Facts {
    uncorrected: Vec<Described<'static>>,
    corrected: Vec<Described<'static>>,
    constants: BTreeSet<(&'static str, &'static str)>,
}

/// Parameters that are validated against the corrected contract. The uncorrected one only states that `filter` is a
/// string, and lacks the others.
const CORRECTED: [(&str, &str); 8] = [
    ("/v1/events/", "cursor_pagination"),
    ("/v1/events/", "filter"),
    ("/v1/oauth2/authorize", "client_id"),
    ("/v1/oauth2/authorize", "redirect_uri"),
    ("/v1/oauth2/authorize", "response_type"),
    ("/v1/oauth2/authorize", "scope"),
    ("/v1/oauth2/authorize", "state"),
    ("/v1/oauth2/authorize", "sub_type"),
];

static FIXTURES: LazyLock<Vec<(&Version, OnceLock<VersionFixture>)>> = LazyLock::new(|| {
    let versions = crate::VERSIONS.iter();
    versions
        .map(|version| (*version, OnceLock::new()))
        .collect()
});

/// Returns the fixture of a version. All tests share it, because reading a contract takes long.
pub(crate) fn fixture(version: &str) -> &'static VersionFixture {
    let mut fixtures = FIXTURES.iter();
    let found = fixtures.find(|(client, _)| client.version == version);
    let (client, fixture) = found.unwrap_or_else(|| panic!("{version} is not listed"));
    fixture.get_or_init(|| VersionFixture::new(client))
}

impl VersionFixture {
    fn new(client: &'static Version) -> Self {
        let uncorrected = Contract::uncorrected_by_another_parser(client.version);
        let corrected = Contract::of_version(client.version);
        Self {
            client,
            uncorrected_rules: rules(&uncorrected, |_, _| true),
            corrected_rules: rules(&corrected, is_corrected),
            uncorrected,
            corrected,
            facts: OnceLock::new(),
        }
    }

    fn facts(&'static self) -> &'static Facts {
        self.facts.get_or_init(|| Facts {
            uncorrected: self.uncorrected.operations(),
            corrected: self.corrected.operations(),
            constants: self.corrected.optional_constants(),
        })
    }

    /// Returns the operations of the uncorrected contract.
    pub(crate) fn uncorrected_operations(&'static self) -> &'static [Described<'static>] {
        &self.facts().uncorrected
    }

    /// Returns an operation of the corrected contract.
    pub(crate) fn described(
        &'static self,
        method: &str,
        path: &str,
    ) -> &'static Described<'static> {
        let mut all = self.facts().corrected.iter();
        all.find(|it| (it.method.as_str(), it.path) == (method, path))
            .unwrap_or_else(|| panic!("{method} {path} is not in the contract"))
    }

    /// Returns a comparison that ignores differences without a meaning.
    pub(crate) fn difference(&'static self) -> Difference<'static> {
        Difference {
            constants: &self.facts().constants,
            undocumented: Undocumented::None,
        }
    }

    /// Returns the version: `2026-10`.
    pub(crate) fn version(&self) -> &'static str {
        self.client.version
    }

    /// Returns the operations of the client on a server; only that of `POLAR_OPERATION` if the variable is set.
    pub(crate) fn operations(&self, url: &str) -> Vec<Operation> {
        let picked = env::var("POLAR_OPERATION").ok();
        let mut operations = (self.client.operations)(Server::custom(url).unwrap(), None).unwrap();
        operations.retain(|it| picked.as_ref().is_none_or(|picked| it.id == picked));
        assert!(!operations.is_empty(), "no operation is called {picked:?}");
        operations
    }

    /// Returns whether a value is valid against a schema of the uncorrected contract.
    pub(crate) fn check_uncorrected(
        &self,
        schema: &Schema<'_>,
        value: &serde_json::Value,
    ) -> Result<(), String> {
        self.uncorrected_rules.check(&schema.pointer, value)
    }

    /// Returns whether a value is valid against a schema of the corrected contract.
    pub(crate) fn is_corrected(
        &self,
        schema: &Schema<'_>,
        value: &serde_json::Value,
    ) -> Result<(), String> {
        self.corrected_rules.check(&schema.pointer, value)
    }
}

/// Returns whether a parameter is validated against the corrected contract.
pub(crate) fn is_corrected(path: &str, parameter: &str) -> bool {
    CORRECTED.contains(&(path, parameter))
}

/// Compiles the schemas of request bodies and of the selected parameters.
fn rules(contract: &Contract, picked: impl Fn(&str, &str) -> bool) -> Rules {
    let mut pointers = Vec::new();
    for operation in contract.operations() {
        for parameter in operation.parameters() {
            if picked(operation.path, parameter.name) {
                pointers.push(parameter.schema.pointer);
            }
        }
        pointers.extend(operation.body().map(|(content, _)| content.schema.pointer));
    }
    Rules::new(contract, pointers.iter().map(String::as_str))
}

/// Returns the number in an environment variable, or `otherwise` if it is not set.
pub(crate) fn setting(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}
