//! Pagination: lists as streams of pages and of items.
//!
//! The streams spawn no tasks. Requests make progress while the stream is polled, and are canceled when it is dropped.

mod array_page;
#[cfg(feature = "blocking")]
mod blocking;
mod decoded_page;
mod items;
mod page;
mod pages;

#[doc(hidden)]
pub use array_page::decode_page;
pub use items::{CollectAll, Items};
pub use page::{Extent, Page};
pub use pages::Pages;
