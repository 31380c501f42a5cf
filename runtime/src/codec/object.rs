//! A cursor over the fields of an object.

use super::entry::Value;
use super::node::{Fields, Node};
use super::tape::Tape;
use crate::types::JsonValue;

impl<'r, 'de> Node<'r, 'de> {
    /// Returns a cursor over the fields of the object. If the value is not an object, records that problem. The cursor
    /// then has no fields, and records no missing ones.
    #[inline]
    pub(super) fn object(self) -> Object<'r, 'de> {
        let (at, end) = match self.value() {
            Value::Object { end } => (self.at, end),
            _ => {
                self.expected("an object");
                (self.nothing().at, 0)
            }
        };
        Object {
            tape: self.tape,
            at,
            next: at + 1,
            end,
        }
    }
}

/// A cursor over the fields of a received object.
///
/// Fields are looked up by key, starting after the field that was found last. So if fields are decoded in the order in
/// which they were sent, each takes one comparison.
#[derive(Debug)]
pub struct Object<'r, 'de> {
    tape: &'r Tape<'de>,
    at: u32,
    next: u32,
    end: u32,
}

impl<'r, 'de> Object<'r, 'de> {
    #[inline]
    pub(super) fn find(&mut self, key: &str) -> Option<Node<'r, 'de>> {
        if self.next < self.end && self.tape.is_key(self.next, key) {
            return Some(self.take(self.next));
        }
        self.search(key)
    }

    /// Searches the fields after the cursor, then those before it.
    fn search(&mut self, key: &str) -> Option<Node<'r, 'de>> {
        let from = |next, end| {
            let mut at = next;
            while at < end {
                if self.tape.is_key(at, key) {
                    return Some(at);
                }
                at = self.tape.after(at + 1);
            }
            None
        };
        let found =
            from(self.next, self.end).or_else(|| from(self.at + 1, self.next.min(self.end)))?;
        Some(self.take(found))
    }

    #[inline]
    fn take(&mut self, key_at: u32) -> Node<'r, 'de> {
        self.next = self.tape.after(key_at + 1);
        Node::new(self.tape, key_at + 1)
    }

    /// Returns the whole object as JSON.
    #[must_use]
    pub fn json(&self) -> JsonValue {
        Node::new(self.tape, self.at).json()
    }

    /// Returns an iterator over all keys and values.
    pub(super) fn fields(&self) -> Fields<'r, 'de> {
        Fields::new(self.tape, self.at, self.end)
    }

    #[inline]
    pub(super) fn missing(&self, key: &'static str) -> Missing<'r, 'de> {
        Missing {
            tape: self.tape,
            object: self.at,
            key,
        }
    }
}

/// A key that is missing in an object. The argument of [`Decode::absent`](super::Decode::absent).
#[derive(Clone, Copy, Debug)]
pub struct Missing<'r, 'de> {
    pub(super) tape: &'r Tape<'de>,
    pub(super) object: u32,
    pub(super) key: &'static str,
}
