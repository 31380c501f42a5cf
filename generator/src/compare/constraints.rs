//! Compares constraints: what changed, and whether a value that was valid may be invalid now.

use crate::ir::{Bound, Edge, Limits};

/// The difference between two sets of constraints.
#[derive(Debug, Default)]
pub(super) struct Change {
    parts: Vec<String>,
    /// Whether a value that satisfies the old constraints may violate the new ones.
    pub(super) is_stricter: bool,
}

impl Change {
    /// Compares constraints. `None` if they are equal.
    pub(super) fn between(old: &Limits, new: &Limits) -> Option<Self> {
        if old == new {
            return None;
        }
        let mut change = Self::default();
        change.add(old, new, "");
        Some(change)
    }

    /// Formats the changes with the keywords of JSON Schema: `maxLength 100 → 50, pattern added`.
    pub(super) fn description(&self) -> String {
        self.parts.join(", ")
    }

    fn add(&mut self, old: &Limits, new: &Limits, of: &str) {
        self.least(&format!("{of}minLength"), old.min_length, new.min_length);
        self.most(&format!("{of}maxLength"), old.max_length, new.max_length);
        self.least(&format!("{of}minItems"), old.min_items, new.min_items);
        self.most(&format!("{of}maxItems"), old.max_items, new.max_items);
        let number = |bound: &Option<Bound>| bound.as_ref().and_then(number);
        self.bound(
            &format!("{of}minimum"),
            [&old.minimum, &new.minimum],
            number(&old.minimum) < number(&new.minimum),
        );
        let lower = match (number(&old.maximum), number(&new.maximum)) {
            (None, new) => new.is_some(),
            (Some(old), Some(new)) => new < old,
            (Some(_), None) => false,
        };
        self.bound(&format!("{of}maximum"), [&old.maximum, &new.maximum], lower);
        let text = |pattern: &Limits| pattern.pattern.as_ref().map(|pattern| pattern.text.clone());
        self.exact(&format!("{of}pattern"), text(old), text(new));
        let digits = |limits: &Limits| {
            let digits = limits.digits?;
            Some(format!("{}.{}", digits.integer, digits.fraction))
        };
        self.exact(&format!("{of}digits"), digits(old), digits(new));
        self.exact(
            &format!("{of}format"),
            old.format.clone(),
            new.format.clone(),
        );
        self.exact(
            &format!("{of}multipleOf"),
            old.multiple_of.clone(),
            new.multiple_of.clone(),
        );
        let unique = |limits: &Limits| limits.unique_items.then(|| "true".to_owned());
        self.exact(&format!("{of}uniqueItems"), unique(old), unique(new));
        let none = Limits::default();
        for (old, new, name) in [
            (&old.items, &new.items, "items"),
            (&old.keys, &new.keys, "keys"),
        ] {
            let (old, new) = (old.as_deref(), new.as_deref());
            self.add_nested(
                old.unwrap_or(&none),
                new.unwrap_or(&none),
                &format!("{of}{name}."),
            );
        }
    }

    fn add_nested(&mut self, old: &Limits, new: &Limits, of: &str) {
        if old != new {
            self.add(old, new, of);
        }
    }

    fn least(&mut self, name: &str, old: Option<u64>, new: Option<u64>) {
        self.note(name, old, new, old < new);
    }

    fn most(&mut self, name: &str, old: Option<u64>, new: Option<u64>) {
        let stricter = new.is_some_and(|new| old.is_none_or(|old| new < old));
        self.note(name, old, new, stricter);
    }

    fn bound(&mut self, name: &str, [old, new]: [&Option<Bound>; 2], moved: bool) {
        let edge = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.edge);
        let closed = edge(new) == Some(Edge::Exclusive) && edge(old) != edge(new);
        let parts = |bound: &Option<Bound>| {
            bound.as_ref().map(|bound| match bound.edge {
                Edge::Inclusive => bound.value.clone(),
                Edge::Exclusive => format!("{} (exclusive)", bound.value),
            })
        };
        self.note(name, parts(old), parts(new), moved || closed);
    }

    /// Compares constraints that cannot be ordered by strictness.
    fn exact(&mut self, name: &str, old: Option<String>, new: Option<String>) {
        let stricter = new.is_some() && old != new;
        self.note(name, old, new, stricter);
    }

    fn note<T: ToString + PartialEq>(
        &mut self,
        name: &str,
        old: Option<T>,
        new: Option<T>,
        stricter: bool,
    ) {
        if old == new {
            return;
        }
        self.is_stricter |= stricter;
        self.parts.push(match (old, new) {
            (Some(old), Some(new)) => {
                format!("{name} {} → {}", old.to_string(), new.to_string())
            }
            (None, Some(new)) => format!("{name} {} added", new.to_string()),
            (Some(old), None) => format!("{name} {} removed", old.to_string()),
            (None, None) => return,
        });
    }
}

fn number(bound: &Bound) -> Option<f64> {
    bound.value.parse().ok()
}
