//! Lists that come in pages: one page after the other, or item by item.
//!
//! All of it is written once, over what a page says of itself ([`Page`]). Nothing is spawned: requests make progress when
//! the stream is polled, and a stream that is dropped takes its requests along.

#[cfg(feature = "blocking")]
mod blocking;
mod items;
mod page;
mod pages;
mod portion;
mod whole;

pub use items::{CollectAll, Items};
pub use page::{Extent, Page};
pub use pages::Pages;
#[doc(hidden)]
pub use whole::decode_page;
