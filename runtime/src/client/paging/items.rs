//! Streams of items over all pages.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;

use super::decoded_page::DecodedPage;
use super::page::Page;
use super::pages::Pages;
use crate::Error;
#[cfg(feature = "blocking")]
use crate::client::operation::Operation;
use crate::client::requests::Request;

/// The items of a list, in order, over all pages from the one that the request sets.
///
/// A [`Stream`] with its own [`next`](Self::next) and [`try_next`](Self::try_next), so that no other crate is needed.
/// An item that cannot be decoded is an [`Error::Decode`] with the JSON of that item, after which the stream continues
/// with the next item; every other error ends it. Both are wrapped in [`Error::Page`], which contains the page number.
/// A larger `limit` on the request results in fewer requests. How a list that changes in the meantime is read is
/// described at [`Pages`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<P: Page> {
    pages: Pages<P>,
    left: Remaining<P::Item>,
}

/// The items of the current page that were not returned yet.
enum Remaining<T> {
    Complete(vec::IntoIter<T>),
    /// Of a page with items that cannot be decoded. Contains the page number.
    Partial(i64, vec::IntoIter<Result<T, Error>>),
}

impl<T> Iterator for Remaining<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Complete(items) => items.next().map(Ok),
            Self::Partial(page, items) => {
                let item = items.next()?;
                Some(item.map_err(|error| error.on_page(*page)))
            }
        }
    }
}

impl<P: Page> Items<P> {
    /// Creates the stream of the items of a list request.
    pub fn new(request: Request) -> Self {
        Self {
            pages: Pages::new(request),
            left: Remaining::Complete(Vec::new().into_iter()),
        }
    }

    /// Prefetches up to this many pages: see [`Pages::prefetch`].
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.pages = self.pages.prefetch(pages);
        self
    }

    /// Returns the next item; `None` after the last one, and after an error that ended the stream. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<P::Item, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the next item; `None` after the last one, and after an error that ended the stream. Cancel safe.
    ///
    /// # Errors
    /// The error of the call that requested a page, or of an item that cannot be decoded, as [`Error::Page`].
    pub async fn try_next(&mut self) -> Result<Option<P::Item>, Error> {
        self.next().await.transpose()
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.pages.operation()
    }

    /// Collects all remaining items. Fails with the first error, including that of an item that cannot be decoded.
    pub fn collect_all(self) -> CollectAll<P> {
        CollectAll {
            items: self,
            found: Vec::new(),
        }
    }
}

impl<P: Page> Stream for Items<P> {
    type Item = Result<P::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let items = self.get_mut();
        loop {
            if let Some(item) = items.left.next() {
                return Poll::Ready(Some(item));
            }
            let Some((number, result)) = ready!(items.pages.poll_decoded(context)) else {
                return Poll::Ready(None);
            };
            items.left = match result {
                Ok(DecodedPage::Complete(page)) => {
                    Remaining::Complete(page.into_items().into_iter())
                }
                Ok(DecodedPage::Partial { items, .. }) => {
                    Remaining::Partial(number, items.into_iter())
                }
                Err(error) => return Poll::Ready(Some(Err(error.on_page(number)))),
            };
        }
    }
}

/// No field is structurally pinned.
impl<P: Page> Unpin for Items<P> {}

impl<P: Page> fmt::Debug for Items<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}

/// A future of all items of a list. Fails with the first error.
#[must_use = "a future does nothing until it is awaited"]
pub struct CollectAll<P: Page> {
    items: Items<P>,
    found: Vec<P::Item>,
}

impl<P: Page> Future for CollectAll<P> {
    type Output = Result<Vec<P::Item>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let all = self.get_mut();
        loop {
            match Pin::new(&mut all.items).poll_next(context) {
                Poll::Ready(Some(Ok(item))) => all.found.push(item),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => return Poll::Ready(Ok(std::mem::take(&mut all.found))),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// No field is structurally pinned.
impl<P: Page> Unpin for CollectAll<P> {}

impl<P: Page> fmt::Debug for CollectAll<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectAll")
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}
