//! Generates sample values of types: valid, as varied as the contract permits, and the same in every run.

use polar_codegen::ir::{Api, Constant, Field, Presence, Scalar, Shape, Struct, Type};
use serde_json::{Map, Value, json};

/// The number of items on a page.
const ITEMS: usize = 100;
/// The maximum depth at which optional fields are filled, so that recursive types end.
const MAX_DEPTH: usize = 8;

/// Generates values. Alternatives (variants, enum values, optional fields) are used in turn.
pub(crate) struct Sampler<'a> {
    api: &'a Api,
    turn: usize,
}

impl<'a> Sampler<'a> {
    pub(crate) fn new(api: &'a Api) -> Self {
        Self { api, turn: 0 }
    }

    /// Returns a page of the type with this name, with [`ITEMS`] items.
    pub(crate) fn page(&mut self, name: &str) -> Result<Value, String> {
        let def = self.api.types.iter().find(|def| def.name.rust == name);
        let Some(Shape::Struct(page)) = def.map(|def| &def.shape) else {
            return Err(format!("no struct `{name}`"));
        };
        let mut value = self.object(page, 0);
        let items = page.fields.iter().find(|field| field.name.wire == "items");
        let Some(Type::List(item)) = items.map(|items| &items.ty) else {
            return Err(format!("`{name}` has no list of items"));
        };
        value.insert(
            "items".to_owned(),
            (0..ITEMS).map(|_| self.value(item, 1)).collect(),
        );
        Ok(Value::Object(value))
    }

    fn object(&mut self, object: &Struct, depth: usize) -> Map<String, Value> {
        let mut entries = Map::new();
        for field in &object.fields {
            if self.is_there(field, depth) {
                entries.insert(field.name.wire.clone(), self.value(&field.ty, depth + 1));
            }
        }
        entries
    }

    fn is_there(&mut self, field: &Field, depth: usize) -> bool {
        // The server writes null for a missing value, and omits the key only if null is not permitted.
        field.presence == Presence::Required
            || field.ty.is_nullable()
            || (depth < MAX_DEPTH && self.next().is_multiple_of(2))
    }

    fn value(&mut self, ty: &Type, depth: usize) -> Value {
        match ty {
            Type::Scalar(scalar) => self.scalar(*scalar),
            Type::Id(_) => self.scalar(Scalar::Uuid),
            Type::Named(id) => self.named(&self.api.def(*id).shape, depth),
            Type::List(_) | Type::Map(_) if depth > MAX_DEPTH => match ty {
                Type::List(_) => json!([]),
                _ => json!({}),
            },
            Type::List(item) => (0..2).map(|_| self.value(item, depth + 1)).collect(),
            Type::Map(value) => {
                let entry = |key: &str, value| (key.to_owned(), value);
                let (first, second) = (self.value(value, depth + 1), self.value(value, depth + 1));
                Value::Object(
                    [entry("first", first), entry("second", second)]
                        .into_iter()
                        .collect(),
                )
            }
            Type::Tuple(items) => items
                .iter()
                .map(|item| self.value(item, depth + 1))
                .collect(),
            Type::Nullable(_) if depth > MAX_DEPTH || self.next().is_multiple_of(4) => Value::Null,
            Type::Nullable(inner) | Type::Boxed(inner) => self.value(inner, depth),
            Type::Const(constant) => match constant {
                Constant::String(text) => json!(text),
                Constant::Boolean(value) => json!(value),
                Constant::Integer(value) => json!(value),
                Constant::Null => Value::Null,
            },
            Type::Json => json!({ "note": "free text" }),
        }
    }

    fn named(&mut self, shape: &Shape, depth: usize) -> Value {
        match shape {
            Shape::Struct(object) => Value::Object(self.object(object, depth)),
            Shape::Enum(texts) => json!(texts.values[self.next() % texts.values.len()].name.wire),
            Shape::Union(union) => {
                let variant = &union.variants[self.next() % union.variants.len()];
                self.value(&variant.ty, depth)
            }
            Shape::Alias(ty) => self.value(ty, depth),
        }
    }

    fn scalar(&mut self, scalar: Scalar) -> Value {
        let turn = self.next();
        match scalar {
            Scalar::String => json!(format!("Sample text, number {turn}")),
            Scalar::Integer | Scalar::Unsigned => json!(turn),
            Scalar::Float => json!(turn as f64 + 0.25),
            Scalar::Number if turn.is_multiple_of(2) => json!(turn),
            Scalar::Number => json!(turn as f64 + 0.5),
            Scalar::Decimal => json!(format!("0.{turn:012}")),
            Scalar::Boolean => json!(turn.is_multiple_of(2)),
            Scalar::Uuid => json!(format!("5c1f8a3e-0b7d-4c9a-9d2e-{turn:012x}")),
            Scalar::Timestamp => json!(format!(
                "2026-{:02}-21T18:{:02}:49.{:06}Z",
                turn % 12 + 1,
                turn % 60,
                // Never a whole number of milliseconds, which some implementations write with three digits.
                turn % 999 * 1000 + 1
            )),
            Scalar::Date => json!(format!("2026-11-{:02}", turn % 28 + 1)),
        }
    }

    fn next(&mut self) -> usize {
        // 7 has no common factor with the small numbers that it is divided by, so all remainders occur.
        self.turn += 7;
        self.turn
    }
}
