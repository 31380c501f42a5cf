//! Codegen of the contracts in `spec/`: nothing in them is skipped, and snapshots show the statistics, and the source
//! of a few types and operations.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod identity;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::LazyLock;

use polar_client::v2026_10::API_VERSION;
use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::ir::{Api, Operation, Success};
use polar_codegen::{Output, Summary};
use polar_tests::emitted_item;
use polar_tests::versions::ALL;
use serde_json::Value;

/// Returns the item of emitted source whose first line starts with `start`.
fn item(source: &str, start: &str) -> String {
    emitted_item(source, start).unwrap_or_else(|| panic!("no item starts with `{start}`"))
}

/// Schemas without a type: the overlay lets requests use the schema of the responses instead.
const SENT_AS_RECEIVED: &[&str] = &["CostMetadata-Input"];

/// Unions without a type: they only occur in other unions, which contain their members instead.
const PARTS_OF_UNIONS: [&str; 3] = ["LegacyRecurringProductPrice", "ProductPrice", "SystemEvent"];

static OUTPUT: LazyLock<Output> =
    LazyLock::new(|| xtask::codegen::generate(&xtask::root()).unwrap());

fn spec(file: &str) -> String {
    fs::read_to_string(xtask::root().join("spec").join(file)).unwrap()
}

static APIS: LazyLock<BTreeMap<&str, Api>> = LazyLock::new(|| {
    ALL.iter()
        .map(|version| (*version, lower(version)))
        .collect()
});

fn api(version: &str) -> &'static Api {
    &APIS[version]
}

fn lower(version: &str) -> Api {
    let (contract, overlay) = (spec(&format!("{version}.yaml")), spec("overlay.yaml"));
    let contract = Source {
        name: "contract",
        text: &contract,
    };
    let overlay = Source {
        name: "overlay",
        text: &overlay,
    };
    polar_codegen::api(contract, Some(overlay), &Documentation::default()).unwrap()
}

/// Returns the contract as parsed from YAML, without the generator.
fn contract(version: &str) -> Value {
    serde_yaml::from_str(&spec(&format!("{version}.yaml"))).unwrap()
}

/// Returns the method, path and ID of every operation in the contract.
fn operations_of(contract: &Value) -> BTreeSet<(String, String, String)> {
    let mut operations = BTreeSet::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            // The overlay removes a repeated segment.
            let id = id.replace("oauth2:clients:oauth2:", "oauth2:clients:");
            operations.insert((method.to_uppercase(), path.clone(), id));
        }
    }
    operations
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_operation_of_the_contracts_is_generated() {
    for &version in ALL {
        let expected = operations_of(&contract(version));
        let api = api(version);
        let found: BTreeSet<_> = api
            .operations()
            .map(
                |Operation {
                     method, path, id, ..
                 }| { (method.as_str().to_owned(), path.clone(), id.clone()) },
            )
            .collect();

        assert_eq!(found, expected, "{version}");
        assert_eq!(api.operations().count(), expected.len(), "{version}");
    }
}

/// Returns the operations of the uncorrected contract by method and path. (Corrections change some IDs.)
fn raw_operations(contract: &Value) -> BTreeMap<(String, String), &Value> {
    let paths = contract["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, raw)| ((method.to_uppercase(), path.clone()), raw))
    });
    operations.collect()
}

/// Returns the method and path of an operation.
fn place(operation: &Operation) -> (String, String) {
    (operation.method.as_str().to_owned(), operation.path.clone())
}

#[test]
fn credentials_match_the_security_requirements() {
    for &version in ALL {
        let contract = contract(version);
        let raw = raw_operations(&contract);
        let mut occurring: BTreeSet<&str> = BTreeSet::new();
        for operation in api(version).operations() {
            let raw = raw[&place(operation)];
            let sets = raw["security"].as_array().into_iter().flatten();
            let mut schemes: Vec<_> = sets
                .flat_map(|set| set.as_object().unwrap().keys())
                .collect();
            schemes.sort();
            let anonymous = raw["x-polar-allowed-subjects"]
                .to_string()
                .contains("Anonymous");
            let expected = match (
                schemes
                    .iter()
                    .map(|s| s.as_str())
                    .collect::<Vec<_>>()
                    .as_slice(),
                anonymous,
            ) {
                ([], _) => "Public",
                (["oat", "oidc", "pat"], false) => "Account",
                (["oidc", "pat"], true) if operation.path == "/v1/oauth2/register" => "Public",
                (["oidc", "pat"], true) if operation.path.starts_with("/v1/oauth2/register/") => {
                    "Registration"
                }
                (["oidc", "pat"], true) => "Optional",
                (["oidc", "pat"], false) => "Personal",
                (["oidc"], false) => "OpenIdConnect",
                (["customer_session", "member_session"], false) => "Portal",
                (["member_session"], false) => "Member",
                other => panic!("{version} {}: {other:?}", operation.id),
            };
            assert_eq!(
                format!("{:?}", operation.access),
                expected,
                "{version} {}",
                operation.id
            );
            occurring.insert(expected);
        }
        // Each of the rules above applies to some operation, so each is tested.
        let expected = [
            "Account",
            "Member",
            "OpenIdConnect",
            "Optional",
            "Personal",
            "Portal",
            "Public",
            "Registration",
        ];
        assert_eq!(occurring, BTreeSet::from(expected), "{version}");
    }
}

#[test]
fn every_paged_list_has_pages() {
    for &version in ALL {
        let contract = contract(version);
        let raw = raw_operations(&contract);
        let is_marked = |operation: &&Operation| {
            let raw = raw[&place(operation)];
            raw.get("x-polar-pagination").is_some()
        };
        let marked = api(version).operations().filter(is_marked);
        let marked: Vec<_> = marked.map(|operation| operation.paging.is_some()).collect();
        assert!(marked.len() >= 38, "{version}: {}", marked.len());
        assert!(marked.iter().all(|is_paged| *is_paged), "{version}");
        let paged = api(version).operations();
        let paged = paged.filter(|operation| operation.paging.is_some());
        let unmarked = paged.filter(|operation| !is_marked(operation));
        let unmarked: Vec<_> = unmarked.map(|operation| &*operation.id).collect();
        assert_eq!(unmarked, ["events:list"], "{version}");
    }
}

#[test]
fn only_reads_deletes_and_keyed_operations_are_idempotent() {
    use polar_codegen::ir::{Method, Safety};

    let keyed = |path: &[&str]| Safety::Keyed(path.iter().map(|&key| key.to_owned()).collect());
    for &version in ALL {
        for operation in api(version).operations() {
            let expected = match operation.method {
                Method::Get | Method::Delete => Safety::Idempotent,
                _ => match operation.id.as_str() {
                    "events:ingest" => keyed(&["events", "external_id"]),
                    "customer_meters:credits" => keyed(&["external_id"]),
                    _ => Safety::NotIdempotent,
                },
            };
            assert_eq!(operation.safety, expected, "{version} {}", operation.id);
        }
    }
}

#[test]
fn every_webhook_of_the_contracts_is_discriminated_by_name() {
    for &version in ALL {
        let expected = keys(&contract(version)["webhooks"]);
        let api = api(version);
        let names = api.webhooks.iter().map(|webhook| webhook.name.wire.clone());
        assert_eq!(names.collect::<BTreeSet<String>>(), expected, "{version}");
        assert_eq!(expected.len(), api.webhooks.len(), "{version}");
    }
}

#[test]
fn every_schema_of_the_contracts_has_a_type() {
    for &version in ALL {
        let schemas = keys(&contract(version)["components"]["schemas"]);
        let api = api(version);
        let types: BTreeSet<String> = api.types.iter().map(|def| def.name.wire.clone()).collect();
        let lost: BTreeSet<&str> = schemas.difference(&types).map(String::as_str).collect();
        let expected = PARTS_OF_UNIONS.iter().chain(SENT_AS_RECEIVED).copied();

        assert!(schemas.len() > 700, "{version}");
        assert_eq!(lost, expected.collect(), "{version}");
    }
}

#[test]
fn statistics_and_unions_match_their_snapshots() {
    for &version in ALL {
        let summary = OUTPUT
            .versions
            .iter()
            .find(|it| it.version == version)
            .unwrap();
        insta::assert_snapshot!(format!("summary_{version}"), figures(summary));
    }
}

fn figures(summary: &Summary) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").unwrap();
    line(format!("operations: {}", summary.operations));
    line(format!("types: {}", summary.types));
    line(format!("webhooks: {}", summary.webhooks));
    for (resolution, count) in &summary.unions {
        line(format!("unions, {resolution}: {count}"));
    }
    for row in &summary.table {
        let how = format!("{} {}", row.resolution, row.deciding);
        let uses = row.used_by.len();
        line(format!(
            "{}: {}; variants: {}, uses: {uses}",
            row.name,
            how.trim(),
            row.variants
        ));
    }
    text
}

#[test]
fn operations_match_their_snapshots() {
    let api = api(API_VERSION);
    let lines: Vec<String> = api
        .operations()
        .map(|operation| line(api, operation))
        .collect();
    insta::assert_snapshot!("operations", lines.join("\n"));
}

/// Returns all facts that determine how an operation is called, on one line.
fn line(api: &Api, operation: &Operation) -> String {
    let Operation {
        id,
        path,
        access,
        safety,
        ..
    } = operation;
    let success = match &operation.success {
        Success::Json(ty) => format!("json {}", name(api, ty)),
        Success::JsonOrEmpty(ty) => format!("json or nothing {}", name(api, ty)),
        Success::Empty => "nothing".to_owned(),
        Success::Csv(_) => "csv".to_owned(),
    };
    let body = operation.body.as_ref().map_or_else(String::new, |body| {
        format!(" <- {:?} {}", body.encoding, name(api, &body.ty))
    });
    let paged = operation
        .paging
        .as_ref()
        .map_or_else(String::new, |paging| {
            format!(", pages of {}", name(api, &paging.item))
        });
    let method = operation.method.as_str();
    format!("{id}: {method} {path}{body} -> {success}{paged}; {access:?}, {safety:?}")
}

fn name(api: &Api, ty: &polar_codegen::ir::Type) -> String {
    use polar_codegen::ir::Type;
    match ty {
        Type::Named(id) => api.def(*id).name.rust.clone(),
        Type::List(inner) => format!("[{}]", name(api, inner)),
        Type::Nullable(inner) => format!("{}?", name(api, inner)),
        other => format!("{other:?}"),
    }
}

/// Returns the emitted item of a version whose first line starts with `start`, after the name of its file.
fn emitted(version: &str, folder: &str, start: &str) -> String {
    let (path, text) = file(version, folder, start);
    format!("// {path}\n\n{}", item(text, start))
}

/// Returns the only emitted file of a version, of any of its groups, whose path is or is below `place`, and which has a
/// line that starts with `start`.
fn file(version: &str, place: &str, start: &str) -> (&'static str, &'static str) {
    let groups = OUTPUT.groups.iter();
    let groups = groups.filter(|group| group.versions.iter().any(|own| own == version));
    let places: Vec<String> = groups
        .map(|group| format!("src/{}/{place}", group.module))
        .collect();
    let mut files = OUTPUT.files.iter().filter(|(path, text)| {
        places.iter().any(|place| path.starts_with(place))
            && text.lines().any(|line| line.starts_with(start))
    });
    match (files.next(), files.next()) {
        (Some((path, text)), None) => (path, text),
        (None, _) => panic!("no file of {version} has `{start}`"),
        (Some(_), Some(_)) => panic!("several files of {place} in {version} have `{start}`"),
    }
}

#[test]
fn the_price_union_of_every_version_matches_its_snapshot() {
    for &version in ALL {
        let parts = [
            emitted(version, "models", "pub enum Price {"),
            emitted(version, "codec", "impl Union for Price {"),
            emitted(version, "codec", "impl Price {"),
        ];
        insta::assert_snapshot!(format!("price_{version}"), parts.join("\n\n"));
    }
}

#[test]
fn the_types_of_seats_and_subscriptions_match_their_snapshots() {
    for name in ["CustomerSeat", "CustomerSubscription"] {
        let parts = [
            emitted(API_VERSION, "models", &format!("pub struct {name} {{")),
            emitted(API_VERSION, "codec", &format!("impl Model for {name} {{")),
        ];
        insta::assert_snapshot!(name, parts.join("\n\n"));
    }
}

#[test]
fn the_operations_of_seats_and_subscriptions_match_their_snapshots() {
    for (path, name, constant) in [
        ("services/customer_seats.rs", "ListSeats", "LIST_SEATS"),
        (
            "services/customer_portal/seats.rs",
            "ListClaimedSubscriptions",
            "LIST_CLAIMED_SUBSCRIPTIONS",
        ),
    ] {
        let method = format!("{}(", constant.to_lowercase());
        let indented = format!("    pub fn {method}");
        let (_, service) = file(API_VERSION, path, &indented);
        let (_, source) = file(API_VERSION, path, &format!("pub struct {name}("));
        let parts = [
            method_of(service, &method),
            item(source, &format!("pub struct {name}(")),
            item(source, &format!("impl {name} {{")),
            item(source, &format!("static {constant}:")),
        ];
        insta::assert_snapshot!(name, parts.join("\n\n"));
    }
}

/// Returns a method of an `impl` block without its indentation.
fn method_of(source: &str, start: &str) -> String {
    let source: Vec<&str> = source
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    item(&source.join("\n"), &format!("pub fn {start}"))
}
