//! The files of a crate of three versions: which version group contains each file, and that all modules resolve.
//!
//! The contracts are those of `tests/inputs/versions/`. In each test, the newest version differs in one place.

use crate::support;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use polar_codegen::document::Source;
use polar_codegen::{Input, generate};
use syn::{Item, UseTree};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The sources of a crate, by path relative to `src/`.
struct Crate {
    texts: BTreeMap<String, String>,
    items: BTreeMap<String, Vec<Item>>,
}

impl Crate {
    /// Generates three versions, after replacing a string in the contract of the newest one.
    fn of(text: &str, replacement: &str) -> Outcome<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs/versions");
        let base = fs::read_to_string(folder.join("base.yaml"))?;
        assert!(base.contains(text), "{text}");
        let contracts = [
            base.replace("version: 2026-10", "version: 2026-04"),
            base.clone(),
            base.replace("version: 2026-10", "version: 2027-01")
                .replace(text, replacement),
        ];
        let contracts = contracts.iter().map(|text| Source {
            name: "contract",
            text,
        });
        let output = generate(&Input {
            versions: &support::versions(&["2026-10", "2026-04", "2027-01"]),
            contracts: contracts.collect(),
            overlay: None,
            documentation: None,
        })?;
        let files = output.files.into_iter();
        let texts: BTreeMap<String, String> = files
            .filter_map(|(path, text)| Some((path.strip_prefix("src/")?.to_owned(), text)))
            .collect();
        let mut items = BTreeMap::new();
        for (path, text) in texts.iter().filter(|(path, _)| path.ends_with(".rs")) {
            let file = syn::parse_file(text).map_err(|error| format!("{path}: {error}"))?;
            items.insert(path.clone(), file.items);
        }
        Ok(Self { texts, items })
    }

    /// Returns the files of a version group's services.
    fn services(&self, group: &str) -> Vec<&str> {
        let folder = format!("{group}/services/");
        let paths = self.texts.keys();
        paths
            .filter_map(|path| path.strip_prefix(folder.as_str()))
            .collect()
    }

    /// Returns the modules that a file declares, and its imports from other version groups.
    fn shows(&self, path: &str) -> Vec<&str> {
        let lines = self.texts.get(path).map(|text| text.lines());
        let is_shown = |line: &&str| {
            line.starts_with("mod ")
                || line.contains(" mod ")
                || line.contains("use crate::")
                || line.starts_with("pub use ")
        };
        let lines = lines.into_iter().flatten();
        lines
            .filter(|line| !line.starts_with("//") && is_shown(line))
            .collect()
    }

    /// Checks that every declared module has a file, that every file is declared, and that every path into another
    /// version group resolves to an item.
    fn assert_connected(&self) {
        let mut declared = vec!["lib.rs".to_owned()];
        for (path, items) in &self.items {
            for item in items {
                match item {
                    Item::Mod(module) if module.content.is_none() => {
                        let file = self.child(path, &module.ident.to_string());
                        declared.push(file.unwrap_or_else(|| format!("{path}: {}", module.ident)));
                    }
                    Item::Use(import) => {
                        let mut names = Vec::new();
                        let mut tree = &import.tree;
                        while let UseTree::Path(part) = tree {
                            names.push(part.ident.to_string());
                            tree = &part.tree;
                        }
                        if let UseTree::Name(name) = tree {
                            names.push(name.ident.to_string());
                        }
                        if names.first().is_some_and(|first| first == "crate") {
                            assert!(self.has(&names[1..]), "{path}: {names:?} does not resolve");
                        }
                    }
                    _ => {}
                }
            }
        }
        declared.sort();
        let files: Vec<&String> = self.items.keys().collect();
        assert_eq!(declared.iter().collect::<Vec<_>>(), files);
    }

    /// Returns the file of a module that is declared in `path`.
    fn child(&self, path: &str, module: &str) -> Option<String> {
        let folder = match path.rsplit_once('/') {
            Some((folder, "mod.rs")) => format!("{folder}/"),
            _ if path == "lib.rs" => String::new(),
            _ => format!("{}/", path.trim_end_matches(".rs")),
        };
        let files = [
            format!("{folder}{module}.rs"),
            format!("{folder}{module}/mod.rs"),
        ];
        files.into_iter().find(|file| self.texts.contains_key(file))
    }

    /// Returns whether a path of segments resolves to a module or an item.
    fn has(&self, names: &[String]) -> bool {
        let mut path = "lib.rs".to_owned();
        for (index, name) in names.iter().enumerate() {
            match self.child(&path, name) {
                Some(file) => path = file,
                None => return index + 1 == names.len() && self.defines(&path, name),
            }
        }
        true
    }

    fn defines(&self, path: &str, name: &str) -> bool {
        let mut items = self.items.get(path).into_iter().flatten();
        items.any(|item| match item {
            Item::Struct(item) => item.ident == name,
            Item::Enum(item) => item.ident == name,
            Item::Static(item) => item.ident == name,
            _ => false,
        })
    }
}

/// Generates the crate with an operation deprecated in the newest version.
fn deprecated(operation: &str) -> Outcome<Crate> {
    let at = format!("      operationId: {operation}\n");
    Crate::of(&at, &format!("{at}      deprecated: true\n"))
}

/// The module of the version group with the two versions before the newest.
const BEFORE: &str = "v2026_04_and_v2026_10";
const NEWEST: &str = "v2027_01";

#[test]
fn if_an_operation_differs_the_others_of_its_service_are_shared() -> Outcome {
    let files = deprecated("orders:status")?;
    files.assert_connected();
    assert_eq!(
        files.services("common"),
        ["mod.rs", "orders.rs", "teams/mod.rs", "teams/peers.rs"]
    );
    // `common` contains only request types of `orders`, not the service, so its module `orders` is private.
    assert_eq!(
        files.shows("common/services/mod.rs"),
        ["pub(crate) mod orders;", "pub mod teams;"]
    );
    for group in [BEFORE, NEWEST] {
        assert_eq!(files.services(group), ["mod.rs", "orders.rs"]);
        assert_eq!(
            files.shows(&format!("{group}/services/orders.rs")),
            [
                "use crate::common::services::orders::GET;",
                "pub use crate::common::services::orders::Get;",
            ]
        );
    }
    for version in ["v2026_04", "v2026_10"] {
        assert_eq!(files.services(version), ["mod.rs"]);
        assert_eq!(
            files.shows(&format!("{version}/services/mod.rs")),
            [
                "pub use crate::common::services::teams;",
                "pub use crate::v2026_04_and_v2026_10::services::orders;",
            ]
        );
    }
    assert_eq!(
        files.shows("v2027_01/services/mod.rs"),
        ["pub mod orders;", "pub use crate::common::services::teams;"]
    );
    Ok(())
}

#[test]
fn if_a_child_service_differs_so_does_its_parent() -> Outcome {
    let files = deprecated("teams:peers:get")?;
    files.assert_connected();
    assert_eq!(
        files.services("common"),
        ["mod.rs", "orders.rs", "teams/mod.rs"]
    );
    for group in [BEFORE, NEWEST] {
        assert_eq!(
            files.services(group),
            ["mod.rs", "teams/mod.rs", "teams/peers.rs"]
        );
        assert_eq!(
            files.shows(&format!("{group}/services/teams/mod.rs")),
            [
                "use crate::common::services::teams::GET;",
                "pub mod peers;",
                "pub use crate::common::services::teams::Get;",
            ]
        );
    }
    Ok(())
}

#[test]
fn if_a_parent_differs_its_child_service_can_be_shared() -> Outcome {
    let files = deprecated("teams:get")?;
    files.assert_connected();
    assert_eq!(
        files.services("common"),
        ["mod.rs", "orders.rs", "teams/mod.rs", "teams/peers.rs"]
    );
    for group in [BEFORE, NEWEST] {
        assert_eq!(files.services(group), ["mod.rs", "teams/mod.rs"]);
        assert_eq!(
            files.shows(&format!("{group}/services/teams/mod.rs")),
            ["pub use crate::common::services::teams::peers;"]
        );
    }
    Ok(())
}

#[test]
fn a_leaf_differs_and_each_group_shows_the_types_of_the_groups_above_it() -> Outcome {
    let field = "        amount:\n";
    let more = "        currency:\n          type: string\n";
    let files = Crate::of(field, &format!("{more}{field}"))?;
    files.assert_connected();
    for group in ["common", BEFORE, NEWEST] {
        for folder in ["models", "codec"] {
            let path = format!("{group}/{folder}/orders.rs");
            assert!(files.texts.contains_key(&path), "{path}");
        }
    }
    for (group, defined) in [("common", false), (BEFORE, true), (NEWEST, true)] {
        for name in ["FixedPrice", "Price", "Product", "Order"] {
            let path = format!("{group}/models/orders.rs");
            assert_eq!(files.defines(&path, name), defined, "{path}: {name}");
        }
    }
    assert!(files.defines("common/models/orders.rs", "FreePrice"));
    assert_eq!(
        files.shows("v2026_04_and_v2026_10/models/mod.rs"),
        [
            "mod orders;",
            "pub(super) use crate::common::models::*;",
            "pub use orders::*;",
        ]
    );
    // A version without types of its own re-exports those of its version groups.
    assert_eq!(
        files.shows("v2026_10/models/mod.rs"),
        [
            "pub use crate::common::models::*;",
            "pub use crate::v2026_04_and_v2026_10::models::*;",
        ]
    );
    assert_eq!(
        files.shows("v2027_01/models/mod.rs"),
        [
            "mod orders;",
            "pub use crate::common::models::*;",
            "pub use orders::*;",
        ]
    );
    // The operation that does not return the changed type is shared.
    for group in [BEFORE, NEWEST] {
        assert_eq!(
            files.shows(&format!("{group}/services/orders.rs")),
            [
                "use crate::common::services::orders::STATUS;",
                "pub use crate::common::services::orders::StatusRequest;",
            ]
        );
    }
    Ok(())
}

/// The module of a version group is compiled with any of its versions. Only the modules of single versions are public.
#[test]
fn the_root_compiles_a_group_with_any_of_its_versions() -> Outcome {
    let files = deprecated("orders:status")?;
    let root = files.texts.get("lib.rs").ok_or("no root")?;
    let condition = "#[cfg(any(feature = \"v2026-04\", feature = \"v2026-10\"))]";
    let group = format!("{condition}\nmod v2026_04_and_v2026_10;");
    assert!(root.contains(&group), "{root}");
    for version in ["2026-04", "2026-10", "2027-01"] {
        let module = version.replace('-', "_");
        let version = format!("#[cfg(feature = \"v{version}\")]\npub mod v{module};");
        assert!(root.contains(&version), "{root}");
    }
    Ok(())
}

#[test]
fn a_group_with_only_an_operation_refers_to_types_of_more_versions() -> Outcome {
    let deprecated = Crate::of(
        "      operationId: orders:get\n",
        "      operationId: orders:get\n      deprecated: true\n",
    )?;
    deprecated.assert_connected();
    let group = "v2026_04_and_v2026_10";
    assert!(
        deprecated
            .texts
            .contains_key(&format!("{group}/models/mod.rs"))
    );
    assert!(deprecated.services(group).contains(&"orders.rs"));
    assert!(
        deprecated.texts[&format!("{group}/models/mod.rs")]
            .contains("use crate::common::models::*;")
    );
    Ok(())
}

#[test]
fn an_operation_that_moves_to_another_service_is_not_shared() -> Outcome {
    let renamed = Crate::of(
        "      operationId: orders:get\n",
        "      operationId: purchases:get\n",
    )?;
    renamed.assert_connected();
    Ok(())
}
