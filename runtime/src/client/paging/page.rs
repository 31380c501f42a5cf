//! The trait of pages.

use crate::codec::Decode;

/// A page of a list. Implemented by the response types of paginated operations.
///
/// A page is decoded from an object with `items` and `pagination`, or from a plain array, which is the whole list:
/// servers of older API versions respond with an array to operations that were paginated later. Its `pagination` then
/// describes a list that is complete on one page: `total_count` is the number of items, `max_page` is 1 (0 if there are
/// no items), `has_next_page` is false. It is encoded as an object.
pub trait Page: Decode {
    /// The type of the items.
    type Item: Decode;

    /// Returns what the page says about the pages after it.
    fn extent(&self) -> Extent;

    /// Returns the items of the page.
    fn into_items(self) -> Vec<Self::Item>;

    /// Returns the items of the page; `None` for an unknown variant.
    fn items_mut(&mut self) -> Option<&mut Vec<Self::Item>>;

    /// Returns whether the page has no items.
    fn is_empty(&self) -> bool;
}

/// What a page states about the pages after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// The number of the last page; 0 if the list is empty.
    Last(i64),
    /// There is another page.
    More,
    /// There is no other page.
    End,
    /// The page is an unknown variant.
    Unknown,
}
