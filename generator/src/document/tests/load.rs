//! Tests on whole documents.

use openapiv3::ReferenceOr;

use super::super::{OperationExt, Pagination, PaginationKind, ServerExt, Source, load};
use super::{FILE, document, loaded, only, problems};

const WHOLE: &str = "
openapi: 3.1.0
info: {title: T, version: 2026-10}
servers:
- {url: 'https://sandbox-api.example', x-polar-environment: sandbox}
- {url: 'https://api.example'}
paths:
  /v1/things/:
    get:
      operationId: things:list
      security: [{oat: ['things:read']}]
      x-polar-allowed-subjects: [User, Organization]
      x-polar-pagination: {type: page_limit, item_schema: {$ref: '#/components/schemas/Thing'}}
      parameters:
      - {name: page, in: query, required: false, schema: {type: integer, exclusiveMinimum: 0, default: 1}}
      - {name: metadata, in: query, required: false, style: deepObject, schema: {type: object}}
      responses:
        '200': {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        '204': {description: No Content}
    post:
      operationId: things:create
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {}
webhooks:
  thing.created:
    post:
      requestBody:
        required: true
        content: {application/json: {schema: {anyOf: [{$ref: '#/components/schemas/Thing'}, {type: 'null'}]}}}
  thing/odd: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}}
components:
  schemas: {Thing: {type: object}}
  securitySchemes: {oat: {type: http, scheme: bearer}}
";

#[test]
fn a_document_is_read_whole() {
    let document = loaded(WHOLE).unwrap();
    assert_eq!(document.file, FILE);
    let environments: Vec<_> = document
        .api
        .servers
        .iter()
        .map(ServerExt::environment)
        .collect();
    assert_eq!(environments, [Some("sandbox"), None]);
    let ReferenceOr::Item(path) = &document.api.paths.paths["/v1/things/"] else {
        unreachable!("a path is an item");
    };
    let (list, create) = (path.get.as_ref().unwrap(), path.post.as_ref().unwrap());
    let item = ReferenceOr::ref_("#/components/schemas/Thing");
    let kind = PaginationKind::PageLimit;
    assert_eq!(list.pagination(), Some(Pagination { kind, item }));
    assert_eq!(create.pagination(), None);
    assert_eq!(list.allowed_subjects(), ["User", "Organization"]);
    assert_eq!(create.allowed_subjects(), [""; 0]);
    assert_eq!(list.parameters.len(), 2);
}

#[test]
fn webhooks_are_kept_with_their_place() {
    let document = loaded(WHOLE).unwrap();
    let [created, odd] = document.webhooks.as_slice() else {
        unreachable!("there are two webhooks");
    };
    assert_eq!(created.name, "thing.created");
    let ReferenceOr::Item(schema) = &created.schema else {
        unreachable!("a nullable reference is a schema");
    };
    assert!(schema.schema_data.nullable);
    assert_eq!(odd.schema, ReferenceOr::ref_("#/components/schemas/Thing"));
    assert_eq!(
        odd.at,
        "/webhooks/thing~1odd/post/requestBody/content/application~1json/schema"
    );
}

#[test]
fn only_schemas_of_the_document_are_found() {
    let document = loaded(WHOLE).unwrap();
    assert_eq!(
        document.schema("#/components/schemas/Thing").unwrap().0,
        "Thing"
    );
    assert_eq!(document.schema("#/components/schemas/Other"), None);
    assert_eq!(document.schema("Thing"), None);
}

#[test]
fn references_lead_to_schemas() {
    let below = "/components/schemas";
    let schemas = "X: {type: array, items: {$ref: '#/components/schemas/Nope'}}\n\
                   Y: {anyOf: [{$ref: 'other.yaml#/Y'}, {type: string}]}\n\
                   Z: {oneOf: [{}, {}], discriminator: {propertyName: t, mapping: {a: '#/components/schemas/No'}}}";
    assert_eq!(
        problems(loaded(&document(schemas)), below),
        [
            (
                "/X/items/$ref".to_owned(),
                "`#/components/schemas/Nope` does not resolve to a schema of this document"
                    .to_owned()
            ),
            (
                "/Y/anyOf/0/$ref".to_owned(),
                "`other.yaml#/Y` does not resolve to a schema of this document".to_owned()
            ),
            (
                "/Z/discriminator/mapping/a".to_owned(),
                "`#/components/schemas/No` does not resolve to a schema of this document"
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn keys_outside_of_the_grammar_are_rejected() {
    for (from, to, pointer, message) in [
        (
            "openapi: 3.1.0",
            "openapi: 3.0.3",
            "/openapi",
            "expected OpenAPI 3.1, found `3.0.3`",
        ),
        (
            "openapi: 3.1.0",
            "openapi: 3",
            "/openapi",
            "expected a string, found `3`",
        ),
        (
            "version: 2026-10",
            "summary: s, version: 2026-10",
            "/info/summary",
            "is not supported by this generator",
        ),
        (
            "operationId: things:create",
            "callbacks: {}\n      operationId: b",
            "/paths/~1v1~1things~1/post/callbacks",
            "is not supported by this generator",
        ),
        (
            "operationId: things:create",
            "deprecated: yes",
            "/paths/~1v1~1things~1/post/deprecated",
            "expected a boolean, found `\"yes\"`",
        ),
        (
            "type: page_limit",
            "type: cursor",
            "/paths/~1v1~1things~1/get/x-polar-pagination/type",
            "expected one of page_limit, found `\"cursor\"`",
        ),
        (
            "in: query, required: false, style",
            "in: cookie, required: false, style",
            "/paths/~1v1~1things~1/get/parameters/1/in",
            "expected one of path, query, header, found `\"cookie\"`",
        ),
        (
            "[User, Organization]",
            "[User, 1]",
            "/paths/~1v1~1things~1/get/x-polar-allowed-subjects",
            "expected strings, found a sequence",
        ),
        (
            "type: http",
            "type: oauth2",
            "/components/securitySchemes/oat/type",
            "expected one of http, openIdConnect, found `\"oauth2\"`",
        ),
    ] {
        let found = problems(loaded(&WHOLE.replacen(from, to, 1)), "");
        assert!(
            found.contains(&(pointer.to_owned(), message.to_owned())),
            "{from}: {found:?}"
        );
    }
}

#[test]
fn missing_keys_are_named() {
    let text = WHOLE.replacen("      operationId: things:create\n", "", 1);
    assert_eq!(
        problems(loaded(&text), ""),
        only("/paths/~1v1~1things~1/post", "`operationId` is missing")
    );
}

#[test]
fn a_detail_that_the_types_cannot_hold_is_rejected() {
    let text = WHOLE.replacen("scheme: bearer", "scheme: bearer, openIdConnectUrl: /x", 1);
    assert_eq!(
        problems(loaded(&text), ""),
        only(
            "/components/securitySchemes/oat/openIdConnectUrl",
            "is lost or changed when the document is read as OpenAPI 3.0"
        )
    );
}

#[test]
fn no_text_makes_it_panic() {
    for text in [
        "",
        "null",
        "[]",
        "openapi: 3.1.0",
        "a: [",
        "\u{0}",
        "components: 1",
        "openapi: {}\ninfo: []",
    ] {
        let report = load(Source { name: FILE, text }, None).unwrap_err();
        assert!(!report.problems().is_empty(), "{text}");
    }
    let deep = format!("a: {}", "[".repeat(1_000));
    assert!(loaded(&deep).is_err());
}
