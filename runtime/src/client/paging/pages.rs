//! Page after page.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::page::{Extent, Page};
use super::portion::Portion;
use crate::Error;
use crate::client::execution::Call;
#[cfg(feature = "blocking")]
use crate::client::operation::Operation;
use crate::client::requests::Request;

/// The parameter that says which page is wanted.
const PAGE: &str = "page";

/// The pages of a list, in order, from the page that the request asks for (the first, if it does not say).
///
/// A [`Stream`] that also has [`next`](Self::next) and [`try_next`](Self::try_next), so that no other crate is needed.
/// Each page is requested when the one before has said that there is another. Errors are [`Error::Page`]s, which say
/// which page it was. A page of which only items cannot be decoded is an [`Error::Decode`] with the raw body, after which
/// the stream continues with the next page; every other error ends it. Continue there with a new request for that page.
///
/// The list may change in the meantime. What moves to a later page is seen twice, and what moves to an earlier one may be
/// missed; where that matters, sort by something that does not change, and tell items apart by their `id`. A page without
/// items ends the stream whatever it says about others.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P: Page> {
    request: Request,
    /// How many requests may be on their way while a page is being handled.
    ahead: usize,
    /// The number of the first page.
    first: i64,
    /// The number of the page to ask for next, unless the stream has ended.
    next: Option<i64>,
    /// The number of the last page that is known to be there.
    last: i64,
    /// Pages that were asked for and not handed out yet, in their order.
    begun: VecDeque<Begun<P>>,
}

struct Begun<P: Page> {
    page: i64,
    state: State<P>,
}

enum State<P: Page> {
    OnItsWay(Call<Portion<P>>),
    Arrived(Result<Portion<P>, Error>),
}

/// A page, or why there is none, with its number.
type Numbered<P> = (i64, Result<Portion<P>, Error>);

impl<P: Page> Pages<P> {
    /// The pages that a request asks for.
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
            begun: VecDeque::new(),
        }
    }

    /// Prefetches up to this many pages, and still returns them in order. Without it, each page is only asked for
    /// when it is wanted.
    ///
    /// How far it can go depends on what the list says: most say how many pages there are; some only whether there is
    /// another one, and then there is one request at a time. Pages arrive while the stream is polled.
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
    /// The error of the call that asked for the page, as [`Error::Page`].
    pub async fn try_next(&mut self) -> Result<Option<P>, Error> {
        self.next().await.transpose()
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.request.operation()
    }

    /// Asks for pages that are known to be there, until this many are on their way.
    fn begin(&mut self, most: usize) {
        while self.begun.len() < most
            && let Some(page) = self.next.filter(|page| *page <= self.last)
        {
            // The first request is the one that was made, whatever it says.
            if page != self.first {
                self.request.query(PAGE, &page);
            }
            self.begun.push_back(Begun {
                page,
                state: State::OnItsWay(Call::portion(self.request.clone())),
            });
            self.next = page.checked_add(1);
        }
    }

    /// Lets the requests make progress.
    fn advance(&mut self, context: &mut Context<'_>) {
        for begun in &mut self.begun {
            if let State::OnItsWay(call) = &mut begun.state
                && let Poll::Ready(result) = Pin::new(call).poll(context)
            {
                begun.state = State::Arrived(result);
            }
        }
    }

    /// The page that is due, if it has arrived.
    fn arrived(&mut self) -> Option<Numbered<P>> {
        match self.begun.pop_front()? {
            Begun {
                page,
                state: State::Arrived(result),
            } => Some((page, result)),
            waiting => {
                self.begun.push_front(waiting);
                None
            }
        }
    }

    /// Takes from a page what it says about those after it.
    fn learn(&mut self, number: i64, page: &Portion<P>) {
        self.last = match page.extent() {
            _ if page.is_empty() => number,
            Extent::Last(last) => last,
            Extent::More => number.saturating_add(1),
            // One of unknown form is an error already.
            Extent::End | Extent::Unknown => number,
        };
        let last = self.last;
        self.begun.retain(|begun| begun.page <= last);
    }

    /// Ends the stream. Requests that are on their way are dropped.
    fn stop(&mut self) {
        self.next = None;
        self.begun.clear();
    }
}

impl<P: Page> Pages<P> {
    /// The next page, with its items one by one if some of them cannot be decoded.
    pub(super) fn poll_portion(&mut self, context: &mut Context<'_>) -> Poll<Option<Numbered<P>>> {
        self.begin(self.ahead.max(1));
        self.advance(context);
        let Some((number, result)) = self.arrived() else {
            return match self.begun.is_empty() {
                true => Poll::Ready(None),
                false => Poll::Pending,
            };
        };
        match &result {
            Ok(page) => {
                self.learn(number, page);
                // Those ahead set off while this one is being handled.
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
        self.get_mut().poll_portion(context).map(|portion| {
            let (number, result) = portion?;
            let page = match result {
                Ok(Portion::Whole(page)) => Ok(page),
                Ok(Portion::Part { error, .. }) | Err(error) => Err(error.on_page(number)),
            };
            Some(page)
        })
    }
}

/// Nothing in it is pinned where it lies: the calls are on the heap.
impl<P: Page> Unpin for Pages<P> {}

impl<P: Page> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.request)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
