//! Item by item, over all pages.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_core::Stream;

use super::{Page, Pages};
use crate::Error;
#[cfg(feature = "blocking")]
use crate::client::Operation;
use crate::client::Request;

/// The items of a list, in order, over all pages from the one that the request asks for.
///
/// A [`Stream`] that also has [`next`](Self::next) and [`try_next`](Self::try_next), so that no other crate is needed.
/// An error ends the stream; it is an [`Error::Page`]. A larger `limit` on the request makes fewer requests. What a list
/// that changes in the meantime comes to is said at [`Pages`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<P: Page> {
    pages: Pages<P>,
    /// What is left of the page that arrived last.
    left: vec::IntoIter<P::Item>,
}

impl<P: Page> Items<P> {
    /// The items of the pages that a request asks for.
    pub fn new(request: Request) -> Self {
        Self {
            pages: Pages::new(request),
            left: Vec::new().into_iter(),
        }
    }

    /// Asks for up to this many pages ahead: see [`Pages::prefetch`].
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.pages = self.pages.prefetch(pages);
        self
    }

    /// The next item; `None` after the last one, and after an error. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<P::Item, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The next item; `None` after the last one, and after an error. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The error of the call that asked for a page, as [`Error::Page`].
    pub async fn try_next(&mut self) -> Result<Option<P::Item>, Error> {
        self.next().await.transpose()
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.pages.operation()
    }

    /// All items that are left, as a list.
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
                return Poll::Ready(Some(Ok(item)));
            }
            match Pin::new(&mut items.pages).poll_next(context) {
                Poll::Ready(Some(Ok(page))) => items.left = page.into_items().into_iter(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Nothing in it is pinned where it lies.
impl<P: Page> Unpin for Items<P> {}

impl<P: Page> fmt::Debug for Items<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}

/// A future of all items of a list; the first error ends it.
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

/// Nothing in it is pinned where it lies.
impl<P: Page> Unpin for CollectAll<P> {}

impl<P: Page> fmt::Debug for CollectAll<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectAll")
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}
