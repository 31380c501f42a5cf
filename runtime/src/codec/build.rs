//! Stores the value of a serde deserializer on a tape.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::entry::Value;
use super::problems::Problem;
use super::tape::{Tape, TooMany};

/// The maximum nesting of containers.
const MAX_DEPTH: u8 = 128;

/// The key under which `serde_json` represents numbers if any crate of the program enables the feature
/// `arbitrary_precision`.
const NUMERAL_KEY: &str = "$serde_json::private::Number";

/// Stores the value of a deserializer on a tape. Compiled once per deserializer, not per type.
pub(super) fn build<'de, D: Deserializer<'de>>(
    deserializer: D,
    tape: &mut Tape<'de>,
) -> Result<(), D::Error> {
    Builder { tape, depth: 0 }.deserialize(deserializer)
}

struct Builder<'t, 'de> {
    tape: &'t mut Tape<'de>,
    depth: u8,
}

impl<'de> Builder<'_, 'de> {
    /// Starts a list or object with a placeholder for its head, which is written when its end is known.
    fn open<E: Error>(&mut self) -> Result<usize, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!(
                "nested more than {MAX_DEPTH} levels deep"
            )));
        }
        self.depth += 1;
        let at = self.tape.len();
        self.add(Value::Null)?;
        Ok(at)
    }

    #[inline]
    fn add<E: Error>(&mut self, value: Value<'_>) -> Result<(), E> {
        self.tape.push(value).map_err(too_many)
    }

    fn inner(&mut self) -> Builder<'_, 'de> {
        Builder {
            tape: self.tape,
            depth: self.depth,
        }
    }

    fn end<E: Error>(&self) -> Result<u32, E> {
        position(self.tape.len())
    }
}

fn position<E: Error>(at: usize) -> Result<u32, E> {
    u32::try_from(at).map_err(|_| too_many(TooMany))
}

#[cold]
fn too_many<E: Error>(_: TooMany) -> E {
    E::custom("the input is too large: it exceeds 4 GiB or 2^32 values")
}

impl<'de> DeserializeSeed<'de> for Builder<'_, 'de> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Builder<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a list, a string, a number, a boolean or null")
    }

    #[inline]
    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.add(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    #[inline]
    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        self.add(Value::Boolean(value))
    }

    #[inline]
    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.add(Value::Integer(value))
    }

    #[inline]
    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.add(i64::try_from(value).map_or(Value::Unsigned(value), Value::Integer))
    }

    fn visit_i128<E: Error>(mut self, value: i128) -> Result<(), E> {
        self.add(numeral(&value.to_string()))
    }

    fn visit_u128<E: Error>(mut self, value: u128) -> Result<(), E> {
        self.add(numeral(&value.to_string()))
    }

    #[inline]
    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        self.add(Value::Float(value))
    }

    #[inline]
    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        self.add(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let at = self.open()?;
        let mut len = 0;
        while items.next_element_seed(self.inner())?.is_some() {
            len += 1;
        }
        let end = self.end()?;
        self.tape.close(at, Value::Array { len, end });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let at = self.open()?;
        let copied = self.tape.copied();
        let mut keys = Keys::default();
        let mut len = 0;
        loop {
            let key_at = self.tape.len();
            if entries.next_key_seed(KeyBuilder(self.tape))?.is_none() {
                break;
            }
            keys.insert(self.tape, at, key_at);
            entries.next_value_seed(self.inner())?;
            len += 1;
        }
        let end = self.end()?;
        match wrapped_numeral(self.tape, at, len) {
            Some(text) => {
                self.tape.truncate(at, copied);
                self.add(numeral(&text))?;
            }
            None => self.tape.close(at, Value::Object { end }),
        }
        Ok(())
    }
}

/// Returns the number in `{"$serde_json::private::Number": "..."}`. `None` for any other object.
fn wrapped_numeral(tape: &Tape<'_>, at: usize, len: usize) -> Option<String> {
    let key = u32::try_from(at).ok()? + 1;
    if len != 1 || !tape.is_key(key, NUMERAL_KEY) {
        return None;
    }
    let text = tape.text(key + 1)?;
    // A string that is not a JSON number is part of an ordinary object with an unusual key.
    let is_number = text.parse::<serde_json::Number>().is_ok();
    is_number.then(|| text.to_owned())
}

/// Parses a number that is given as a string: as an integer if it is one and in range, otherwise in its original
/// notation. `-0` becomes a float.
fn numeral(text: &str) -> Value<'_> {
    if text == "-0" {
        return Value::Float(-0.0);
    }
    if let Ok(value) = text.parse() {
        return Value::Integer(value);
    }
    text.parse()
        .map_or_else(|_| Value::Numeral(text), Value::Unsigned)
}

/// Detects duplicate keys of an object, in linear time.
///
/// A fingerprint of each key is added to a small set. Keys are compared only if their fingerprints are equal. For
/// objects with many keys, complete hashes replace the fingerprints. After more duplicates than an error shows, no more
/// keys are compared.
#[derive(Default)]
struct Keys {
    fingerprints: [u64; 4],
    count: usize,
    hashes: Option<Box<(RandomState, HashSet<u64>)>>,
}

impl Keys {
    const FEW: usize = 64;

    /// Adds the key at `key_at` of the object at `object_at`. Records a problem if it is a duplicate.
    #[inline]
    fn insert(&mut self, tape: &Tape<'_>, object_at: usize, key_at: usize) {
        if self.count >= Self::FEW && tape.has_too_many_problems() {
            return;
        }
        let Ok(key_position) = u32::try_from(key_at) else {
            return;
        };
        let Some(key) = tape.text(key_position) else {
            return;
        };
        let fresh = if self.count < Self::FEW {
            self.insert_fingerprint(key)
        } else {
            self.insert_hash(tape, object_at, key_at, key)
        };
        self.count += 1;
        if !fresh && earlier_keys(tape, object_at, key_at).any(|earlier| earlier == key) {
            tape.record(key_position, Problem::Duplicate);
        }
    }

    #[inline]
    fn insert_fingerprint(&mut self, key: &str) -> bool {
        let bytes = key.as_bytes();
        let at = |index: usize| bytes.get(index).copied().map_or(0, usize::from);
        let mixed = at(0).wrapping_mul(31)
            ^ at(bytes.len() / 2).wrapping_mul(87)
            ^ at(bytes.len().wrapping_sub(1)).wrapping_mul(137);
        let fingerprint = mixed.wrapping_add(bytes.len().wrapping_mul(53)) % 256;
        let bit = 1_u64 << (fingerprint % 64);
        let Some(word) = self.fingerprints.get_mut(fingerprint / 64) else {
            return false;
        };
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    #[cold]
    fn insert_hash(&mut self, tape: &Tape<'_>, object_at: usize, key_at: usize, key: &str) -> bool {
        let (state, hashes) = &mut **self.hashes.get_or_insert_with(|| {
            let state = RandomState::new();
            let hashes = earlier_keys(tape, object_at, key_at)
                .map(|key| state.hash_one(key))
                .collect();
            Box::new((state, hashes))
        });
        hashes.insert(state.hash_one(key))
    }
}

#[cfg(test)]
thread_local! {
    /// The number of comparisons of keys, for tests.
    pub(super) static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn earlier_keys<'t>(
    tape: &'t Tape<'_>,
    object_at: usize,
    key_at: usize,
) -> impl Iterator<Item = &'t str> {
    let mut next = object_at + 1;
    std::iter::from_fn(move || {
        if next >= key_at {
            return None;
        }
        #[cfg(test)]
        COMPARED.set(COMPARED.get() + 1);
        let key = u32::try_from(next).ok()?;
        next = tape.after(key + 1) as usize;
        tape.text(key)
    })
}

/// Stores an object key. Formats other than JSON also have numbers and booleans as keys, which are converted to
/// strings.
struct KeyBuilder<'t, 'de>(&'t mut Tape<'de>);

impl<'de> DeserializeSeed<'de> for KeyBuilder<'_, 'de> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeyBuilder<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.push(Value::String(text)).map_err(too_many)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }
}
