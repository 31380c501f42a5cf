//! Streams of pages.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::decoded_page::DecodedPage;
use super::page::{Extent, Page};
use crate::Error;
use crate::client::execution::Call;
#[cfg(feature = "blocking")]
use crate::client::operation::Operation;
use crate::client::requests::Request;

/// The query parameter that contains the page number.
const PAGE: &str = "page";

/// A stream of the pages of a list, in order.
///
/// A [`Stream`] that also has the methods [`next`](Self::next) and [`try_next`](Self::try_next), so no other crate is
/// needed. It begins with the page that the request sets, or else with the first page. It ends after the last page, or
/// after a page without items.
///
/// # Errors
/// Errors are wrapped in [`Error::Page`], which contains the page number. A page with items that cannot be decoded is
/// returned as [`Error::Decode`] with the raw body, after which the stream continues with the next page. Any other
/// error ends the stream. To continue, send a new request for that page.
///
/// # Lists that change
/// If the list changes while it is read, an item that moves to a later page is returned twice, and one that moves to an
/// earlier page may be missed. To avoid that, sort by a property that does not change, and deduplicate by `id`.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P: Page> {
    request: Request,
    /// The maximum number of pages that are requested in advance.
    ahead: usize,
    /// The number of the first page.
    first: i64,
    /// The number of the next page to request. `None` after the end of the stream.
    next: Option<i64>,
    /// The number of the last page that is known to exist.
    last: i64,
    /// The requested pages that were not returned yet, in order.
    requested: VecDeque<Requested<P>>,
}

struct Requested<P: Page> {
    page: i64,
    state: State<P>,
}

enum State<P: Page> {
    Pending(Call<DecodedPage<P>>),
    Arrived(Result<DecodedPage<P>, Error>),
}

/// A page number, and the page or its error.
type Numbered<P> = (i64, Result<DecodedPage<P>, Error>);

impl<P: Page> Pages<P> {
    /// Creates a stream of the pages of a list request. For generated code.
    pub fn new(request: Request) -> Self {
        let first = request
            .query_text(PAGE)
            .and_then(|page| page.parse().ok())
            .unwrap_or(1);
        Self {
            request,
            ahead: 0,
            first,
            next: Some(first),
            last: first,
            requested: VecDeque::new(),
        }
    }

    /// Sets how many pages are requested in advance. By default, a page is requested only when the stream is polled for
    /// it. Pages are always returned in order.
    ///
    /// Prefetching makes progress only while the stream is polled. It has no effect on lists that state only whether
    /// there is a next page, and not how many pages there are.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.ahead = pages;
        self
    }

    /// Returns the next page; `None` after the last one, and after an error that ended the stream. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<P, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the next page; `None` after the last one, and after an error that ended the stream. Cancel safe.
    ///
    /// # Errors
    /// [`Error::Page`], which contains the error of the call.
    pub async fn try_next(&mut self) -> Result<Option<P>, Error> {
        self.next().await.transpose()
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.request.operation()
    }

    /// Sends requests for pages that are known to exist, up to `max_pending` at a time.
    fn begin(&mut self, max_pending: usize) {
        while self.requested.len() < max_pending
            && let Some(page) = self.next.filter(|page| *page <= self.last)
        {
            // The first request is sent unchanged, because it may not set a page.
            if page != self.first {
                self.request.query(PAGE, &page);
            }
            self.requested.push_back(Requested {
                page,
                state: State::Pending(Call::decoded_page(self.request.clone())),
            });
            self.next = page.checked_add(1);
        }
    }

    /// Polls the pending requests.
    fn advance(&mut self, context: &mut Context<'_>) {
        for requested in &mut self.requested {
            if let State::Pending(call) = &mut requested.state
                && let Poll::Ready(result) = Pin::new(call).poll(context)
            {
                requested.state = State::Arrived(result);
            }
        }
    }

    /// Returns the next page if its response has arrived.
    fn arrived(&mut self) -> Option<Numbered<P>> {
        match self.requested.pop_front()? {
            Requested {
                page,
                state: State::Arrived(result),
            } => Some((page, result)),
            waiting => {
                self.requested.push_front(waiting);
                None
            }
        }
    }

    /// Records what a page states about later pages.
    fn learn(&mut self, number: i64, page: &DecodedPage<P>) {
        self.last = match page.extent() {
            _ if page.is_empty() => number,
            Extent::Last(last) => last,
            Extent::More => number.saturating_add(1),
            // The stream has already returned an error for an unknown variant.
            Extent::End | Extent::Unknown => number,
        };
        let last = self.last;
        self.requested.retain(|requested| requested.page <= last);
    }

    /// Ends the stream and cancels its requests.
    fn stop(&mut self) {
        self.next = None;
        self.requested.clear();
    }
}

impl<P: Page> Pages<P> {
    /// Polls for the next page. Its items are decoded one by one if some of them are invalid.
    pub(super) fn poll_decoded(&mut self, context: &mut Context<'_>) -> Poll<Option<Numbered<P>>> {
        self.begin(self.ahead.max(1));
        self.advance(context);
        let Some((number, result)) = self.arrived() else {
            return match self.requested.is_empty() {
                true => Poll::Ready(None),
                false => Poll::Pending,
            };
        };
        match &result {
            Ok(page) => {
                self.learn(number, page);
                // The pages to prefetch are requested now, so that they arrive while the caller processes this page.
                self.begin(self.ahead);
                self.advance(context);
            }
            Err(_) => self.stop(),
        }
        Poll::Ready(Some((number, result)))
    }
}

impl<P: Page> Stream for Pages<P> {
    type Item = Result<P, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_decoded(context).map(|next| {
            let (number, result) = next?;
            let page = match result {
                Ok(DecodedPage::Complete(page)) => Ok(page),
                Ok(DecodedPage::Partial { error, .. }) | Err(error) => Err(error.on_page(number)),
            };
            Some(page)
        })
    }
}

/// No field is structurally pinned: the calls are boxed.
impl<P: Page> Unpin for Pages<P> {}

impl<P: Page> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.request)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
