//! Decodes the items of a page one by one if some of them are invalid.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::page::{Extent, Page};
use crate::Error;
use crate::client::execution::Call;
use crate::client::requests::{Form, Request};
use crate::client::responses::Reply;
use crate::codec::{self, DecodeError};
use crate::error::RawBody;

/// The key of the items of a page.
const ITEMS: &str = "items";

/// The items of a page, some of which cannot be decoded.
type Decoded<T> = Vec<Result<T, Error>>;

/// A page that was decoded completely or partially.
pub(in crate::client) enum DecodedPage<P: Page> {
    /// All items were decoded.
    Complete(P),
    /// Some items cannot be decoded.
    Partial {
        /// The page without its items.
        page: P,
        /// The error for callers who request whole pages.
        error: Error,
        /// All items, in order.
        items: Decoded<P::Item>,
    },
}

impl<P: Page> DecodedPage<P> {
    /// Returns what the page states about later pages.
    pub(super) fn extent(&self) -> Extent {
        match self {
            Self::Complete(page) | Self::Partial { page, .. } => page.extent(),
        }
    }

    /// Returns whether the page has no items.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Complete(page) => page.is_empty(),
            Self::Partial { items, .. } => items.is_empty(),
        }
    }
}

impl<P: Page> Call<DecodedPage<P>> {
    /// Creates a call that decodes a page even if some of its items are invalid.
    pub(super) fn decoded_page(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::decoded_page)
    }
}

impl Reply {
    fn decoded_page<P: Page>(&mut self) -> Result<DecodedPage<P>, Error> {
        let error = match self.json::<P>() {
            Ok(page) if page.extent() == Extent::Unknown => {
                const REASON: &str = "the page is an unknown variant";
                return Err(self.undecodable(DecodeError::new(REASON)));
            }
            Ok(page) => return Ok(DecodedPage::Complete(page)),
            Err(error) => error,
        };
        let Some((page, items)) = self.parts() else {
            return Err(error);
        };
        self.span.failed(&error);
        Ok(DecodedPage::Partial { page, error, items })
    }

    /// Decodes the page without its items, and each item separately. `None` if the page is invalid even without its
    /// items.
    fn parts<P: Page>(&self) -> Option<(P, Decoded<P::Item>)> {
        let (page, items) = split(&self.body)?;
        let page: P = codec::from_str(&page).ok()?;
        if page.extent() == Extent::Unknown {
            return None;
        }
        let decode = |(index, item): (usize, &RawValue)| {
            codec::from_str(item.get()).map_err(|source| Error::Decode {
                operation: self.operation.id,
                source: source.inside(&format!("{ITEMS}[{index}]")),
                media_type: None,
                body: RawBody::copied(item.get().as_bytes()),
            })
        };
        Some((page, items.into_iter().enumerate().map(decode).collect()))
    }
}

/// Splits the JSON of a page into the page without its items, and the JSON of each item.
fn split(body: &[u8]) -> Option<(String, Vec<&RawValue>)> {
    if let Ok(items) = serde_json::from_slice(body) {
        return Some(("[]".to_owned(), items));
    }
    let mut page: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    let items = serde_json::from_str(page.get(ITEMS)?.get()).ok()?;
    let none = serde_json::from_str("[]").ok()?;
    page.insert(ITEMS.to_owned(), none);
    Some((serde_json::to_string(&page).ok()?, items))
}
