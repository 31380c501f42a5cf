//! What a page says of itself.

use crate::codec::Decode;

/// A page of a list. Implemented by the types that paged operations respond with.
///
/// A page is decoded from an object with `items` and `pagination`, or from a plain array, which is the whole list:
/// servers of older versions of the API respond so where pages came later. Its `pagination` then says what is true of a
/// list that is complete on one page: `total_count` is the number of items, `max_page` is 1 (0 if there are no items),
/// `has_next_page` is false. It is encoded as an object.
pub trait Page: Decode {
    /// What the list is a list of.
    type Item: Decode;

    /// What the page says about those after it.
    fn extent(&self) -> Extent;

    /// The items of the page.
    fn into_items(self) -> Vec<Self::Item>;

    /// The items of the page; `None` if it has a form that this version of the crate does not know.
    fn items_mut(&mut self) -> Option<&mut Vec<Self::Item>>;

    /// Whether there are no items on the page.
    fn is_empty(&self) -> bool;
}

/// What a page says about those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// This is the number of the last page. It is 0 if the list is empty.
    Last(i64),
    /// There is another page.
    More,
    /// There is no other page.
    End,
    /// The page has a form that this version of the crate does not know.
    Unknown,
}
