//! The tape: one value, read once from any deserializer, laid out flat in memory.
//!
//! A container is followed by its contents: a list by its items, an object by its keys and values in turn. The first entry
//! is a null that belongs to no value. What could not be decoded reads that null instead, so that every reader can go on
//! after a mistake and nobody has to check for one: the first mistake is parked here and reported at the end.

use std::cell::RefCell;

use super::DecodeError;
use super::node::Node;

/// Where the value starts; the entry before it is the null that stands for nothing.
const ROOT: u32 = 1;

/// One scalar, one key, or the head of a container.
#[derive(Debug)]
pub(super) enum Entry<'de> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Only above the range of `Integer`.
    Unsigned(u64),
    Float(f64),
    /// A number that none of the above holds exactly, as it was written.
    Numeral(Box<str>),
    Borrowed(&'de str),
    Owned(Box<str>),
    Array {
        len: u32,
        end: u32,
    },
    Object {
        end: u32,
    },
}

/// The first mistake found, located by the entry it is about.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) at: u32,
    pub(super) problem: Problem,
    /// The innermost union around it, once known: the union's name (added last) and the variant's.
    pub(super) variant: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The entry is not what the text names ("an integer").
    Expected(&'static str),
    /// The object has no such key.
    Missing(&'static str),
    /// The key at the entry occurred before in the same object.
    Duplicate,
    /// The list has a length other than this one.
    Length(usize),
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Tape<'de> {
    entries: Vec<Entry<'de>>,
    parked: RefCell<Option<Parked>>,
}

impl<'de> Tape<'de> {
    /// An empty tape with room for the scalars and keys of a text of `bytes` bytes.
    pub(super) fn for_text_of(bytes: usize) -> Self {
        // A key or value takes 12 bytes or more in the payloads of this API; what is too little grows.
        let mut entries = Vec::with_capacity(bytes / 12 + 8);
        entries.push(Entry::Null);
        Self {
            entries,
            parked: RefCell::new(None),
        }
    }

    pub(super) fn root(&self) -> Node<'_, 'de> {
        Node::new(self, ROOT)
    }

    /// The null that stands for what is not there.
    pub(super) fn nothing(&self) -> Node<'_, 'de> {
        Node::new(self, 0)
    }

    #[inline]
    pub(super) fn entry(&self, at: u32) -> &Entry<'de> {
        // Out of range cannot happen with positions taken from the tape; the fallback spares a panic path.
        self.entries.get(at as usize).unwrap_or(&Entry::Null)
    }

    /// The text at an entry: a string value or a key.
    #[inline]
    pub(super) fn text(&self, at: u32) -> Option<&str> {
        match self.entry(at) {
            Entry::Borrowed(text) => Some(text),
            Entry::Owned(text) => Some(text),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn is_key(&self, at: u32, key: &str) -> bool {
        self.text(at).is_some_and(|text| text == key)
    }

    /// The position after the value at `at`, its contents included.
    #[inline]
    pub(super) fn after(&self, at: u32) -> u32 {
        match self.entry(at) {
            Entry::Array { end, .. } | Entry::Object { end, .. } => *end,
            _ => at + 1,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<'de>) {
        self.entries.push(entry);
    }

    /// Writes the head of a container over its place holder, or a number over the object that carried it.
    pub(super) fn replace(&mut self, at: usize, entry: Entry<'de>) {
        if let Some(place) = self.entries.get_mut(at) {
            *place = entry;
        }
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    /// Notes a mistake; only the first one counts.
    #[cold]
    pub(super) fn park(&self, at: u32, problem: Problem) {
        let mut parked = self.parked.borrow_mut();
        if parked.is_none() {
            *parked = Some(Parked {
                at,
                problem,
                variant: None,
            });
        }
    }

    #[inline]
    pub(super) fn failed(&self) -> bool {
        self.parked.borrow().is_some()
    }

    pub(super) fn take_parked(&self) -> Option<Parked> {
        self.parked.borrow_mut().take()
    }

    pub(super) fn restore_parked(&self, before: Option<Parked>) {
        *self.parked.borrow_mut() = before;
    }

    /// Says in which variant the parked mistake was made. The innermost variant is named first and stays.
    #[cold]
    pub(super) fn name_variant(&self, variant: &'static str) {
        if let Some(parked) = self.parked.borrow_mut().as_mut() {
            parked.variant.get_or_insert(("", variant));
        }
    }

    /// Says to which union the named variant belongs.
    #[cold]
    pub(super) fn name_union(&self, union: &'static str) {
        if let Some(parked) = self.parked.borrow_mut().as_mut()
            && let Some((name @ "", _)) = parked.variant.as_mut()
        {
            *name = union;
        }
    }

    /// The parked mistake as an error, with the path to it.
    pub(super) fn take_error(&self) -> Option<DecodeError> {
        self.take_parked()
            .map(|parked| DecodeError::locate(self, &parked))
    }

    /// The keys and indexes that lead from the value to the entry at `target`.
    #[cold]
    pub(super) fn path(&self, target: u32) -> String {
        let mut path = String::new();
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
    fn step(&self, at: u32, target: u32, path: &mut String) -> Option<u32> {
        let (is_object, end) = match self.entry(at) {
            Entry::Array { end, .. } => (false, *end),
            Entry::Object { end, .. } => (true, *end),
            _ => return None,
        };
        let mut index = 0_usize;
        let mut child = at + 1;
        while child < end {
            let value = if is_object { child + 1 } else { child };
            let after = self.after(value);
            if target < after {
                match self.text(child) {
                    Some(key) if is_object => push_key(path, key),
                    _ => path.push_str(&format!("[{index}]")),
                }
                return Some(value);
            }
            index += 1;
            child = after;
        }
        None
    }
}

/// Adds a key to a path: `.key`, or `["any text"]` when the key is no plain word.
pub(super) fn push_key(path: &mut String, key: &str) {
    let plain = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain {
        path.push_str(&format!("[{key:?}]"));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}
