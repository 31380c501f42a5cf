//! Checks the messages of compiler errors for wrong credentials and arguments. `src/misuse.rs` contains doctests of
//! such mistakes, but a doctest can only check that the code does not compile.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Wrong expressions, in which `polar` is a client, with strings that the compiler error must contain.
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "Polar::anonymous().orders().list()",
        &[
            "the operation takes an organization or personal access token, not `Anonymous`",
            "the client acts with `Anonymous`",
            "`Polar::new(token)` acts with an `OrganizationToken`",
        ],
    ),
    (
        "polar.with_credential(CustomerSession::new(\"\")).files().upload(file(), vec![0])",
        &["the operation takes an organization or personal access token, not `CustomerSession`"],
    ),
    (
        "polar.organizations().create(OrganizationCreate::new(\"Shop\", \"shop\"))",
        &[
            "the operation takes the token of a person, not `OrganizationToken`",
            "use `polar.with_credential(PersonalToken::new(token))`, or an `OpenIdToken`",
        ],
    ),
    (
        "polar.oauth2().authorize(\"id\", \"code\")",
        &["the operation takes no credential or the token of a person, not `OrganizationToken`"],
    ),
    (
        "polar.with_credential(PersonalToken::new(\"\")).oauth2().userinfo()",
        &["the operation takes a token obtained through OpenID Connect, not `PersonalToken`"],
    ),
    (
        "polar.oauth2().clients().get_client(\"id\")",
        &[
            "the operation takes the registration access token of an OAuth2 client, not `OrganizationToken`",
        ],
    ),
    (
        "polar.customer_portal(Anonymous).orders().list()",
        &[
            "the operation takes a customer or member session, not `Anonymous`",
            "use `polar.customer_portal(CustomerSession::new(token))`, or a `MemberSession`",
        ],
    ),
    (
        "polar.customer_portal(CustomerSession::new(\"\")).members().list_members()",
        &["the operation takes a member session, not `CustomerSession`"],
    ),
    (
        "polar.customer_portal(\"polar_cst_\")",
        &[
            "`&str` is not a credential",
            "CustomerSession::new(\"polar_cst_...\")",
        ],
    ),
    (
        "polar.discounts().create(CustomerUpdate::new())",
        &[
            "`CustomerUpdate` cannot be sent as \
             `DiscountCreate`",
            "is a union, its variants can be passed, too",
        ],
    ),
    (
        "CheckoutProductsCreate::new(id())",
        &[
            "is not a list of",
            "a single value is a list, too, in brackets: `[value]`",
        ],
    ),
    (
        "CustomerUpdate::new().metadata(\"plan\")",
        &[
            "`&str` is not a map of strings to",
            "pairs: `[(\"key\", value)]`",
        ],
    ),
    (
        "polar_client::v2026_10::Webhooks::new(\"whsec_x\").verify(\"webhook-id\", \"\")",
        &[
            "`str` has no headers",
            "or a slice, array, `Vec` or map of names and values",
        ],
    ),
    ("polar.orders().get(id())", &["Id<Order>", "Id<Product>"]),
];

/// The source that precedes each expression.
const PRELUDE: &str = "#![allow(unused)]
use polar_client::*;
use polar_client::v2026_10::{Polar, models::*};
fn file() -> NewFile { NewFile::new(FileServiceTypes::Downloadable, \"a.pdf\", \"application/pdf\") }
fn id() -> ids::ProductId { types::Uuid::nil().into() }
";

#[test]
fn compiler_errors_name_the_expected_type() {
    let folder = tempfile::tempdir().unwrap();
    // Otherwise, every expression would fail for the same unrelated reason.
    let stderr = compile(folder.path(), "polar.orders().list()");
    assert!(stderr.is_empty(), "{stderr}");
    for (code, expected) in MISTAKES {
        let stderr = compile(folder.path(), code);
        for text in *expected {
            assert!(
                stderr.contains(text),
                "the error of `{code}` does not contain `{text}`:\n{stderr}"
            );
        }
    }
}

/// Compiles an expression, and returns the compiler errors. Empty if it compiles.
fn compile(folder: &Path, code: &str) -> String {
    let source = folder.join("mistake.rs");
    fs::write(
        &source,
        format!("{PRELUDE}fn mistake(polar: Polar) {{ let _ = {code}; }}\n"),
    )
    .unwrap();
    let libraries = env::current_exe().unwrap().parent().unwrap().to_owned();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args([
            "--edition=2024",
            "--crate-type=lib",
            "--emit=metadata",
            "--color=never",
        ])
        .arg(format!("-Ldependency={}", libraries.display()))
        .arg(format!(
            "--extern=polar_client={}",
            client(&libraries).display()
        ))
        .arg("--out-dir")
        .args([folder, &source])
        .output()
        .unwrap();
    // Whether the compiler prints the path of a type depends on which other types have the same name, so paths are
    // removed.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let modules = [
        "polar_client::v2026_10::models::",
        "polar_client::ids::",
        "polar_client::types::",
        "polar_client::",
    ];
    modules.iter().fold(stderr.into_owned(), |stderr, module| {
        stderr.replace(module, "")
    })
}

/// Returns the path of the client library that cargo built for this test: the newest one in the folder.
fn client(libraries: &Path) -> PathBuf {
    let files = fs::read_dir(libraries)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let clients = files.filter(|path| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.starts_with("libpolar_client-") && name.ends_with(".rlib")
    });
    let newest =
        clients.max_by_key(|path| fs::metadata(path).and_then(|file| file.modified()).ok());
    newest.unwrap_or_else(|| panic!("no client in {}", libraries.display()))
}
