//! Compares enums and their values.

use super::finder::{Directions, Finder, pairs};
use super::kind::{Condition, Kind};
use crate::ir::{Enum, TypeDef};
use crate::share::Key;

impl Finder<'_> {
    pub(super) fn enums(&mut self, element: &Key, defs: [&TypeDef; 2], [old, new]: [&Enum; 2]) {
        let name = &defs[0].name.rust;
        let directions = Directions::of(defs[0], defs[1]);
        let values = pairs(&old.values, &new.values, |value| &value.name.wire);
        for value in values.removed {
            let rejected = Condition::Rejected.when(directions.sent);
            let subject = format!("{name}::{}", value.name.rust);
            let text = Some(format!("{:?}", value.name.wire));
            self.add(element, Kind::EnumValueRemoved, subject, text, [rejected]);
        }
        for value in values.added {
            let subject = format!("{name}::{}", value.name.rust);
            let text = Some(format!("{:?}", value.name.wire));
            self.add(element, Kind::EnumValueAdded, subject, text, []);
        }
        for (a, b) in values.both {
            if a.name.rust != b.name.rust {
                let subject = format!("{name}::{}", a.name.rust);
                let detail = Some(format!("{} → {}", a.name.rust, b.name.rust));
                self.add(element, Kind::EnumValueRenamed, subject, detail, []);
            }
        }
    }
}
