//! The request body of a batch.

use super::entry::Entry;
use super::event::Event;
use crate::codec::{Encode, FieldWriter, List, Record, View};

/// The request body: an object with the list of events.
pub(super) struct Body<'a, E>(pub(super) &'a [Entry<E>]);

impl<E: Event> Encode for Body<'_, E> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl<E: Event> Record for Body<'_, E> {
    fn write(&self, writer: &mut FieldWriter<'_>) {
        writer.fields(&[(E::LIST, &Events(self.0))]);
    }
}

struct Events<'a, E>(&'a [Entry<E>]);

impl<E: Event> Encode for Events<'_, E> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<E: Event> List for Events<'_, E> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn item(&self, index: usize) -> Option<&dyn Encode> {
        self.0.get(index).map(|entry| &entry.event as &dyn Encode)
    }
}
