//! The tape: one value, read once from any deserializer, laid out flat in memory.
//!
//! A container is followed by its contents: a list by its items, an object by its keys and values in turn. The first entry
//! is a null that belongs to no value. What could not be decoded reads that null instead, so that every reader can go on
//! after a mistake and nobody has to check for one: mistakes are parked here and reported together at the end.
//!
//! # Memory
//!
//! An entry takes 12 bytes: strings are ranges of the JSON text, or of one buffer for those that had escapes. JSON has at
//! least two bytes for each value or key, so a tape takes at most seven times the bytes of its text, whatever the text
//! is; a response of this API takes about as much as its text. `bounds.rs` measures both for complete tapes. Calculated
//! only: while the tape grows, the allocator may hold its former buffer as well, and while objects with many keys are
//! read, the hashes of their keys come on top, at most about three times the bytes of those objects, or half as much
//! again while their table grows.

use std::cell::RefCell;

use super::entry::{Entry, Halves, Range, Value};
use super::path::Path;
use super::problems::{MAX_PROBLEMS, Parked, Problem, Problems};

/// The null that stands for nothing.
pub(super) const NOTHING: u32 = 0;

/// Where the value starts.
pub(super) const ROOT: u32 = 1;

/// How many bytes of text a key or value takes in the payloads of this API, or more. Room for that many is made at once.
const USUAL_DENSITY: usize = 12;

/// There are more values, or more text, than positions of 32 bits.
#[derive(Debug)]
pub(super) struct TooMany;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Tape<'de> {
    /// The text that is read; empty for other deserializers.
    source: &'de str,
    /// The strings that are no part of the source.
    copied: String,
    entries: Vec<Entry>,
    problems: RefCell<Problems>,
}

impl<'de> Tape<'de> {
    /// An empty tape for the values of a JSON text.
    pub(super) fn for_text(source: &'de str) -> Self {
        let mut entries = Vec::with_capacity(source.len() / USUAL_DENSITY + 8);
        entries.push(Entry::Null);
        Self {
            source,
            copied: String::new(),
            entries,
            problems: RefCell::default(),
        }
    }

    #[inline]
    fn entry(&self, at: u32) -> Entry {
        // Out of range cannot happen with positions taken from the tape; the fallback spares a panic path.
        self.entries
            .get(at as usize)
            .copied()
            .unwrap_or(Entry::Null)
    }

    #[inline]
    pub(super) fn value(&self, at: u32) -> Value<'_> {
        match self.entry(at) {
            Entry::Null => Value::Null,
            Entry::Boolean(value) => Value::Boolean(value),
            Entry::Integer(halves) => Value::Integer(halves.bits().cast_signed()),
            Entry::Unsigned(halves) => Value::Unsigned(halves.bits()),
            Entry::Float(halves) => Value::Float(f64::from_bits(halves.bits())),
            Entry::Numeral(range) => Value::Numeral(range.of(&self.copied)),
            Entry::Text(range) => Value::Text(range.of(self.source)),
            Entry::Copied(range) => Value::Text(range.of(&self.copied)),
            Entry::Array { len, end } => Value::Array { len, end },
            Entry::Object { end } => Value::Object { end },
        }
    }

    /// The text at an entry: a string value or a key.
    #[inline]
    pub(super) fn text(&self, at: u32) -> Option<&str> {
        match self.entry(at) {
            Entry::Text(range) => Some(range.of(self.source)),
            Entry::Copied(range) => Some(range.of(&self.copied)),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn is_key(&self, at: u32, key: &str) -> bool {
        match self.entry(at) {
            // Bytes, for the ends of a key need not be checked to be those of characters.
            Entry::Text(Range { start, len }) => {
                len as usize == key.len()
                    && self
                        .source
                        .as_bytes()
                        .get(start as usize..start as usize + key.len())
                        == Some(key.as_bytes())
            }
            Entry::Copied(range) => range.of(&self.copied) == key,
            _ => false,
        }
    }

    /// The position after the value at `at`, its contents included.
    #[inline]
    pub(super) fn after(&self, at: u32) -> u32 {
        match self.entry(at) {
            Entry::Array { end, .. } | Entry::Object { end, .. } => end,
            _ => at + 1,
        }
    }

    /// How many bytes of memory it holds.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.copied.capacity()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds a scalar or a key, or holds the place of a container's head. Strings that are no part of the source are copied.
    #[inline]
    pub(super) fn push(&mut self, value: Value<'_>) -> Result<(), TooMany> {
        let entry = match value {
            Value::Null => Entry::Null,
            Value::Boolean(value) => Entry::Boolean(value),
            Value::Integer(value) => Entry::Integer(Halves::new(value.cast_unsigned())),
            Value::Unsigned(value) => Entry::Unsigned(Halves::new(value)),
            Value::Float(value) => Entry::Float(Halves::new(value.to_bits())),
            Value::Numeral(text) => Entry::Numeral(self.copy(text)?),
            Value::Text(text) => match self.place(text) {
                Some(range) => Entry::Text(range),
                None => Entry::Copied(self.copy(text)?),
            },
            Value::Array { len, end } => Entry::Array { len, end },
            Value::Object { end } => Entry::Object { end },
        };
        self.add(entry);
        Ok(())
    }

    /// Writes the head of a container over its place holder.
    pub(super) fn close(&mut self, at: usize, head: Value<'_>) {
        let entry = match head {
            Value::Array { len, end } => Entry::Array { len, end },
            Value::Object { end } => Entry::Object { end },
            _ => return,
        };
        if let Some(place) = self.entries.get_mut(at) {
            *place = entry;
        }
    }

    /// Forgets the entries from `at` on, which have copied all text after the first `copied` bytes of it.
    pub(super) fn truncate(&mut self, at: usize, copied: usize) {
        self.entries.truncate(at);
        self.copied.truncate(copied);
    }

    /// How many bytes of text were copied.
    pub(super) fn copied(&self) -> usize {
        self.copied.len()
    }

    #[inline]
    fn add(&mut self, entry: Entry) {
        if self.entries.len() == self.entries.capacity() {
            self.grow();
        }
        self.entries.push(entry);
    }

    /// Makes room for all that may still come, instead of doubling what is there.
    #[cold]
    fn grow(&mut self) {
        let bytes = self.source.as_bytes();
        let separators = bytes
            .iter()
            .filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{'))
            .count();
        // A separator is followed by at most one entry; one more is in front of them all, and one before that.
        let most = separators.min(bytes.len() / 2) + 2;
        // Other deserializers, and numbers that come as objects, have no such bound.
        let more = most.saturating_sub(self.entries.len());
        match more {
            0 => self.entries.reserve(1),
            more => self.entries.reserve_exact(more),
        }
    }

    /// Where a text is in the source, if it is a part of it.
    #[inline]
    fn place(&self, text: &str) -> Option<Range> {
        let start = text
            .as_ptr()
            .addr()
            .checked_sub(self.source.as_ptr().addr())?;
        let fits = start.checked_add(text.len())? <= self.source.len();
        fits.then(|| Range::new(start, text.len())).flatten()
    }

    fn copy(&mut self, text: &str) -> Result<Range, TooMany> {
        let range = Range::new(self.copied.len(), text.len()).ok_or(TooMany)?;
        let free = self.copied.capacity() - self.copied.len();
        if free < text.len() {
            let double = self.copied.capacity().max(64);
            // All copies together are shorter than the source that they were escaped in.
            match self.source.len().saturating_sub(self.copied.len()) {
                0 => self.copied.reserve(text.len()),
                rest => self.copied.reserve_exact(double.min(rest).max(text.len())),
            }
        }
        self.copied.push_str(text);
        Ok(range)
    }

    /// Notes a mistake. Of many only the first are kept, and none about the null that stands for nothing: what is
    /// missing is noted where it is missed.
    #[cold]
    pub(super) fn park(&self, at: u32, problem: Problem) {
        if at == NOTHING {
            return;
        }
        let mut problems = self.problems.borrow_mut();
        if problems.parked.len() == MAX_PROBLEMS {
            problems.more = true;
            return;
        }
        problems.parked.push(Parked {
            at,
            problem,
            variant: None,
        });
    }

    /// How many mistakes are parked.
    #[inline]
    pub(super) fn failures(&self) -> usize {
        self.problems.borrow().parked.len()
    }

    /// Whether a further mistake would change nothing.
    #[inline]
    pub(super) fn is_hopeless(&self) -> bool {
        self.problems.borrow().more
    }

    pub(super) fn take_problems(&self) -> Problems {
        self.problems.take()
    }

    pub(super) fn restore_problems(&self, before: Problems) {
        *self.problems.borrow_mut() = before;
    }

    /// Says in which variant the mistakes from the `first` on were made. The innermost variant is named first and stays.
    #[cold]
    pub(super) fn name_variant(&self, first: usize, variant: &'static str) {
        for parked in self.problems.borrow_mut().parked.iter_mut().skip(first) {
            parked.variant.get_or_insert(("", variant));
        }
    }

    /// Says to which union the named variants of the mistakes from the `first` on belong.
    #[cold]
    pub(super) fn name_union(&self, first: usize, union: &'static str) {
        for parked in self.problems.borrow_mut().parked.iter_mut().skip(first) {
            if let Some((name @ "", _)) = parked.variant.as_mut() {
                *name = union;
            }
        }
    }

    /// The keys and indexes that lead from the value to the entry at `target`.
    #[cold]
    pub(super) fn path(&self, target: u32) -> Path {
        let mut path = Path::default();
        let mut at = ROOT;
        while at < target {
            let Some(step) = self.step(at, target, &mut path) else {
                break;
            };
            at = step;
        }
        path
    }

    /// One step of [`Tape::path`]: the item or field of the container at `at` that holds `target`.
    fn step(&self, at: u32, target: u32, path: &mut Path) -> Option<u32> {
        let (is_object, end) = match self.entry(at) {
            Entry::Array { end, .. } => (false, end),
            Entry::Object { end } => (true, end),
            _ => return None,
        };
        let mut index = 0_usize;
        let mut child = at + 1;
        while child < end {
            let value = if is_object { child + 1 } else { child };
            let after = self.after(value);
            if target < after {
                match self.text(child) {
                    Some(key) if is_object => path.key(key),
                    _ => path.index(index),
                }
                return Some(value);
            }
            index += 1;
            child = after;
        }
        None
    }
}
