//! Reads defaults, deprecation, secrecy and direction of schemas, and rejects them at places where they have no meaning.

use openapiv3::{Schema, SchemaKind, StringFormat, Type as Kind, VariantOrUnknownOrEmpty};

use super::Lowering;
use crate::document::{Literal, SchemaDataExt as _};
use crate::ir::{Direction, Facts, Lifecycle, Limits, Sensitivity};

/// Returns the facts of a schema itself, without those of schemas that it refers to.
pub(super) fn own_facts(schema: &Schema) -> Facts {
    let data = &schema.schema_data;
    Facts {
        limits: Limits::default(),
        default: data.default_value().map(|literal| json_text(&literal)),
        lifecycle: if data.deprecated {
            Lifecycle::Deprecated
        } else {
            Lifecycle::Active
        },
        sensitivity: if data.is_secret() || is_password(schema) {
            Sensitivity::Secret
        } else {
            Sensitivity::Public
        },
        direction: match (data.read_only, data.write_only) {
            (true, false) => Direction::Received,
            (false, true) => Direction::Sent,
            _ => Direction::Both,
        },
    }
}

fn is_password(schema: &Schema) -> bool {
    let password = VariantOrUnknownOrEmpty::Item(StringFormat::Password);
    matches!(&schema.schema_kind, SchemaKind::Type(Kind::String(string)) if string.format == password)
}

/// Returns a literal as JSON.
fn json_text(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::String(text) => format!("{text:?}"),
        Literal::List(items) => {
            let items: Vec<String> = items.iter().map(json_text).collect();
            format!("[{}]", items.join(", "))
        }
        Literal::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", json_text(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Rejects facts that only properties may have: `readOnly`, `writeOnly` and `x-secret`.
pub(super) fn reject_outside_properties(cx: &mut Lowering<'_, '_>, facts: &Facts, at: &str) {
    if facts.sensitivity == Sensitivity::Secret {
        cx.problem(
            at,
            "a secret that is not (in a list or map that is) a property would be printed: \
             put `x-secret` on a property",
        );
    }
    reject_direction(cx, facts, at);
}

/// Rejects `readOnly` and `writeOnly` outside of properties.
pub(super) fn reject_direction(cx: &mut Lowering<'_, '_>, facts: &Facts, at: &str) {
    if facts.direction != Direction::Both {
        cx.problem(
            at,
            "`readOnly` and `writeOnly` are only supported on properties",
        );
    }
}
