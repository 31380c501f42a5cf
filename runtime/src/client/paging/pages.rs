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

/// The query parameter of the page number.
const PAGE: &str = "page";

/// The pages of a list, in order, from the page that the request sets (the first by default).
///
/// A [`Stream`] with its own [`next`](Self::next) and [`try_next`](Self::try_next), so that no other crate is needed. A
/// page is requested when the one before it has announced it. Errors are wrapped in [`Error::Page`], which contains the
/// page number. A page with items that cannot be decoded is an [`Error::Decode`] with the raw body, after which the
/// stream continues with the next page; every other error ends it. To continue, send a new request for that page.
///
/// The list may change in the meantime. An item that moves to a later page is returned twice, and one that moves to an
/// earlier page may be missed. If that matters, sort by a property that does not change, and deduplicate by `id`. A
/// page without items ends the stream, whatever it says about later pages.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P: Page> {
    request: Request,
    /// The number of pages to request in advance while a page is being processed.
    ahead: usize,
    /// The number of the first page.
    first: i64,
    /// The number of the next page to request. `None` after the end of the stream.
    next: Option<i64>,
    /// The number of the last page that is known to exist.
    last: i64,
    /// Requested pages that were not returned yet, in order.
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

/// A page or its error, with the page number.
type Numbered<P> = (i64, Result<DecodedPage<P>, Error>);

impl<P: Page> Pages<P> {
    /// Creates the stream of the pages of a list request.
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

    /// Prefetches up to this many pages, and still returns them in order. By default, a page is requested when it is
    /// polled for.
    ///
    /// Most lists state the number of pages. If a list states only whether there is a next page, one request is sent at
    /// a time. Prefetching makes progress while the stream is polled.
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
    /// The error of the call that requested the page, as [`Error::Page`].
    pub async fn try_next(&mut self) -> Result<Option<P>, Error> {
        self.next().await.transpose()
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.request.operation()
    }

    /// Requests pages that are known to exist, up to `max_pending` at a time.
    fn begin(&mut self, max_pending: usize) {
        while self.requested.len() < max_pending
            && let Some(page) = self.next.filter(|page| *page <= self.last)
        {
            // The first request is sent as it was built, and may not set a page at all.
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

    /// Returns the next page, if it has arrived.
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

    /// Records what a page states about the pages after it.
    fn learn(&mut self, number: i64, page: &DecodedPage<P>) {
        self.last = match page.extent() {
            _ if page.is_empty() => number,
            Extent::Last(last) => last,
            Extent::More => number.saturating_add(1),
            // For an unknown variant, the stream already returned an error.
            Extent::End | Extent::Unknown => number,
        };
        let last = self.last;
        self.requested.retain(|requested| requested.page <= last);
    }

    /// Ends the stream, and drops its requests.
    fn stop(&mut self) {
        self.next = None;
        self.requested.clear();
    }
}

impl<P: Page> Pages<P> {
    /// Returns the next page, item by item if some items cannot be decoded.
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
                // Requests the pages to prefetch while this one is being processed.
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
