//! The state of a comparison: two contracts, and the differences found so far.

use std::collections::BTreeSet;

use super::constraints::Change;
use super::difference::Difference;
use super::kind::{Condition, Kind};
use super::values::Typed;
use crate::ir::{Api, Facts, Lifecycle, Limits, Type, TypeDef};
use crate::share::Key;

/// Compares two contracts, and collects the differences. Types that were renamed have their old names in both contracts.
pub(super) struct Finder<'a> {
    pub(super) old: &'a Api,
    pub(super) new: &'a Api,
    pub(super) found: Vec<Difference>,
    /// The elements for which no further difference has to be reported: those with a difference of their own, and those
    /// that only refer to one of them.
    pub(super) explained: BTreeSet<Key>,
}

/// The location of a compared value.
pub(super) struct ValueContext<'a> {
    pub(super) element: &'a Key,
    pub(super) subject: String,
    pub(super) directions: Directions,
}

/// Whether values are sent and received, in both contracts.
#[derive(Clone, Copy)]
pub(super) struct Directions {
    pub(super) sent: bool,
    pub(super) received: bool,
}

impl Directions {
    pub(super) const SENT: Self = Self {
        sent: true,
        received: false,
    };

    pub(super) fn of(old: &TypeDef, new: &TypeDef) -> Self {
        Self {
            sent: old.usage.is_built() && new.usage.is_built(),
            received: old.usage.is_decoded() && new.usage.is_decoded(),
        }
    }
}

impl<'a> Finder<'a> {
    pub(super) fn new(old: &'a Api, new: &'a Api) -> Self {
        Self {
            old,
            new,
            found: Vec::new(),
            explained: BTreeSet::new(),
        }
    }

    pub(super) fn add(
        &mut self,
        element: &Key,
        kind: Kind,
        subject: impl Into<String>,
        detail: Option<String>,
        conditions: impl IntoIterator<Item = Option<Condition>>,
    ) {
        self.found.push(Difference {
            kind,
            subject: subject.into(),
            detail,
            conditions: conditions.into_iter().flatten().collect(),
            versions: Vec::new(),
            operations: BTreeSet::new(),
            types: BTreeSet::new(),
            in_webhooks: false,
            element: element.clone(),
        });
    }

    pub(super) fn before(&self, ty: &'a Type) -> Typed<'a> {
        Typed::new(self.old, ty)
    }

    pub(super) fn after(&self, ty: &'a Type) -> Typed<'a> {
        Typed::new(self.new, ty)
    }

    /// Compares the constraints on a value.
    pub(super) fn constraints(&mut self, context: &ValueContext<'_>, old: &Limits, new: &Limits) {
        if let Some(change) = Change::between(old, new) {
            let rejected = context.directions.sent && change.is_stricter;
            self.add(
                context.element,
                Kind::Constraint,
                &context.subject,
                Some(change.description()),
                [Condition::Rejected.when(rejected)],
            );
        }
    }

    /// Compares the facts about a value other than its type. If deprecation changed, the difference has the kind
    /// `deprecated`.
    pub(super) fn facts(
        &mut self,
        context: &ValueContext<'_>,
        [old, new]: [&Facts; 2],
        deprecated: Kind,
        condition: Option<Condition>,
    ) {
        self.constraints(context, &old.limits, &new.limits);
        let (element, subject) = (context.element, &context.subject);
        if old.default != new.default {
            let detail = change(old.default.as_deref(), new.default.as_deref());
            self.add(element, Kind::Default, subject, detail, []);
        }
        if old.sensitivity != new.sensitivity {
            self.add(element, Kind::Secrecy, subject, None, []);
        }
        if old.direction != new.direction {
            self.add(element, Kind::FieldDirection, subject, None, []);
        }
        self.lifecycle(
            context,
            [old.lifecycle, new.lifecycle],
            deprecated,
            condition,
        );
    }

    pub(super) fn lifecycle(
        &mut self,
        context: &ValueContext<'_>,
        [old, new]: [Lifecycle; 2],
        deprecated: Kind,
        condition: Option<Condition>,
    ) {
        let kind = match (old, new) {
            (Lifecycle::Active, Lifecycle::Deprecated) => deprecated,
            (Lifecycle::Deprecated, Lifecycle::Active) => Kind::Reinstated,
            _ => return,
        };
        self.add(context.element, kind, &context.subject, None, [condition]);
    }
}

impl Condition {
    /// Returns the condition if `holds` is true.
    pub(super) fn when(self, holds: bool) -> Option<Self> {
        holds.then_some(self)
    }
}

/// Formats a change: `a → b`, `b added`, `a removed`.
pub(super) fn change(old: Option<&str>, new: Option<&str>) -> Option<String> {
    match (old, new) {
        (Some(old), Some(new)) => Some(format!("{old} → {new}")),
        (None, Some(new)) => Some(format!("{new} added")),
        (Some(old), None) => Some(format!("{old} removed")),
        (None, None) => None,
    }
}

/// Pairs the items of two lists by key.
pub(super) fn pairs<'i, T, K: PartialEq>(
    old: &'i [T],
    new: &'i [T],
    key: impl Fn(&'i T) -> K,
) -> Pairs<'i, T> {
    let mut pairs = Pairs {
        both: Vec::new(),
        removed: Vec::new(),
        added: Vec::new(),
    };
    for item in old {
        match new.iter().find(|other| key(other) == key(item)) {
            Some(other) => pairs.both.push((item, other)),
            None => pairs.removed.push(item),
        }
    }
    let is_new = |item: &&'i T| !old.iter().any(|other| key(other) == key(*item));
    pairs.added = new.iter().filter(is_new).collect();
    pairs
}

/// The items of two lists, paired by key.
pub(super) struct Pairs<'i, T> {
    pub(super) both: Vec<(&'i T, &'i T)>,
    pub(super) removed: Vec<&'i T>,
    pub(super) added: Vec<&'i T>,
}

impl<'i, T> Pairs<'i, T> {
    /// Removes the renamed items from the added and removed items, and returns them. An item counts as renamed if its
    /// content is equal to that of exactly one item in the other list.
    pub(super) fn take_renamed<C: PartialEq>(
        &mut self,
        old_content: impl Fn(&T) -> C,
        new_content: impl Fn(&T) -> C,
    ) -> Vec<(&'i T, &'i T)> {
        let mut renamed = Vec::new();
        for old in &self.removed {
            let content = old_content(old);
            let mut alike = self.added.iter().filter(|new| new_content(new) == content);
            let same = self
                .removed
                .iter()
                .filter(|other| old_content(other) == content);
            if let (Some(new), None, 1) = (alike.next(), alike.next(), same.count()) {
                renamed.push((*old, *new));
            }
        }
        let is_renamed = |item: &T, of: fn(&(&'i T, &'i T)) -> &'i T| {
            renamed.iter().any(|pair| std::ptr::eq(of(pair), item))
        };
        self.removed.retain(|item| !is_renamed(item, |pair| pair.0));
        self.added.retain(|item| !is_renamed(item, |pair| pair.1));
        renamed
    }
}
