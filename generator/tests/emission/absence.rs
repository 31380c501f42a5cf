//! Doc comments say what it means if an optional field has no value.

use polar_codegen::document::Source;
use polar_codegen::documentation::Documentation;
use polar_codegen::{api, version_files};

const CONTRACT: &str = r##"
openapi: 3.1.0
info: { title: Absence, version: 2026-10 }
servers: [{ url: https://api.polar.sh, x-polar-environment: production }]
paths:
  /v1/seats:
    post:
      operationId: seats:create
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/SeatCreate" } } } }
      responses:
        "201":
          description: Created
          content: { application/json: { schema: { $ref: "#/components/schemas/Seat" } } }
  /v1/seats/{number}:
    patch:
      operationId: seats:update
      parameters: [{ name: number, in: path, required: true, schema: { type: string } }]
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/SeatUpdate" } } } }
      responses: { "204": { description: Done } }
components:
  schemas:
    Seat:
      type: object
      required: [holder]
      properties:
        holder: { type: [string, "null"] }
        color: { type: string, default: red }
        row: { type: [integer, "null"] }
    SeatCreate:
      type: object
      properties:
        holder: { type: [string, "null"] }
        color: { type: string, default: red }
    SeatUpdate:
      type: object
      properties:
        holder: { type: [string, "null"] }
        color: { type: string }
"##;

const DOCS: &str = "
fields: { holder: Name of the holder., color: Color of the seat., row: Row of the seat. }
none: { Seat.holder: if the seat is free, Seat: without numbered rows, row: if it is the first }
unset: { holder: the seat is free, color: the seat is red }
";

/// Returns the types as they are emitted.
fn models() -> String {
    let contract = Source {
        name: "contract.yaml",
        text: CONTRACT,
    };
    let docs = Source {
        name: "docs.yaml",
        text: DOCS,
    };
    let docs = Documentation::parse(docs).unwrap();
    let files = version_files(&api(contract, None, &docs).unwrap()).unwrap();
    files["models/seats.rs"].clone()
}

/// Asserts that a field or setter has this doc comment.
fn assert_docs(models: &str, ty: &str, item: &str, docs: &[&str]) {
    let (_, after) = models.split_once(ty).unwrap();
    let (before, _) = after.split_once(item).unwrap();
    let lines = before.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter_map(|line| line.strip_prefix("/// ")).collect();
    assert!(lines.ends_with(docs), "{ty} {item}: {lines:?}");
}

#[test]
fn a_response_says_what_none_means() {
    let models = models();
    let ty = "pub struct Seat {";
    let free = "Name of the holder. `None` if the seat is free.";
    assert_docs(&models, ty, "pub holder:", &[free]);
    let red = "Color of the seat. `None` means `\"red\"`.";
    assert_docs(&models, ty, "pub color:", &[red]);
    let row = "Row of the seat. `None` without numbered rows.";
    assert_docs(&models, ty, "pub row:", &[row]);
}

#[test]
fn a_request_says_what_the_server_does_without_the_value() {
    let models = models();
    let holder = "Name of the holder. If not set, the seat is free.";
    assert_docs(&models, "pub struct SeatCreate {", "pub holder:", &[holder]);
    let setter = "Sets the name of the holder. If not set, the seat is free.";
    assert_docs(&models, "impl SeatCreate {", "pub fn holder(", &[setter]);
}

#[test]
fn an_update_says_what_clearing_does_and_keeps_what_is_not_set() {
    let models = models();
    let ty = "impl SeatUpdate {";
    let holder = "Sets or clears the name of the holder. If cleared, the seat is free.";
    assert_docs(&models, ty, "pub fn holder(", &[holder]);
    let color = "Sets the color of the seat.";
    assert_docs(&models, ty, "pub fn color(", &[color]);
}

#[test]
fn the_body_of_an_update_says_what_happens_to_other_fields() {
    let models = models();
    let (before, _) = models.split_once("pub struct SeatUpdate {").unwrap();
    let docs = before.rsplit("\n\n").next().unwrap();
    let docs: Vec<&str> = docs.split_whitespace().collect();
    let docs = docs.join(" ");
    assert!(
        docs.contains("Fields that are not set keep their values."),
        "{docs}"
    );
    assert!(docs.contains("`.holder(Clear)`."), "{docs}");
}
