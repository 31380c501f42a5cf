//! Elements that two versions share: each file of `tests/inputs/versions/` changes `base.yaml` to a later version.

use std::error::Error;
use std::fs;
use std::path::Path;

use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::{Api, Shape, TypeDef};
use polar_codegen::share::{Key, Plan, share};

type Outcome = Result<(), Box<dyn Error>>;

const BEFORE: usize = 0;
const AFTER: usize = 1;

/// The base version, and a later one that a file derives from it; without a file, the later one only differs in its
/// date.
struct Versions {
    before: Api,
    after: Api,
    plan: Plan,
}

impl Versions {
    fn of(change: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let (before, after) = (read("base.yaml")?, later(&read("base.yaml")?));
        let overlay = change
            .map(|name| read(&format!("{name}.yaml")))
            .transpose()?;
        Self::new(
            api("before", &before, None)?,
            api("after", &after, overlay.as_deref())?,
        )
    }

    fn new(before: Api, after: Api) -> Result<Self, Box<dyn Error>> {
        let plan = share(&[&before, &after]);
        Ok(Self {
            before,
            after,
            plan,
        })
    }

    /// Returns the elements that are equal in no other version.
    fn own(&self, version: usize) -> Vec<String> {
        let groups = self.plan.groups.iter();
        let own = groups.filter(|group| group.versions == [version]);
        own.flat_map(|group| group.keys.iter().map(Key::to_string))
            .collect()
    }
}

fn read(name: &str) -> Result<String, std::io::Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs/versions");
    fs::read_to_string(folder.join(name))
}

fn later(contract: &str) -> String {
    contract.replace("version: 2026-10", "version: 2027-01")
}

fn api(name: &str, contract: &str, overlay: Option<&str>) -> Result<Api, Box<dyn Error>> {
    let overlay = overlay.map(|text| Source {
        name: "overlay",
        text,
    });
    let contract = Source {
        name,
        text: contract,
    };
    Ok(polar_codegen::api(
        contract,
        overlay,
        &Documentation::default(),
    )?)
}

#[test]
fn equal_versions_share_everything() -> Outcome {
    let versions = Versions::of(None)?;
    assert_eq!(versions.own(BEFORE), Vec::<String>::new());
    assert_eq!(versions.own(AFTER), Vec::<String>::new());
    // The version groups of single versions exist although they are empty.
    let groups: Vec<_> = versions
        .plan
        .groups
        .iter()
        .map(|group| &group.versions)
        .collect();
    assert_eq!(groups, [&vec![0, 1], &vec![0], &vec![1]]);
    Ok(())
}

#[test]
fn a_changed_leaf_makes_only_its_users_differ() -> Outcome {
    let versions = Versions::of(Some("leaf"))?;
    let own = [
        "`FixedPrice`",
        "`Order`",
        "`Price`",
        "`Product`",
        "operation `orders:get`",
        "service `orders`",
    ];
    assert_eq!(versions.own(BEFORE), own);
    assert_eq!(versions.own(AFTER), own);
    Ok(())
}

#[test]
fn a_constraint_is_a_difference() -> Outcome {
    let versions = Versions::of(Some("constraint"))?;
    let own = versions.own(AFTER);
    assert!(own.contains(&"`FixedPrice`".to_owned()), "{own:?}");
    Ok(())
}

#[test]
fn a_cycle_is_shared_entirely_or_not_at_all() -> Outcome {
    let versions = Versions::of(Some("cycle"))?;
    let own = [
        "`Peer`",
        "`Team`",
        "operation `teams:get`",
        "operation `teams:peers:get`",
        "service `teams`",
        "service `teams.peers`",
    ];
    assert_eq!(versions.own(AFTER), own);
    Ok(())
}

#[test]
fn an_enum_with_one_more_value_differs() -> Outcome {
    let versions = Versions::of(Some("enum_value"))?;
    let own = ["`Status`", "operation `orders:status`", "service `orders`"];
    assert_eq!(versions.own(AFTER), own);
    Ok(())
}

#[test]
fn an_operation_with_another_parameter_differs_but_its_type_does_not() -> Outcome {
    let versions = Versions::of(Some("parameter"))?;
    assert_eq!(
        versions.own(AFTER),
        ["operation `teams:get`", "service `teams`"]
    );
    Ok(())
}

#[test]
fn a_type_of_only_one_version_is_not_shared() -> Outcome {
    let base = read("base.yaml")?;
    let with_more = base.replace(
        "    Status:\n",
        "    Unheard:\n      type: string\n      enum: [a]\n    Status:\n",
    );
    let with_more = later(&with_more).replace(
        "        name:\n          type: string\n        prices:",
        "        unheard:\n          $ref: '#/components/schemas/Unheard'\n        name:\n          type: string\n        prices:",
    );
    let versions = Versions::new(api("before", &base, None)?, api("after", &with_more, None)?)?;
    assert!(versions.own(AFTER).contains(&"`Unheard`".to_owned()));
    assert!(!versions.own(BEFORE).contains(&"`Unheard`".to_owned()));
    Ok(())
}

#[test]
fn a_renamed_type_and_its_users_differ() -> Outcome {
    let base = read("base.yaml")?;
    let renamed = later(&base.replace("Status", "State"));
    let versions = Versions::new(api("before", &base, None)?, api("after", &renamed, None)?)?;
    let own = ["`State`", "operation `orders:status`", "service `orders`"];
    assert_eq!(versions.own(AFTER), own);
    Ok(())
}

/// The order of fields, values and variants, documentation, places and files do not make elements different.
#[test]
fn order_documentation_and_locations_are_ignored() -> Outcome {
    let mut after = api("after", &later(&read("base.yaml")?), None)?;
    for def in &mut after.types {
        def.docs = Some("Other words.".to_owned());
        def.module = "elsewhere".to_owned();
        def.at.push_str("/elsewhere");
        reorder(def);
    }
    let versions = Versions::new(api("before", &read("base.yaml")?, None)?, after)?;
    assert_eq!(versions.own(AFTER), Vec::<String>::new());
    // If elements differ in these only, they are emitted as in the newest version.
    let shared = &versions.plan.groups[0];
    assert_eq!(shared.newest(), AFTER);
    assert_ne!(versions.before.types[0].docs, versions.after.types[0].docs);
    Ok(())
}

fn reorder(def: &mut TypeDef) {
    match &mut def.shape {
        Shape::Struct(object) => object.fields.reverse(),
        Shape::Enum(texts) => texts.values.reverse(),
        Shape::Union(_) | Shape::Alias(_) => {}
    }
}

/// An element only refers to elements of its own version group, or of one that contains all of its versions, so that
/// each version group can be a module.
#[test]
fn there_is_a_group_for_each_set_of_versions_that_share_an_element() -> Outcome {
    let base = read("base.yaml")?;
    let leaf = read("leaf.yaml")?;
    let apis = [
        api("first", &base.replace("2026-10", "2026-04"), None)?,
        api("second", &base, Some(&leaf))?,
        api("third", &later(&base), Some(&leaf))?,
    ];
    let plan = share(&apis.iter().collect::<Vec<_>>());
    let group = |element: &str, version: usize| {
        let mut groups = plan.groups.iter();
        groups
            .find(|group| {
                group.versions.contains(&version)
                    && group.keys.iter().any(|key| key.to_string() == element)
            })
            .map(|group| group.versions.clone())
    };
    assert_eq!(group("`Order`", 0), Some(vec![0]));
    assert_eq!(group("`Order`", 2), Some(vec![1, 2]));
    assert_eq!(group("`Status`", 1), Some(vec![0, 1, 2]));
    assert_eq!(group("service `teams`", 0), Some(vec![0, 1, 2]));
    Ok(())
}

/// The order of required request fields is that of a constructor's arguments, so a change of order must not go
/// unnoticed.
#[test]
fn the_order_of_arguments_is_a_difference() -> Outcome {
    let sent = |fields: &str| -> Result<String, std::io::Error> {
        let body = "      operationId: orders:status\n      requestBody:\n        required: true\n        content:\n          \
                    application/json:\n            schema:\n              $ref: '#/components/schemas/Sent'\n";
        let schema = format!(
            "    Sent:\n      type: object\n      required: [from, to]\n      properties:\n{fields}    Status:\n"
        );
        Ok(read("base.yaml")?
            .replace(
                "  /v1/orders/{id}/status:\n    get:",
                "  /v1/orders/{id}/status:\n    post:",
            )
            .replace("      operationId: orders:status\n", body)
            .replace("    Status:\n", &schema))
    };
    let (from, to) = (
        "        from:\n          type: string\n",
        "        to:\n          type: string\n",
    );
    let before = api("before", &sent(&format!("{from}{to}"))?, None)?;
    let after = api("after", &later(&sent(&format!("{to}{from}"))?), None)?;
    let versions = Versions::new(before, after)?;
    assert!(versions.own(AFTER).contains(&"`Sent`".to_owned()));
    Ok(())
}
