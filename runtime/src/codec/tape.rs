//! The tape: a received value as a flat list of entries.
//!
//! A list is stored as its head, followed by its items. An object is stored as its head, followed by its keys and
//! values in alternation.
//!
//! The first entry is a null that is not part of the value. It is used in place of every missing value, so that
//! decoding can continue without error handling in each type. Problems are recorded on the tape and reported together
//! at the end.
//!
//! # Memory
//!
//! An entry takes 12 bytes. Strings are ranges of the JSON or, if they contain escapes, of a buffer. In JSON, each key
//! or value takes at least two bytes, so a tape takes at most seven times the size of its JSON. For responses of this
//! API, it takes about the same size as the JSON. `bounds_tests.rs` measures both.
//!
//! Two other bounds are only calculated. While the tape grows, the allocator may also hold the previous buffer. While
//! an object with many keys is read, hashes of its keys take at most about three times the size of the object, or four
//! and a half times while the hash table grows.

use std::cell::RefCell;

use super::entry::{Entry, Halves, Range, Value};
use super::path::Path;
use super::problems::{MAX_PROBLEMS, Problem, ProblemAt, Problems};

/// The position of the null that stands for all missing values.
pub(super) const NOTHING: u32 = 0;

/// The position of the outermost value.
pub(super) const ROOT: u32 = 1;

/// The typical number of bytes of JSON per key or value, which determines the initial capacity.
const USUAL_DENSITY: usize = 12;

/// The error of a value that has more entries than 32-bit positions allow.
#[derive(Debug)]
pub(super) struct TooMany;

/// A received value as a flat list of entries: see the documentation of this module.
#[derive(Debug)]
pub(super) struct Tape<'de> {
    /// The JSON. Empty for other deserializers.
    source: &'de str,
    /// Strings that are not part of the JSON, because they contain escapes.
    copied: String,
    entries: Vec<Entry>,
    problems: RefCell<Problems>,
}

impl<'de> Tape<'de> {
    /// Creates an empty tape for a value of this JSON.
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
        // The position is always in range. `get` avoids the code for a panic.
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
            Entry::Borrowed(range) => Value::String(range.of(self.source)),
            Entry::Copied(range) => Value::String(range.of(&self.copied)),
            Entry::Array { len, end } => Value::Array { len, end },
            Entry::Object { end } => Value::Object { end },
        }
    }

    /// Returns the string at a position: a value or a key. `None` if the entry is not a string.
    #[inline]
    pub(super) fn text(&self, at: u32) -> Option<&str> {
        match self.entry(at) {
            Entry::Borrowed(range) => Some(range.of(self.source)),
            Entry::Copied(range) => Some(range.of(&self.copied)),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn is_key(&self, at: u32, key: &str) -> bool {
        match self.entry(at) {
            // Compared as bytes, so that character boundaries are not checked again.
            Entry::Borrowed(Range { start, len }) => {
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

    /// Returns the position after the value at `at` and its contents.
    #[inline]
    pub(super) fn after(&self, at: u32) -> u32 {
        match self.entry(at) {
            Entry::Array { end, .. } | Entry::Object { end, .. } => end,
            _ => at + 1,
        }
    }

    /// Returns the memory that the tape has allocated, in bytes.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.copied.capacity()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Appends a scalar, a key, or a placeholder for the head of a list or object. Strings that are not part of the
    /// JSON are copied.
    #[inline]
    pub(super) fn push(&mut self, value: Value<'_>) -> Result<(), TooMany> {
        let entry = match value {
            Value::Null => Entry::Null,
            Value::Boolean(value) => Entry::Boolean(value),
            Value::Integer(value) => Entry::Integer(Halves::new(value.cast_unsigned())),
            Value::Unsigned(value) => Entry::Unsigned(Halves::new(value)),
            Value::Float(value) => Entry::Float(Halves::new(value.to_bits())),
            Value::Numeral(text) => Entry::Numeral(self.copy(text)?),
            Value::String(text) => match self.place(text) {
                Some(range) => Entry::Borrowed(range),
                None => Entry::Copied(self.copy(text)?),
            },
            Value::Array { len, end } => Entry::Array { len, end },
            Value::Object { end } => Entry::Object { end },
        };
        self.add(entry);
        Ok(())
    }

    /// Replaces the placeholder of a list or object with its head.
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

    /// Removes the entries from position `at` on, and their copied strings, which begin at `copied`.
    pub(super) fn truncate(&mut self, at: usize, copied: usize) {
        self.entries.truncate(at);
        self.copied.truncate(copied);
    }

    /// Returns the number of bytes of copied strings.
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

    /// Reserves capacity for all entries that can follow, instead of doubling the capacity repeatedly.
    #[cold]
    fn grow(&mut self) {
        let bytes = self.source.as_bytes();
        let separators = bytes
            .iter()
            .filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{'))
            .count();
        // At most one entry follows each separator. Two more entries precede the first separator: the outermost value,
        // and the null for missing values.
        let max_entries = separators.min(bytes.len() / 2) + 2;
        // The bound does not hold for other deserializers, nor for numbers that are represented as objects.
        let more = max_entries.saturating_sub(self.entries.len());
        match more {
            0 => self.entries.reserve(1),
            more => self.entries.reserve_exact(more),
        }
    }

    /// Returns the range of a string in the JSON. `None` if the string is not part of the JSON.
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
            // All copied strings together are shorter than their escaped form in the JSON.
            match self.source.len().saturating_sub(self.copied.len()) {
                0 => self.copied.reserve(text.len()),
                rest => self.copied.reserve_exact(double.min(rest).max(text.len())),
            }
        }
        self.copied.push_str(text);
        Ok(range)
    }

    /// Records a problem. Only the first problems are kept. Problems of the null for missing values are ignored,
    /// because the missing key is already recorded as a problem of the object.
    #[cold]
    pub(super) fn record(&self, at: u32, problem: Problem) {
        if at == NOTHING {
            return;
        }
        let mut problems = self.problems.borrow_mut();
        if problems.recorded.len() == MAX_PROBLEMS {
            problems.more = true;
            return;
        }
        problems.recorded.push(ProblemAt {
            at,
            problem,
            variant: None,
        });
    }

    /// Returns the number of problems that are recorded.
    #[inline]
    pub(super) fn failures(&self) -> usize {
        self.problems.borrow().recorded.len()
    }

    /// Returns whether there were more problems than are recorded, so that decoding can stop.
    #[inline]
    pub(super) fn has_too_many_problems(&self) -> bool {
        self.problems.borrow().more
    }

    pub(super) fn take_problems(&self) -> Problems {
        self.problems.take()
    }

    pub(super) fn restore_problems(&self, before: Problems) {
        *self.problems.borrow_mut() = before;
    }

    /// Sets the variant of the problems from index `first` on, unless an inner variant is already set.
    #[cold]
    pub(super) fn name_variant(&self, first: usize, variant: &'static str) {
        for problem in self.problems.borrow_mut().recorded.iter_mut().skip(first) {
            problem.variant.get_or_insert(("", variant));
        }
    }

    /// Sets the union that contains the variants of the problems from index `first` on.
    #[cold]
    pub(super) fn name_union(&self, first: usize, union: &'static str) {
        for problem in self.problems.borrow_mut().recorded.iter_mut().skip(first) {
            if let Some((name @ "", _)) = problem.variant.as_mut() {
                *name = union;
            }
        }
    }

    /// Returns the path of the entry at position `target`.
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

    /// Descends one level in [`Tape::path`]: to the item or field of the list or object at `at` that contains `target`.
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
