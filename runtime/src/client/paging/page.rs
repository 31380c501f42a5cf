//! The trait of pages.

use crate::codec::Decode;

/// A page of a list. Implemented by the response types of paginated operations.
///
/// A page is decoded from an object with `items` and `pagination`. It is also decoded from a plain array, because
/// servers of older API versions respond with an array to operations that were paginated later. An array is the whole
/// list. Its `pagination` is set accordingly: `total_count` is the number of items, `max_page` is 1 (0 without items),
/// and `has_next_page` is false. A page is always encoded as an object.
pub trait Page: Decode {
    /// The type of the items.
    type Item: Decode;

    /// Returns what the page states about later pages.
    fn extent(&self) -> Extent;

    /// Converts the page to its items.
    fn into_items(self) -> Vec<Self::Item>;

    /// Returns the items of the page. `None` if the page is an unknown variant of a union.
    fn items_mut(&mut self) -> Option<&mut Vec<Self::Item>>;

    /// Returns whether the page has no items.
    fn is_empty(&self) -> bool;
}

/// What a page states about later pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// The number of the last page; 0 if the list is empty.
    Last(i64),
    /// There is a next page.
    More,
    /// There is no next page.
    End,
    /// The page is an unknown variant of a union, so nothing is known.
    Unknown,
}
