//! Decodes lists that are plain arrays instead of pages.

use super::page::Page;
use crate::codec::{self, Decode, Kind, Node};
use crate::types::JsonValue;

/// Decodes a page from an object with `decode_object`, or from an array, which is the whole list.
pub fn decode_page<P: Page>(node: Node<'_, '_>, decode_object: fn(Node<'_, '_>) -> P) -> P {
    if node.kind() != Kind::Array {
        return decode_object(node);
    }
    let items: Vec<P::Item> = Decode::decode(node);
    match only_page(items) {
        Some(page) => page,
        // The page type requires other keys than `items` and `pagination`, which an array lacks.
        None => decode_object(node),
    }
}

/// Returns a page with all items of a list, and the pagination that the server would return.
fn only_page<P: Page>(items: Vec<P::Item>) -> Option<P> {
    let last =
        serde_json::json!({"total_count": items.len(), "max_page": i64::from(!items.is_empty())});
    let more = serde_json::json!({"has_next_page": false});
    let mut page = [last, more].into_iter().find_map(empty_page::<P>)?;
    *page.items_mut()? = items;
    Some(page)
}

/// Returns a page without items, with this pagination.
fn empty_page<P: Page>(pagination: JsonValue) -> Option<P> {
    let page = serde_json::json!({"items": [], "pagination": pagination});
    let mut page: P = codec::from_value(&page).ok()?;
    page.items_mut().is_some().then_some(page)
}
