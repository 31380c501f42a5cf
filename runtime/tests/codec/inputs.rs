//! Request types, and the arguments of their setters.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use polar_client_runtime::codec::{self, Choice, Encode, FieldWriter, Record, Redacted};
use polar_client_runtime::types::{Entries, Items, JsonObject, JsonValue};

#[derive(Clone)]
struct Card {
    number: String,
}

impl Record for Card {
    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("method", &"card"), ("number", &Redacted(&self.number))]);
    }
}

polar_client_runtime::input! { Card }

#[derive(Clone)]
enum Method {
    Card(Box<Card>),
    Free,
    Text(String),
}

impl Choice for Method {
    fn view(&self) -> (&'static str, &dyn Encode) {
        match self {
            Self::Card(value) => ("Card", value),
            Self::Free => ("Free", &"free"),
            Self::Text(value) => ("Text", value),
        }
    }
}

polar_client_runtime::choice! { Method }
polar_client_runtime::from_variant! { Method::Card(Box<Card>) }
polar_client_runtime::from_variant! { Method::Text(String) }

#[test]
fn a_union_encodes_as_its_variant() {
    let card = Method::from(Card {
        number: "4242".to_owned(),
    });
    assert!(matches!(card, Method::Card(_)));
    assert_eq!(
        codec::to_string(&card),
        r#"{"method":"card","number":"4242"}"#
    );
    assert_eq!(
        serde_json::to_string(&card).unwrap(),
        codec::to_string(&card)
    );
    assert_eq!(codec::to_string(&Method::Free), r#""free""#);
    assert_eq!(codec::to_string(&Method::from("x".to_owned())), r#""x""#);
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!(
        "{:?}",
        Method::from(Card {
            number: "4242".to_owned()
        })
    );
    assert!(
        printed.contains("[redacted]") && !printed.contains("4242"),
        "{printed}"
    );
}

#[test]
fn lists_and_maps_accept_convertible_items() {
    assert_eq!(Items::<String>::into_list(["a", "b"]), ["a", "b"]);
    assert_eq!(Items::<i64>::into_list(vec![1_i32, 2]), [1, 2]);
    let map: BTreeMap<String, JsonValue> = Entries::<JsonValue>::into_map([("a", 1), ("b", 2)]);
    assert_eq!(
        map,
        BTreeMap::from([
            ("a".to_owned(), JsonValue::from(1)),
            ("b".to_owned(), JsonValue::from(2))
        ])
    );
    let object: JsonObject = Entries::<JsonValue>::into_map(map);
    assert_eq!(object["b"], 2);
}
