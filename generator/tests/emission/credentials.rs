//! Every operation has a method, whose bound states which credentials it accepts.

use std::error::Error;

use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::{api, version_files};
use serde_json::{Map, Value, json};

/// Operations by their security schemes, and the bound of their methods.
const OPERATIONS: &[(&str, &[&str], &str)] = &[
    ("public", &[], "Credential"),
    ("optional", &["oidc", "pat"], "OptionalAccess"),
    ("account", &["oidc", "pat", "oat"], "AccountAccess"),
    ("personal", &["oidc", "pat"], "PersonalAccess"),
    ("open_id", &["oidc"], "OpenIdAccess"),
    (
        "portal",
        &["customer_session", "member_session"],
        "PortalAccess",
    ),
    ("member", &["member_session"], "MemberAccess"),
    (
        "registration",
        &["client_registration"],
        "RegistrationAccess",
    ),
];

#[test]
fn every_operation_has_a_method_for_its_credential() -> Result<(), Box<dyn Error>> {
    let text = contract().to_string();
    let contract = Source {
        name: "contract",
        text: &text,
    };
    let files = version_files(&api(contract, None, &Documentation::default())?)?;
    let service = files.get("services/things.rs").ok_or("no file")?;
    for (name, _, bound) in OPERATIONS {
        let (_, method) = service
            .split_once(&format!("pub fn {name}("))
            .ok_or(format!("no `{name}`"))?;
        let (signature, _) = method.split_once('{').ok_or("no body")?;
        match *bound {
            "Credential" => assert!(!signature.contains("where"), "{name}{signature}"),
            _ => assert!(
                signature.contains(&format!("where\n        C: {bound},")),
                "{name}{signature}"
            ),
        }
    }
    Ok(())
}

fn contract() -> Value {
    let mut paths = Map::new();
    for (name, schemes, bound) in OPERATIONS {
        let security: Vec<Value> = schemes.iter().map(|scheme| json!({*scheme: []})).collect();
        let subjects = match *bound {
            "OptionalAccess" => json!(["Anonymous", "User"]),
            _ => json!(["User"]),
        };
        let operation = json!({
            "operationId": format!("things:{name}"),
            "x-polar-allowed-subjects": subjects,
            "security": security,
            "responses": {"204": {"description": "Done"}},
        });
        paths.insert(format!("/v1/{name}"), json!({"post": operation}));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Access", "version": "2026-10"},
        "servers": [{"url": "https://api.polar.sh", "x-polar-environment": "production"}],
        "paths": paths,
        "components": {"schemas": {}},
    })
}
