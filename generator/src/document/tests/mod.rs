//! Tests of the rules of this phase, each with a minimal document.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod coverage;
mod load;
mod overlay;
mod schema;

use serde_json::{Value, json};

use super::{Document, Source, load};
use crate::error::Report;

const FILE: &str = "spec/2026-10.yaml";

fn loaded(text: &str) -> Result<Document, Report> {
    load(Source { name: FILE, text }, None)
}

/// Returns a document with these schemas, as YAML with an indentation of two.
fn document(schemas: &str) -> String {
    let schemas: String = schemas
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    format!(
        "openapi: 3.1.0\ninfo: {{title: T, version: 2026-10}}\npaths: {{}}\ncomponents:\n  schemas:\n{schemas}"
    )
}

/// Returns the schema `X` after the downgrade, as JSON.
fn downgraded(schemas: &str) -> Value {
    let document = loaded(&document(schemas)).unwrap();
    serde_json::to_value(document.schema("#/components/schemas/X").unwrap().1).unwrap()
}

/// Returns the problems of a document with these schemas: the pointer below `X`, and the message.
fn rejected(schemas: &str) -> Vec<(String, String)> {
    problems(loaded(&document(schemas)), "/components/schemas/X")
}

fn problems<T: std::fmt::Debug>(result: Result<T, Report>, below: &str) -> Vec<(String, String)> {
    result
        .unwrap_err()
        .into_iter()
        .map(|problem| {
            assert_eq!(problem.file, FILE);
            let pointer = problem
                .pointer
                .strip_prefix(below)
                .unwrap_or(&problem.pointer);
            (pointer.to_owned(), problem.message)
        })
        .collect()
}

/// Returns a list with a single expected problem.
fn only(pointer: &str, message: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), message.to_owned())]
}

#[test]
fn the_helper_shows_what_openapiv3_read() {
    assert_eq!(downgraded("X: {type: string}"), json!({"type": "string"}));
}
