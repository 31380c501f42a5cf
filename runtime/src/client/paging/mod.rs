//! Pagination: lists as streams of pages and of items.
//!
//! It is implemented once, for any [`Page`]. Nothing is spawned: requests make progress when the stream is polled, and
//! dropping the stream cancels them.

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
