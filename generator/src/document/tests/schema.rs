//! Tests of the downgrade of single schemas.

use serde_json::json;

use super::super::{Literal, SchemaDataExt, SchemaExt};
use super::{document, downgraded, loaded, only, rejected};

#[test]
fn a_union_with_null_is_its_nullable_member() {
    assert_eq!(
        downgraded("X: {anyOf: [{type: string, maxLength: 3}, {type: 'null'}]}"),
        json!({"type": "string", "maxLength": 3, "nullable": true})
    );
    assert_eq!(
        downgraded("X: {title: T, oneOf: [{type: 'null'}, {type: string}, {type: integer}]}"),
        json!({"title": "T", "nullable": true, "oneOf": [{"type": "string"}, {"type": "integer"}]})
    );
    assert_eq!(
        downgraded("X: {type: [boolean, 'null']}"),
        json!({"type": "boolean", "nullable": true})
    );
}

#[test]
fn a_nullable_reference_keeps_its_reference() {
    assert_eq!(
        downgraded(
            "X: {deprecated: true, anyOf: [{$ref: '#/components/schemas/Y'}, {type: 'null'}]}\nY: {type: string}"
        ),
        json!({
            "nullable": true,
            "deprecated": true,
            "allOf": [{"$ref": "#/components/schemas/Y"}],
        })
    );
}

#[test]
fn a_union_may_not_contradict_its_only_member() {
    assert_eq!(
        rejected("X: {default: a, anyOf: [{type: string, default: b}, {type: 'null'}]}"),
        only(
            "/default",
            "the only member of this union has another value"
        )
    );
    assert_eq!(
        rejected("X: {x-ambiguous: why, anyOf: [{type: string}, {type: 'null'}]}"),
        only(
            "/x-ambiguous",
            "is not supported on a union with a single member"
        )
    );
}

#[test]
fn null_alone_is_a_constant() {
    for schemas in [
        "X: {type: 'null'}",
        "X: {const: null}",
        "X: {anyOf: [{type: 'null'}]}",
    ] {
        assert_eq!(
            downgraded(schemas),
            json!({"nullable": true, "enum": [null], "x-const": true}),
            "{schemas}"
        );
    }
}

#[test]
fn a_constant_is_an_enum_of_one() {
    for (constant, kind, literal) in [
        ("fixed", "string", Literal::String("fixed".to_owned())),
        ("true", "boolean", Literal::Bool(true)),
        ("3", "integer", Literal::Integer(3)),
        ("null", "null", Literal::Null),
    ] {
        for schemas in [
            format!("X: {{const: {constant}}}"),
            format!("X: {{const: {constant}, type: '{kind}'}}"),
        ] {
            let document = loaded(&document(&schemas)).unwrap();
            let (name, schema) = document.schema("#/components/schemas/X").unwrap();
            assert_eq!(name, "X");
            assert!(schema.schema_data.is_const(), "{schemas}");
            assert_eq!(schema.constant().as_ref(), Some(&literal), "{schemas}");
        }
    }
    let document = loaded(&document("X: {type: string, enum: [a]}")).unwrap();
    let (_, schema) = document.schema("#/components/schemas/X").unwrap();
    assert_eq!(
        (schema.schema_data.is_const(), schema.constant()),
        (false, None)
    );
}

#[test]
fn constants_are_of_their_type() {
    assert_eq!(
        rejected("X: {type: integer, const: a}"),
        only("/const", "`\"a\"` is not an integer")
    );
    assert_eq!(
        rejected("X: {const: a, enum: [a]}"),
        only("/const", "is not supported together with `enum`")
    );
    assert_eq!(
        rejected("X: {const: 1.5}"),
        only("/const", "is not allowed in a schema that is a number")
    );
    assert_eq!(
        rejected("X: {enum: [a, 1]}"),
        only("/enum/1", "`1` is not a string")
    );
    assert_eq!(
        rejected("X: {type: string, enum: [a, b, a]}"),
        only("/enum/2", "is repeated")
    );
    assert_eq!(
        rejected("X: {type: string, enum: []}"),
        only("/enum", "has no values")
    );
}

#[test]
fn null_among_the_values_makes_them_nullable() {
    assert_eq!(
        downgraded("X: {enum: [a, null]}"),
        json!({"type": "string", "nullable": true, "enum": ["a"]})
    );
}

#[test]
fn exclusive_bounds_are_flags_and_integers_stay_integers() {
    assert_eq!(
        downgraded("X: {type: integer, exclusiveMinimum: 0.0, maximum: 100.0}").to_string(),
        r#"{"type":"integer","exclusiveMinimum":true,"minimum":0,"maximum":100}"#
    );
    assert_eq!(
        downgraded("X: {type: number, exclusiveMaximum: 1.5}"),
        json!({"type": "number", "maximum": 1.5, "exclusiveMaximum": true})
    );
    assert_eq!(
        rejected("X: {type: integer, minimum: 0.5}"),
        only("/minimum", "expected an integer of 64 bits, found 0.5")
    );
}

#[test]
fn the_stricter_of_two_bounds_holds() {
    for (bounds, expected) in [
        (
            "minimum: 1, exclusiveMinimum: 0",
            json!({"type": "integer", "minimum": 1}),
        ),
        (
            "minimum: 1, exclusiveMinimum: 1",
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
        ),
        (
            "maximum: 9, exclusiveMaximum: 10",
            json!({"type": "integer", "maximum": 9}),
        ),
        (
            "maximum: 10, exclusiveMaximum: 9",
            json!({"type": "integer", "maximum": 9, "exclusiveMaximum": true}),
        ),
    ] {
        assert_eq!(
            downgraded(&format!("X: {{type: integer, {bounds}}}")),
            expected
        );
    }
}

#[test]
fn tuples_and_keys_are_read_through_accessors() {
    let text = document(
        "X: {type: array, minItems: 2, prefixItems: [{type: string}, {anyOf: [{type: integer}, {type: 'null'}]}]}\n\
         Y: {type: object, propertyNames: {format: uuid4}, additionalProperties: {type: string}}",
    );
    let document = loaded(&text).unwrap();
    let (_, tuple) = document.schema("#/components/schemas/X").unwrap();
    let items = tuple.schema_data.prefix_items().unwrap();
    assert_eq!(
        serde_json::to_value(items).unwrap(),
        json!([{"type": "string"}, {"type": "integer", "nullable": true}])
    );
    let (_, map) = document.schema("#/components/schemas/Y").unwrap();
    assert_eq!(
        serde_json::to_value(map.schema_data.property_names()).unwrap(),
        json!({"type": "string", "format": "uuid4"})
    );
    assert_eq!(map.schema_data.prefix_items(), None);
}

#[test]
fn a_reference_beside_other_keywords_keeps_both() {
    let text = document(
        "X: {type: object, properties: {a: {$ref: '#/components/schemas/Y', default: q, x-secret: true}}}\n\
         Y: {type: string}\n\
         Z: {$ref: '#/components/schemas/Y'}",
    );
    let document = loaded(&text).unwrap();
    let json = serde_json::to_value(&document.api).unwrap();
    assert_eq!(
        json["components"]["schemas"]["X"]["properties"]["a"],
        json!({"default": "q", "x-secret": true, "allOf": [{"$ref": "#/components/schemas/Y"}]})
    );
    let (_, alias) = document.schema("#/components/schemas/Z").unwrap();
    assert_eq!(
        serde_json::to_value(alias).unwrap(),
        json!({"allOf": [{"$ref": "#/components/schemas/Y"}]})
    );
}

#[test]
fn defaults_and_marks_have_types() {
    let text = document(
        "A: {type: string, default: null, nullable: true}\n\
         B: {type: array, items: {}, default: [a, 1, 1.5, {b: true}]}\n\
         C: {type: string, x-secret: true}\n\
         D: {x-ambiguous: no way, anyOf: [{type: object}, {type: object, minProperties: 1}]}",
    );
    let document = loaded(&text).unwrap();
    let data = |name: &str| {
        let (_, schema) = document
            .schema(&format!("#/components/schemas/{name}"))
            .unwrap();
        schema.schema_data.clone()
    };
    assert_eq!(data("A").default_value(), Some(Literal::Null));
    let list = vec![
        Literal::String("a".to_owned()),
        Literal::Integer(1),
        Literal::Number(1.5),
        Literal::Object(vec![("b".to_owned(), Literal::Bool(true))]),
    ];
    assert_eq!(data("B").default_value(), Some(Literal::List(list)));
    assert_eq!(data("C").default_value(), None);
    assert_eq!(
        (data("C").is_secret(), data("D").is_secret()),
        (true, false)
    );
    assert_eq!(
        (data("C").ambiguous(), data("D").ambiguous()),
        (None, Some("no way"))
    );
}

#[test]
fn keywords_that_openapiv3_drops_are_rejected() {
    for (schema, pointer, message) in [
        (
            "{type: string, properties: {}}",
            "/properties",
            "is not allowed in a schema that is a string",
        ),
        (
            "{type: object, anyOf: [{}]}",
            "/anyOf",
            "is not allowed in a schema that is an object",
        ),
        (
            "{anyOf: [{}], type: object}",
            "/type",
            "is not allowed in a schema that is an `anyOf`",
        ),
        (
            "{anyOf: [{}], oneOf: [{}]}",
            "/oneOf",
            "is not allowed in a schema that is an `anyOf`",
        ),
        (
            "{$ref: '#/components/schemas/X', maxLength: 3}",
            "/maxLength",
            "is not allowed in a schema that is a reference",
        ),
        (
            "{minLength: 3}",
            "/minLength",
            "is not allowed in a schema that is of no type",
        ),
        (
            "{type: boolean, format: odd}",
            "/format",
            "is not allowed in a schema that is a boolean",
        ),
        (
            "{type: array, enum: []}",
            "/enum",
            "is not allowed in a schema that is an array",
        ),
        (
            "{patternProperties: {}}",
            "/patternProperties",
            "is not a keyword that this generator supports",
        ),
        (
            "{x-const: true}",
            "/x-const",
            "is not a keyword that this generator supports",
        ),
        ("{type: text}", "/type", "there is no type `text`"),
        (
            "{type: [string, integer]}",
            "/type",
            "expected one type, or one type and null",
        ),
        (
            "{type: string, minLength: -1}",
            "/minLength",
            "expected a count, found `-1`",
        ),
        (
            "{type: integer, exclusiveMinimum: true}",
            "/exclusiveMinimum",
            "expected a number, found `true`",
        ),
        (
            "{type: string, x-secret: false}",
            "/x-secret",
            "expected true, found `false`",
        ),
        ("{anyOf: []}", "/anyOf", "has no members"),
        (
            "{anyOf: [{}, {}], discriminator: {mapping: {}}}",
            "/discriminator",
            "expected `propertyName` and `mapping`, found a mapping",
        ),
        ("false", "", "expected a schema, found `false`"),
    ] {
        assert_eq!(
            rejected(&format!("X: {schema}")),
            only(pointer, message),
            "{schema}"
        );
    }
}

#[test]
fn all_problems_are_reported_together_and_at_any_depth() {
    let found = rejected(
        "X: {type: object, odd: 1, properties: {a~b: {type: array, items: {anyOf: [{type: nope}, {not: {}}]}}}}",
    );
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/odd",
            "/properties/a~0b/items/anyOf/0/type",
            "/properties/a~0b/items/anyOf/1/not"
        ]
    );
}
