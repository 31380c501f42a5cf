//! Blocking iterators over lists.

use super::items::Items;
use super::page::Page;
use super::pages::Pages;
use crate::client::blocking::Blocking;

impl<P: Page> Pages<P> {
    /// Returns a blocking iterator over the pages.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation(), self)
    }
}

impl<P: Page> Items<P> {
    /// Returns a blocking iterator over the items.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation(), self)
    }
}
