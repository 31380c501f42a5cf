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

/// A stream of the items of all pages of a list, in order.
///
/// A [`Stream`] that also has the methods [`next`](Self::next) and [`try_next`](Self::try_next), so no other crate is
/// needed. It begins with the page that the request sets, or else with the first page. To send fewer requests, set a
/// larger `limit` on the request.
///
/// Errors are wrapped in [`Error::Page`], which contains the page number. An item that cannot be decoded is returned as
/// [`Error::Decode`] with its JSON, after which the stream continues with the next item. Any other error ends the
/// stream.
///
/// If the list changes while it is read, items can be returned twice or missed: see [`Pages`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<P: Page> {
    pages: Pages<P>,
    left: Remaining<P::Item>,
}

/// The items of the current page that were not returned yet.
enum Remaining<T> {
    Complete(vec::IntoIter<T>),
    /// Items of a page some of which cannot be decoded, with the page number.
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
    /// Creates a stream of the items of a list request. For generated code.
    pub fn new(request: Request) -> Self {
        Self {
            pages: Pages::new(request),
            left: Remaining::Complete(Vec::new().into_iter()),
        }
    }

    /// Sets how many pages are requested in advance; none by default. See [`Pages::prefetch`].
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
    /// [`Error::Page`], which contains the error of the call, or of the item if it cannot be decoded.
    pub async fn try_next(&mut self) -> Result<Option<P::Item>, Error> {
        self.next().await.transpose()
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.pages.operation()
    }

    /// Collects all remaining items in a `Vec`. Fails with the first error, even if it is about a single item.
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

/// A future that collects all items of a list in a `Vec`. Fails with the first error.
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
