//! Differences between contracts and their classification: each file of `tests/inputs/compare/` changes one thing in
//! `base.yaml`, and is compared with it in both directions.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use polar_codegen::compare::{
    ChangelogSection, Comparison, Kind, RULES, Release, Rule, Semver, compare, compare_releases,
};
use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::{Api, Constant, Scalar, Shape, Type};

type Edit = fn(&mut Api);
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs/compare")
}

/// Returns the base contract with an overlay applied.
fn changed(name: &str) -> Outcome<Api> {
    let text = fs::read_to_string(folder().join(format!("{name}.yaml")))?;
    api(&base()?, Some(&text)).map_err(|error| format!("{name}: {error}").into())
}

fn base() -> Outcome<String> {
    Ok(fs::read_to_string(folder().join("base.yaml"))?)
}

fn api(contract: &str, overlay: Option<&str>) -> Outcome<Api> {
    let overlay = overlay.map(|text| Source {
        name: "overlay",
        text,
    });
    let contract = Source {
        name: "contract",
        text: contract,
    };
    Ok(polar_codegen::api(
        contract,
        overlay,
        &Documentation::default(),
    )?)
}

/// Returns the names of the overlays.
fn names() -> Outcome<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        names.insert(name.into_owned());
    }
    names.remove("base");
    Ok(names)
}

/// Changes of the IR that no document causes: names that only a change of the generator would alter, and types of
/// variants, which follow from their names.
fn edits() -> [(&'static str, Edit); 4] {
    fn shape<'a>(api: &'a mut Api, name: &str) -> Option<&'a mut Shape> {
        let mut types = api.types.iter_mut();
        types
            .find(|def| def.name.rust == name)
            .map(|def| &mut def.shape)
    }
    [
        ("enum value renamed", |api| {
            if let Some(Shape::Enum(texts)) = shape(api, "Status") {
                texts.values[0].name.rust = "Opened".to_owned();
            }
        }),
        ("webhook renamed", |api| {
            api.webhooks[0].name.rust = "NewOrder".to_owned();
        }),
        ("variant of another type", |api| {
            if let Some(Shape::Union(union)) = shape(api, "Setting") {
                union.variants[1].ty = Type::Scalar(Scalar::String);
            }
        }),
        ("variant of another constant", |api| {
            if let Some(Shape::Union(union)) = shape(api, "Setting") {
                let constant = Constant::String("b".to_owned());
                union.variants[1].ty = Type::List(Box::new(Type::Const(constant)));
            }
        }),
    ]
}

/// Returns the differences of each pair of contracts, in both directions.
fn pairs() -> Outcome<Vec<(String, Comparison, Comparison)>> {
    let base = api(&base()?, None)?;
    let mut pairs = Vec::new();
    let mut add = |name: &str, changed: Api| {
        let (there, back) = (compare(&base, &changed), compare(&changed, &base));
        pairs.push((name.to_owned(), there, back));
    };
    for name in names()? {
        add(&name, changed(&name)?);
    }
    for (name, edit) in edits() {
        let mut changed = base.clone();
        edit(&mut changed);
        add(name, changed);
    }
    Ok(pairs)
}

fn lines(comparison: &Comparison) -> String {
    let lines = comparison.differences.iter().map(|difference| {
        let (rust, wire) = (difference.semver(), difference.wire());
        format!("  {rust}, {wire}, {}: {difference}\n", difference.section())
    });
    lines.collect()
}

#[test]
fn each_difference_is_named_and_classified_in_both_directions() -> Outcome {
    let mut text = String::new();
    for (name, there, back) in pairs()? {
        writeln!(text, "{name}\n{}and back\n{}", lines(&there), lines(&back))?;
    }
    insta::assert_snapshot!("differences", text);
    Ok(())
}

#[test]
fn each_rule_is_exercised() -> Outcome {
    let pairs = pairs()?;
    let comparisons = pairs.iter().flat_map(|(_, there, back)| [there, back]);
    let differences = comparisons.flat_map(|comparison| &comparison.differences);
    let used: Vec<&Rule> = differences.map(|difference| difference.rule()).collect();
    let others = [
        // Tested below, because these differences are of whole releases.
        Kind::VersionAdded,
        Kind::VersionRemoved,
        Kind::DefaultVersion,
        // No known change causes a difference of these kinds.
        Kind::Other,
    ];
    let unused: Vec<_> = RULES
        .iter()
        .filter(|rule| !used.contains(rule) && !others.contains(&rule.kind))
        .map(|rule| (rule.kind, rule.when))
        .collect();
    assert!(unused.is_empty(), "{unused:#?}");
    assert!(used.iter().all(|rule| rule.kind != Kind::Other));
    Ok(())
}

#[test]
fn each_kind_has_a_rule_without_conditions_at_the_end() {
    for kind in Kind::ALL {
        let last = RULES.iter().rfind(|rule| rule.kind == *kind);
        assert!(last.is_some_and(|rule| rule.when.is_empty()), "{kind:?}");
    }
}

#[test]
fn a_contract_is_equal_to_itself() -> Outcome {
    let base = api(&base()?, None)?;
    let comparison = compare(&base, &base);
    assert_eq!(comparison, Comparison::default());
    assert_eq!(comparison.semver(), None);
    assert_eq!(comparison.to_markdown(), "");
    Ok(())
}

#[test]
fn a_difference_is_listed_once_with_everything_that_uses_it() -> Outcome {
    let comparison = compare(&api(&base()?, None)?, &changed("enum_value")?);
    let [difference] = comparison.differences.as_slice() else {
        return Err(format!("{:?}", comparison.differences).into());
    };
    let operations: Vec<&str> = difference.operations.iter().map(String::as_str).collect();
    assert_eq!(
        operations,
        [
            "orders:create",
            "orders:get",
            "orders:list",
            "orders:update"
        ]
    );
    let types: Vec<&str> = difference.types.iter().map(String::as_str).collect();
    assert_eq!(
        types,
        [
            "Order",
            "OrderCreate",
            "OrderCreatedPayload",
            "OrderList",
            "OrderPaidPayload"
        ]
    );
    assert!(difference.in_webhooks);
    Ok(())
}

#[test]
fn releases_are_compared_by_their_versions_and_each_shared_version() -> Outcome {
    let of = |version: &str, overlay: Option<&str>| {
        api(
            &base()?.replace("version: 2026-10", &format!("version: {version}")),
            overlay,
        )
    };
    let overlay = fs::read_to_string(folder().join("enum_value.yaml"))?;
    let old = [
        of("2026-04", None)?,
        of("2026-10", None)?,
        of("2027-01", None)?,
    ];
    let new = [
        of("2026-10", Some(&overlay))?,
        of("2027-01", Some(&overlay))?,
        of("2027-04", None)?,
    ];
    let release = |apis, default_version| Release {
        apis,
        default_version: Some(default_version),
    };
    let comparison = compare_releases(&release(&old, "2026-10"), &release(&new, "2027-01"));
    assert_eq!(
        lines(&comparison),
        "  minor, compatible, Added: API version added: 2027-04\n  \
         major, breaks requests and responses, Removed: API version removed: 2026-04\n  \
         major, compatible, Changed: default API version changed: features.default (2026-10 → 2027-01)\n  \
         minor, compatible, Added: enum value added: Status::Refunded (\"refunded\")\n"
    );
    assert_eq!(comparison.differences[3].versions, ["2026-10", "2027-01"]);
    assert!(comparison.is_breaking());
    Ok(())
}

#[test]
fn markdown_has_the_sections_of_a_changelog() -> Outcome {
    let comparison = compare(&api(&base()?, None)?, &changed("field_sent_required")?);
    assert_eq!(comparison.semver(), Some(Semver::Major));
    assert!(comparison.wire().breaks_requests && !comparison.wire().breaks_responses);
    assert_eq!(comparison.differences[0].section(), ChangelogSection::Added);
    assert_eq!(
        comparison.to_markdown(),
        "### Added\n\n- **Breaking:** field added: `OrderCreate.region` (string), reached by `orders:create`; \
         breaks requests of deployed clients.\n"
    );
    Ok(())
}
