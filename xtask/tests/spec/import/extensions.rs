//! Vendor extensions are omitted and counted, at the places where OpenAPI permits them.

use super::*;

/// The places of [`published`] where OpenAPI permits vendor extensions.
const EXTENSIBLE: [&str; 17] = [
    "",
    "/info",
    "/servers/0",
    "/paths",
    "/paths/~1v1~1a",
    "/paths/~1v1~1b~1/post",
    "/paths/~1v1~1b~1/post/x-polar-pagination",
    "/paths/~1v1~1b~1/post/parameters/0",
    "/paths/~1v1~1b~1/post/parameters/0/schema",
    "/paths/~1v1~1b~1/post/requestBody",
    "/paths/~1v1~1b~1/post/requestBody/content/application~1json",
    "/paths/~1v1~1b~1/post/responses",
    "/paths/~1v1~1b~1/post/responses/201",
    "/webhooks/a.made/post",
    "/components",
    "/components/securitySchemes/oat",
    "/components/schemas/B/discriminator",
];

#[test]
fn vendor_extensions_are_dropped_everywhere_and_counted_by_name() {
    // The last ones have a meaning in the overlay. In a published document, they have none.
    let names = [
        "x-polar-cli-confirm",
        "x-polar-selector-widget",
        "x-speakeasy-mcp",
        "x-ambiguous",
        "x-choices",
        "x-chosen-by",
        "x-flow",
        "x-idempotency-key",
        "x-require-any-of",
        "x-rust-name",
        "x-secret",
    ];
    let mut document = published();
    for pointer in EXTENSIBLE {
        for name in names {
            document.pointer_mut(pointer).unwrap()[name] = json!({"anything": [true]});
        }
    }
    let contract = contract(document, "test", None).unwrap();
    assert_eq!(contract.tree.to_string(), kept().to_string());
    for name in names {
        // `info` is not counted, because the import replaces it as a whole.
        let expected = EXTENSIBLE.len() - 1;
        assert_eq!(
            contract.omitted.extensions.get(name),
            Some(&expected),
            "{name}"
        );
    }
}

#[test]
fn names_and_values_that_look_like_extensions_are_kept() {
    let mut document = published();
    let schema = json!({"type": "object", "required": ["x-id"], "default": {"x-id": 1},
        "properties": {"x-id": {"type": "integer"}}});
    document["components"]["schemas"]["C"] = schema.clone();
    document["components"]["schemas"]["x-c"] = json!({"type": "string"});
    document["components"]["schemas"]["A"] = json!({"$ref": "#/components/schemas/x-c"});
    let contract = contract(document, "test", None).unwrap();
    let kept = &contract.tree["components"]["schemas"];
    assert_eq!(kept["C"], schema);
    assert_eq!(kept["x-c"], json!({"type": "string"}));
}
