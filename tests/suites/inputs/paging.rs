//! Streams of paged lists: which pages are requested, in which order items are returned, and when the stream ends.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use polar_client_runtime::Error;
use polar_client_runtime::client::{Extent, Items, Page, Pages, RetryPolicy};
use polar_client_runtime::codec;
use polar_client_runtime::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use polar_tests::inputs::paging::Polar;
use polar_tests::inputs::paging::models::{OffersPage, PriceCursorList, ProductList};
use serde_json::json;

/// A simulated server with pages. It can hold back the responses for some of them.
#[derive(Debug, Clone, Default)]
struct PagesServer(Arc<Mutex<ServerState>>);

#[derive(Debug, Default)]
struct ServerState {
    /// The response for each page. Requests for other pages break the connection.
    pages: BTreeMap<i64, String>,
    held: BTreeSet<i64>,
    /// The received queries.
    requested: Vec<String>,
    in_flight: usize,
}

impl PagesServer {
    /// Creates a server with these pages. Each page states their number.
    fn of<const N: usize>(pages: [&[&str]; N]) -> Self {
        let server = Self::default();
        for (number, items) in (1..).zip(pages) {
            server.put(number, items, N);
        }
        server
    }

    fn put(&self, number: i64, items: &[&str], max_page: usize) {
        let items: Vec<_> = items.iter().map(|id| json!({"id": id})).collect();
        let pagination = json!({"total_count": 1, "max_page": max_page});
        let page = json!({"items": items, "pagination": pagination}).to_string();
        self.state(|state| state.pages.insert(number, page));
    }

    fn state<T>(&self, with: impl FnOnce(&mut ServerState) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn hold(&self, pages: &[i64]) {
        self.state(|state| state.held.extend(pages));
    }

    fn let_go(&self, page: i64) {
        self.state(|state| state.held.remove(&page));
    }

    /// Returns and removes the received queries.
    fn requested(&self) -> Vec<String> {
        self.state(|state| std::mem::take(&mut state.requested))
    }

    fn client(&self) -> Polar<polar_client_runtime::client::OrganizationToken> {
        let builder = Polar::builder()
            .access_token("polar_oat_test")
            .retry(RetryPolicy::off());
        builder.transport(self.clone()).build().unwrap()
    }

    fn products(&self) -> Items<ProductList> {
        self.client().products().list().stream()
    }
}

impl Transport for PagesServer {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
        let page = page.map_or(1, |page| page.parse().unwrap());
        self.state(|state| {
            state.requested.push(query);
            state.in_flight += 1;
        });
        let server = InFlight(self.clone());
        Box::pin(std::future::poll_fn(move |_| {
            server.0.state(|state| match state.pages.get(&page) {
                _ if state.held.contains(&page) => Poll::Pending,
                Some(body) => Poll::Ready(Ok(http::Response::new(body.clone().into()))),
                None => Poll::Ready(Err(TransportError::new(
                    TransportErrorKind::Interrupted,
                    "reset",
                ))),
            })
        }))
    }
}

struct InFlight(PagesServer);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.state(|state| state.in_flight -= 1);
    }
}

fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Returns the output of a future. Panics unless the future is ready when it is first polled.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(future) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing is held back"),
    }
}

fn ids(items: &mut Items<ProductList>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(item) = now(items.next()) {
        found.push(item.unwrap().id);
    }
    found
}

#[test]
fn items_are_in_order_and_pages_are_requested_on_demand() {
    let server = PagesServer::of([&["a", "b"], &["c"], &["d"]]);
    let mut items = server.products();
    assert_eq!(now(items.try_next()).unwrap().unwrap().id, "a");
    assert_eq!(now(items.try_next()).unwrap().unwrap().id, "b");
    // The first request is sent as it was built, without a page number.
    assert_eq!(server.requested(), [""]);
    assert_eq!(ids(&mut items), ["c", "d"]);
    assert_eq!(server.requested(), ["page=2", "page=3"]);
    assert!(now(items.next()).is_none() && server.requested().is_empty());
}

#[test]
fn paging_starts_at_the_given_page_and_keeps_other_parameters() {
    let server = PagesServer::of([&["a"], &["b"], &["c"]]);
    let list = server
        .client()
        .products()
        .list()
        .page(2)
        .limit(1)
        .query("x");
    assert_eq!(now(list.collect_all()).unwrap().len(), 2);
    assert_eq!(
        server.requested(),
        ["page=2&limit=1&query=x", "limit=1&query=x&page=3"]
    );

    let list = server.client().products().list().page(i64::MAX);
    server.put(i64::MAX, &["z"], usize::MAX >> 1);
    assert_eq!(now(list.collect_all()).unwrap().len(), 1);
}

#[test]
fn pages_are_complete_responses() {
    let server = PagesServer::of([&["a", "b"], &["c"]]);
    let mut pages = server.client().products().list().pages();
    let first = now(pages.try_next()).unwrap().unwrap();
    assert_eq!((first.items.len(), first.pagination.max_page), (2, 2));
    assert_eq!(now(pages.try_next()).unwrap().unwrap().items[0].id, "c");
    assert!(now(pages.try_next()).unwrap().is_none());
}

#[test]
fn an_empty_list_is_one_page_without_items() {
    let server = PagesServer::default();
    server.put(1, &[], 0);
    let list = server.client().products().list();
    assert_eq!(now(list.clone().collect_all()).unwrap(), []);
    let mut pages = list.pages().prefetch(5);
    assert_eq!(now(pages.next()).unwrap().unwrap().pagination.max_page, 0);
    assert!(now(pages.next()).is_none());
    assert_eq!(server.requested(), ["", ""]);
}

#[test]
fn a_list_that_changes_meanwhile_is_read_to_its_end() {
    // An item that moved to the next page is returned twice.
    let server = PagesServer::of([&["a", "b"], &["c", "d"]]);
    let mut items = server.products();
    assert_eq!(now(items.next()).unwrap().unwrap().id, "a");
    server.put(2, &["b", "c"], 3);
    server.put(3, &["d"], 3);
    assert_eq!(ids(&mut items), ["b", "b", "c", "d"]);

    let server = PagesServer::of([&["a"], &["b"], &["c"]]);
    let mut items = server.products();
    assert_eq!(now(items.next()).unwrap().unwrap().id, "a");
    server.put(2, &["c"], 2);
    assert_eq!(ids(&mut items), ["c"]);

    // A page without items ends the list, whatever its `max_page`.
    let server = PagesServer::of([&["a"], &[], &["c"]]);
    assert_eq!(ids(&mut server.products()), ["a"]);
}

#[test]
fn pages_are_prefetched_and_returned_in_order() {
    let server = PagesServer::of([&["a"], &["b"], &["c"], &["d"], &["e"]]);
    server.hold(&[2]);
    let mut items = server.products().prefetch(2);
    assert_eq!(now(items.next()).unwrap().unwrap().id, "a");
    assert_eq!(server.requested(), ["", "page=2", "page=3"]);
    // The third page has been received, but it is not returned before the second one.
    assert!(poll(items.next()).is_pending());
    assert!(poll(items.next()).is_pending());
    assert_eq!(server.state(|state| state.in_flight), 1);
    assert!(server.requested().is_empty());
    server.let_go(2);
    assert_eq!(ids(&mut items), ["b", "c", "d", "e"]);
    assert_eq!(server.requested(), ["page=4", "page=5"]);
}

#[test]
fn an_error_is_returned_once_in_order_with_its_page() {
    let server = PagesServer::of([&["a"], &["b"], &["c"], &["d"]]);
    server.state(|state| state.pages.remove(&3));
    server.hold(&[2, 4]);
    let mut items = server.products().prefetch(3);
    assert_eq!(now(items.next()).unwrap().unwrap().id, "a");
    assert!(poll(items.next()).is_pending());
    server.let_go(2);
    assert_eq!(now(items.next()).unwrap().unwrap().id, "b");
    let error = now(items.try_next()).unwrap_err();
    assert_eq!(error.page(), Some(3));
    assert_eq!(error.operation(), Some("products:list"));
    assert!(matches!(
        &error,
        Error::Page { source, .. } if matches!(**source, Error::Connection { .. })
    ));
    let text = error.to_string();
    assert!(text.starts_with("page 3: products:list: "), "{text}");
    assert!(now(items.next()).is_none() && now(items.next()).is_none());
    // The pending request for the fourth page is dropped.
    assert_eq!(server.state(|state| state.in_flight), 0);

    let error = now(server.client().products().list().collect_all()).unwrap_err();
    assert_eq!(error.page(), Some(3));
}

#[test]
fn dropped_futures_lose_no_items_and_dropped_streams_cancel_requests() {
    let server = PagesServer::of([&["a"], &["b"], &["c"]]);
    server.hold(&[2, 3]);
    let mut items = server.products().prefetch(2);
    assert_eq!(now(items.next()).unwrap().unwrap().id, "a");
    for _ in 0..3 {
        assert!(poll(items.next()).is_pending());
    }
    assert_eq!(server.requested(), ["", "page=2", "page=3"]);
    server.let_go(2);
    assert_eq!(now(items.next()).unwrap().unwrap().id, "b");
    assert_eq!(server.state(|state| state.in_flight), 1);
    drop(items);
    assert_eq!(server.state(|state| state.in_flight), 0);

    let mut all = Box::pin(server.client().products().list().collect_all());
    server.hold(&[1]);
    assert!(poll(all.as_mut()).is_pending());
    drop(all);
    assert_eq!(server.state(|state| state.in_flight), 0);
}

#[test]
fn pages_may_have_only_a_has_next_flag() {
    let server = PagesServer::default();
    for (number, more) in [(1, true), (2, true), (3, false)] {
        let items = json!([{"kind": "fixed", "amount": number}]);
        let page = json!({"items": items, "pagination": {"has_next_page": more}}).to_string();
        server.state(|state| state.pages.insert(number, page));
    }
    let prices = server.client().prices().list().stream().prefetch(4);
    let prices = now(prices.collect_all()).unwrap();
    let amounts: Vec<i64> = prices
        .iter()
        .map(|price| price.as_fixed().unwrap().amount)
        .collect();
    assert_eq!(amounts, [1, 2, 3]);
    assert_eq!(server.requested(), ["", "page=2", "page=3"]);
}

#[test]
fn pages_may_be_a_union_of_both_forms() {
    let extent = |json: &str| codec::from_str::<OffersPage>(json).unwrap().extent();
    let counted = r#"{"items":[],"pagination":{"total_count":0,"max_page":7}}"#;
    assert_eq!(extent(counted), Extent::Last(7));
    let open = r#"{"items":[{"id":"a"}],"pagination":{"has_next_page":true}}"#;
    assert_eq!(extent(open), Extent::More);
    let other = r#"{"items":[{"id":"a"}],"pagination":{}}"#;
    assert_eq!(extent(other), Extent::Unknown);

    let server = PagesServer::of([&["a"]]);
    server.state(|state| state.pages.insert(1, open.to_owned()));
    server.state(|state| state.pages.insert(2, other.to_owned()));
    let mut offers = server.client().offers().list().stream();
    assert_eq!(now(offers.next()).unwrap().unwrap().id, "a");
    // The page contains items, but does not state whether another page follows.
    let error = now(offers.next()).unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "page 2: offers:list: cannot read the response: the page is an unknown variant"
    );
    assert!(now(offers.next()).is_none());
}

#[test]
fn an_array_is_the_only_page() {
    let array = r#"[{"id":"a"},{"id":"b"}]"#;
    let page: ProductList = codec::from_str(array).unwrap();
    assert_eq!(page.items[1].id, "b");
    let whole = json!({"items": [{"id": "a"}, {"id": "b"}], "pagination": {"total_count": 2, "max_page": 1}});
    assert_eq!(serde_json::to_value(&page).unwrap(), whole);
    assert_eq!(serde_json::from_str::<ProductList>(array).unwrap(), page);
    let none: ProductList = codec::from_str("[]").unwrap();
    assert_eq!(
        (none.pagination.total_count, none.pagination.max_page),
        (0, 0)
    );
    let prices: PriceCursorList = codec::from_str(r#"[{"kind":"fixed","amount":1}]"#).unwrap();
    assert!(prices.items.len() == 1 && !prices.pagination.has_next_page);
    let offers: OffersPage = codec::from_str(array).unwrap();
    assert_eq!(
        (offers.extent(), offers.is_empty()),
        (Extent::Last(1), false)
    );
    // Other JSON is an error, and so is an invalid item.
    let error = codec::from_str::<ProductList>(r#"[{"id":"a"},{"id":1}]"#).unwrap_err();
    assert_eq!(error.path(), "[1].id");
    for other in ["null", "7", r#""[]""#, "{}"] {
        assert!(codec::from_str::<ProductList>(other).is_err(), "{other}");
    }

    let server = PagesServer::default();
    server.state(|state| state.pages.insert(1, array.to_owned()));
    assert_eq!(ids(&mut server.products().prefetch(3)), ["a", "b"]);
    assert_eq!(server.requested(), [""]);
}

/// Returns the page number of an error, the path of the invalid value, and the JSON that the error contains.
fn undecodable(error: &Error) -> (i64, &str, &[u8]) {
    let Error::Page { page, source, .. } = error else {
        panic!("{error:?}");
    };
    let Error::Decode { source, body, .. } = &**source else {
        panic!("{error:?}");
    };
    (*page, source.path(), &body.bytes()[..])
}

#[test]
fn an_undecodable_item_does_not_lose_the_others() {
    let items = r#"{"id":"a"}, {"id": 1, "more": "kept"},{"id":"c"},null"#;
    let page = format!(r#"{{"items":[{items}],"pagination":{{"total_count":5,"max_page":2}}}}"#);
    let server = PagesServer::of([&[], &["d"]]);
    server.state(|state| state.pages.insert(1, page.clone()));
    for prefetch in [0, 3] {
        let mut items = server.products().prefetch(prefetch);
        assert_eq!(now(items.try_next()).unwrap().unwrap().id, "a");
        let error = now(items.try_next()).unwrap_err();
        let broken: &[u8] = br#"{"id": 1, "more": "kept"}"#;
        assert_eq!(undecodable(&error), (1, "items[1].id", broken));
        assert!(!format!("{error} {error:?}").contains("kept"), "{error:?}");
        assert_eq!(now(items.try_next()).unwrap().unwrap().id, "c");
        let error = now(items.try_next()).unwrap_err();
        assert_eq!(undecodable(&error), (1, "items[3]", &b"null"[..]));
        assert_eq!(ids(&mut items), ["d"]);
    }
    // As a stream of pages, the error contains the page; as a single value, the whole response.
    let mut pages = server.client().products().list().pages();
    let error = now(pages.try_next()).unwrap_err();
    assert_eq!(undecodable(&error).2, page.as_bytes());
    assert_eq!(now(pages.try_next()).unwrap().unwrap().items[0].id, "d");
    assert!(now(pages.next()).is_none());
    let error = now(server.client().products().list().collect_all()).unwrap_err();
    assert_eq!(undecodable(&error).1, "items[1].id");
    // A blocking iterator also continues after an invalid item.
    let found: Vec<bool> = server
        .products()
        .blocking()
        .map(|item| item.is_ok())
        .collect();
    assert_eq!(found, [true, false, true, false, true]);
    // So does a list that is a plain array.
    server.state(|state| state.pages.insert(1, format!("[{items}]")));
    let mut items = server.products();
    assert_eq!(now(items.try_next()).unwrap().unwrap().id, "a");
    assert_eq!(
        undecodable(&now(items.try_next()).unwrap_err()).1,
        "items[1].id"
    );
    assert_eq!(now(items.try_next()).unwrap().unwrap().id, "c");
    assert!(now(items.next()).unwrap().is_err() && now(items.next()).is_none());
}

#[test]
fn a_page_without_an_end_marker_ends_the_list() {
    for broken in [
        r#"{"items":[{"id":1}],"pagination":{"total_count":1,"max_page":"2"}}"#,
        r#"{"items":[{"id":1}]}"#,
        r#"{"items":{},"pagination":{"total_count":1,"max_page":2}}"#,
        r#"{"items":[{"id":"a"}"#,
        "<html>",
    ] {
        let server = PagesServer::of([&["a"], &["b"]]);
        server.state(|state| state.pages.insert(1, broken.to_owned()));
        let mut items = server.products();
        let error = now(items.try_next()).unwrap_err();
        assert_eq!(undecodable(&error).2, broken.as_bytes());
        assert!(now(items.next()).is_none(), "{broken}");
    }
}

#[test]
fn streams_are_send_and_unpin() {
    fn check<T: Send + Unpin>() {}
    fn stream<T: futures_core::Stream>(_: &Pin<&mut T>) {}
    check::<Pages<ProductList>>();
    check::<Items<PriceCursorList>>();
    let server = PagesServer::of([&["a"]]);
    stream(&pin!(server.products()));
    stream(&pin!(server.client().products().list().pages()));
}

#[test]
fn lists_can_be_read_by_blocking() {
    let server = PagesServer::of([&["a"], &["b"]]);
    let items = server.products().prefetch(1).blocking();
    let ids: Vec<String> = items.map(|item| item.unwrap().id).collect();
    assert_eq!(ids, ["a", "b"]);

    server.state(|state| state.pages.remove(&2));
    let mut pages = server.client().products().list().pages().blocking();
    assert_eq!(pages.next().unwrap().unwrap().items[0].id, "a");
    assert_eq!(pages.next().unwrap().unwrap_err().page(), Some(2));
    assert!(pages.next().is_none());
}

#[test]
fn a_stream_shows_no_token() {
    let server = PagesServer::of([&["a"]]);
    let shown = format!("{:?}", server.products());
    assert!(
        shown.contains("products:list") && !shown.contains("polar_oat"),
        "{shown}"
    );
}
