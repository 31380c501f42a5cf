//! The contract of every version in `spec/` loads, and every correction in the overlay has an effect.

use std::error::Error;
use std::fs;
use std::path::Path;

use polar_codegen::document::{Document, SchemaDataExt, Source, load};
use polar_codegen::versions::Versions;

fn document(version: &str) -> Result<Document, Box<dyn Error>> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let overlay = fs::read_to_string(spec.join("overlay.yaml"))?;
    let contract = fs::read_to_string(spec.join(version).with_extension("yaml"))?;
    let contract = Source {
        name: version,
        text: &contract,
    };
    let overlay = Source {
        name: "spec/overlay.yaml",
        text: &overlay,
    };
    Ok(load(contract, Some(overlay))?)
}

fn versions() -> Result<Versions, Box<dyn Error>> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let text = fs::read_to_string(spec.join("versions.yaml"))?;
    let name = "spec/versions.yaml";
    Ok(Versions::parse(Source { name, text: &text })?)
}

#[test]
fn every_version_loads() -> Result<(), Box<dyn Error>> {
    for (version, _) in versions()?.iter() {
        let document = document(version)?;
        assert_eq!(document.api.info.version, version);
        assert_ne!(document.api.operations().count(), 0);
        assert_ne!(document.webhooks.len(), 0);
    }
    Ok(())
}

#[test]
fn secrets_are_marked_and_similar_names_are_not() -> Result<(), Box<dyn Error>> {
    let document = document(versions()?.default_version())?;
    let is_secret = |schema: &str, property: &str| {
        let (_, schema) = document.schema(&format!("#/components/schemas/{schema}"))?;
        let openapiv3::SchemaKind::Type(openapiv3::Type::Object(object)) = &schema.schema_kind
        else {
            return None;
        };
        Some(
            object
                .properties
                .get(property)?
                .as_item()?
                .schema_data
                .is_secret(),
        )
    };
    for (schema, property) in [
        ("TokenResponse", "access_token"),
        ("WebhookEndpoint", "secret"),
        ("Checkout", "client_secret"),
        ("LicenseKeyRead", "key"),
        ("OAuth2Client", "registration_access_token"),
    ] {
        assert_eq!(
            is_secret(schema, property),
            Some(true),
            "{schema}.{property}"
        );
    }
    for (schema, property) in [
        ("TokenResponse", "token_type"),
        ("LicenseKeyRead", "display_key"),
        ("Checkout", "return_url"),
        ("LLMMetadata", "total_tokens"),
    ] {
        assert_eq!(
            is_secret(schema, property),
            Some(false),
            "{schema}.{property}"
        );
    }
    Ok(())
}
