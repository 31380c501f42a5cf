//! Implements decoding for scalars, lists and maps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::entry::Value;
use super::node::Node;
use super::object::{Missing, Object};
use super::traits::{Decode, MapKey};
use crate::types::{Date, Decimal, Id, JsonObject, JsonValue, Number, Patch, Timestamp};

/// The maximum initial capacity of a list. Without it, memory for a million items would be allocated even if all are
/// invalid.
const MAX_RESERVE: usize = 1024;

/// Implements `field` and `optional_field` with functions that are compiled once, in this crate.
macro_rules! once {
    () => {
        #[inline(never)]
        fn field(object: &mut Object<'_, '_>, key: &'static str) -> Self {
            match object.find(key) {
                Some(node) => Self::decode(node),
                None => Self::absent(object.missing(key)),
            }
        }

        #[inline(never)]
        fn optional_field(object: &mut Object<'_, '_>, key: &'static str) -> Option<Self> {
            Option::decode(object.find(key)?)
        }
    };
}

impl MapKey for String {
    fn from_key(key: &str) -> Option<Self> {
        Some(key.to_owned())
    }

    fn to_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn get_in<'m, T>(map: &'m BTreeMap<Self, T>, key: &str) -> Option<&'m T> {
        map.get(key)
    }
}

impl MapKey for Uuid {
    fn from_key(key: &str) -> Option<Self> {
        Self::try_parse(key).ok()
    }

    fn to_key(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}

impl Decode for String {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        node.string().to_owned()
    }
}

impl Decode for Cow<'static, str> {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        Cow::Owned(node.string().to_owned())
    }
}

impl Decode for bool {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        match node.value() {
            Value::Boolean(value) => value,
            _ => {
                node.expected("true or false");
                false
            }
        }
    }
}

impl Decode for i64 {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        match node.value() {
            Value::Integer(value) => value,
            Value::Unsigned(_) => wrong(node, "an integer of at most 64 bits, sign included"),
            value => match value.integer() {
                Some(value) => value,
                None => wrong(node, "an integer"),
            },
        }
    }
}

impl Decode for u64 {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        let value = match node.value() {
            Value::Unsigned(value) => Some(value),
            value => value.integer().and_then(|value| value.try_into().ok()),
        };
        value.unwrap_or_else(|| wrong(node, "an integer from 0 to 18446744073709551615"))
    }
}

impl Decode for f64 {
    once!();

    #[inline]
    #[allow(
        clippy::cast_precision_loss,
        reason = "the type is for numbers whose last digits do not matter"
    )]
    fn decode(node: Node<'_, '_>) -> Self {
        match node.value() {
            Value::Float(value) => value,
            Value::Integer(value) => value as Self,
            Value::Unsigned(value) => value as Self,
            Value::Numeral(text) => match text.parse::<Self>() {
                Ok(value) if value.is_finite() => value,
                _ => wrong(node, "a number in the range of a double"),
            },
            _ => wrong(node, "a number"),
        }
    }
}

impl Decode for Uuid {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        parse_text(node, "a UUID", |text| Self::try_parse(text).ok())
    }
}

impl<T> Decode for Id<T> {
    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        Self::new(Uuid::decode(node))
    }

    #[inline]
    fn field(object: &mut Object<'_, '_>, key: &'static str) -> Self {
        Self::new(Uuid::field(object, key))
    }

    #[inline]
    fn optional_field(object: &mut Object<'_, '_>, key: &'static str) -> Option<Self> {
        Uuid::optional_field(object, key).map(Self::new)
    }
}

impl Decode for Timestamp {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        parse_text(node, "a date and time", crate::types::timestamp::parse)
    }
}

impl Decode for Date {
    once!();

    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        parse_text(
            node,
            "a date (YYYY-MM-DD)",
            crate::types::timestamp::parse_date,
        )
    }
}

impl Decode for Decimal {
    once!();

    fn decode(node: Node<'_, '_>) -> Self {
        let value = match node.value() {
            Value::Integer(value) => Some(Self::from(value)),
            Value::Unsigned(value) => Some(Self::from(value)),
            // The shortest digits of the double. They are the original digits if there were at most 17.
            Value::Float(value) => value.to_string().parse().ok(),
            Value::Numeral(text) | Value::String(text) => text.parse().ok(),
            _ => None,
        };
        value.unwrap_or_else(|| wrong(node, "a decimal number"))
    }
}

impl Decode for Number {
    once!();

    fn decode(node: Node<'_, '_>) -> Self {
        match node.value() {
            Value::Integer(value) => Self::Integer(value),
            Value::Unsigned(value) => Self::Unsigned(value),
            _ => Self::Float(f64::decode(node)),
        }
    }
}

impl Decode for JsonValue {
    once!();

    fn decode(node: Node<'_, '_>) -> Self {
        node.json()
    }
}

impl Decode for JsonObject {
    once!();

    fn decode(node: Node<'_, '_>) -> Self {
        if !matches!(node.value(), Value::Object { .. }) {
            node.expected("an object");
        }
        node.json_object()
    }
}

/// Decodes null and a missing key.
impl Decode for () {
    fn decode(node: Node<'_, '_>) {
        if !matches!(node.value(), Value::Null) {
            node.expected("null");
        }
    }

    fn absent(_: Missing<'_, '_>) {}
}

/// Decodes null and a missing key as `None`.
impl<T: Decode> Decode for Option<T> {
    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        match node.value() {
            Value::Null => None,
            _ => Some(T::decode(node)),
        }
    }

    #[inline]
    fn absent(_: Missing<'_, '_>) -> Self {
        None
    }

    #[inline]
    fn field(object: &mut Object<'_, '_>, key: &'static str) -> Self {
        T::optional_field(object, key)
    }
}

impl<T: Decode> Decode for Patch<T> {
    fn decode(node: Node<'_, '_>) -> Self {
        match node.value() {
            Value::Null => Self::Clear,
            _ => Self::Set(T::decode(node)),
        }
    }

    fn absent(_: Missing<'_, '_>) -> Self {
        Self::Keep
    }
}

impl<T: Decode> Decode for Box<T> {
    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        Self::new(T::decode(node))
    }

    fn absent(missing: Missing<'_, '_>) -> Self {
        Self::new(T::absent(missing))
    }
}

impl<T: Decode> Decode for Vec<T> {
    #[inline]
    fn decode(node: Node<'_, '_>) -> Self {
        let Some(items) = node.items() else {
            node.expected("a list");
            return Self::new();
        };
        let mut list = Self::with_capacity(items.total().min(MAX_RESERVE));
        for item in items {
            list.push(T::decode(item));
            if item.has_too_many_problems() {
                break;
            }
        }
        list
    }
}

impl<K: MapKey, T: Decode> Decode for BTreeMap<K, T> {
    fn decode(node: Node<'_, '_>) -> Self {
        if !matches!(node.value(), Value::Object { .. }) {
            node.expected("an object");
        }
        let mut map = Self::new();
        for (text, value) in node.fields() {
            match K::from_key(text) {
                Some(key) => {
                    map.insert(key, T::decode(value));
                }
                None => value.expected("a value under a valid key"),
            }
            if value.has_too_many_problems() {
                break;
            }
        }
        map
    }
}

macro_rules! decode_tuple {
    ($len:literal: $($item:ident),+) => {
        impl<$($item: Decode),+> Decode for ($($item,)+) {
            fn decode(node: Node<'_, '_>) -> Self {
                let mut items = node.items();
                match &items {
                    None => node.expected("a list"),
                    Some(items) if items.total() != $len => node.expected_length($len),
                    Some(_) => {}
                }
                let mut next = || items.as_mut().and_then(Iterator::next).unwrap_or_else(|| node.nothing());
                ($($item::decode(next()),)+)
            }
        }
    };
}

decode_tuple!(2: A, B);
decode_tuple!(3: A, B, C);
decode_tuple!(4: A, B, C, D);

/// Records a problem. Returns the default value of the type, which is discarded when decoding ends.
#[cold]
fn wrong<T: Default>(node: Node<'_, '_>, expected: &'static str) -> T {
    node.expected(expected);
    T::default()
}

/// Decodes a string with a parser, such as that of a timestamp.
#[inline]
fn parse_text<T: Default>(
    node: Node<'_, '_>,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> T {
    match node.value() {
        Value::String(text) => parse(text),
        _ => None,
    }
    .unwrap_or_else(|| wrong(node, expected))
}
