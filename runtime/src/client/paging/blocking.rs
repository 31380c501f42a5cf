//! Lists without a runtime of one's own.

use super::items::Items;
use super::page::Page;
use super::pages::Pages;
use crate::client::blocking::Blocking;

impl<P: Page> Pages<P> {
    /// The pages, waited for on this thread.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation(), self)
    }
}

impl<P: Page> Items<P> {
    /// The items, waited for on this thread.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation(), self)
    }
}
