//! Fills a tape from any serde deserializer.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::tape::{Entry, Problem, Tape};

/// How many containers may lie inside each other.
const MAX_DEPTH: u8 = 128;

/// The key under which `serde_json` hands over numbers when some crate of the program turns on its `arbitrary_precision`.
const NUMERAL_KEY: &str = "$serde_json::private::Number";

/// Reads one value. Compiled once for each deserializer, not for each type.
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
    /// Starts a container; its head is written when its end is known.
    fn open<E: Error>(&mut self) -> Result<usize, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!(
                "nested more than {MAX_DEPTH} levels deep"
            )));
        }
        self.depth += 1;
        let at = self.tape.len();
        self.tape.push(Entry::Null);
        Ok(at)
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
    u32::try_from(at).map_err(|_| E::custom("more values than can be counted"))
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
        f.write_str("an object, a list, text, a number, a boolean or null")
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.tape.push(Entry::Null);
        Ok(())
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
    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.tape.push(Entry::Boolean(value));
        Ok(())
    }

    #[inline]
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.tape.push(Entry::Integer(value));
        Ok(())
    }

    #[inline]
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.tape
            .push(i64::try_from(value).map_or(Entry::Unsigned(value), Entry::Integer));
        Ok(())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<(), E> {
        self.tape.push(numeral(&value.to_string()));
        Ok(())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<(), E> {
        self.tape.push(numeral(&value.to_string()));
        Ok(())
    }

    #[inline]
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.tape.push(Entry::Float(value));
        Ok(())
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.tape.push(Entry::Borrowed(text));
        Ok(())
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.tape.push(Entry::Owned(text.into()));
        Ok(())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<(), E> {
        self.tape.push(Entry::Owned(text.into_boxed_str()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let at = self.open()?;
        let mut len = 0;
        while items.next_element_seed(self.inner())?.is_some() {
            len += 1;
        }
        let end = self.end()?;
        self.tape.replace(at, Entry::Array { len, end });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let at = self.open()?;
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
            Some(number) => {
                self.tape.truncate(at + 1);
                self.tape.replace(at, number);
            }
            None => self.tape.replace(at, Entry::Object { end }),
        }
        Ok(())
    }
}

/// The number inside `{"$serde_json::private::Number": "..."}`.
fn wrapped_numeral<'de>(tape: &Tape<'de>, at: usize, len: usize) -> Option<Entry<'de>> {
    let key = u32::try_from(at).ok()? + 1;
    if len != 1 || !tape.is_key(key, NUMERAL_KEY) {
        return None;
    }
    let text = tape.text(key + 1)?;
    // Whatever is no number in JSON is an ordinary object with a strange key.
    text.parse::<serde_json::Number>()
        .ok()
        .map(|_| numeral(text))
}

/// A number given as text, as an integer where it is one that fits.
fn numeral<'de>(text: &str) -> Entry<'de> {
    if text == "-0" {
        return Entry::Float(-0.0);
    }
    if let Ok(value) = text.parse() {
        return Entry::Integer(value);
    }
    text.parse()
        .map_or_else(|_| Entry::Numeral(text.into()), Entry::Unsigned)
}

/// Finds keys that occur twice in one object.
///
/// A key leaves its fingerprint in a small set; only when a fingerprint is already there are the keys compared. Objects
/// with many keys use real hashes, so that the time stays proportional to the size.
#[derive(Default)]
struct Keys {
    fingerprints: [u64; 4],
    count: usize,
    hashes: Option<Box<(RandomState, HashSet<u64>)>>,
}

impl Keys {
    const FEW: usize = 64;

    /// Adds the key at `key_at` of the object at `object_at`, and parks a mistake on the tape if it is there already.
    #[inline]
    fn insert(&mut self, tape: &Tape<'_>, object_at: usize, key_at: usize) {
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
            tape.park(key_position, Problem::Duplicate);
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
        let key = u32::try_from(next).ok()?;
        next = tape.after(key + 1) as usize;
        tape.text(key)
    })
}

/// Reads a key. Formats other than JSON have keys that are no text; numbers and booleans are taken as their text.
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
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.0.push(Entry::Borrowed(text));
        Ok(())
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.push(Entry::Owned(text.into()));
        Ok(())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<(), E> {
        self.0.push(Entry::Owned(text.into_boxed_str()));
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.visit_string(value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_string(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_string(value.to_string())
    }
}
