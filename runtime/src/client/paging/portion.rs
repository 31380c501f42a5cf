//! A page as it was received: whole, or item by item where some of them cannot be decoded.

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

/// Items, of which some cannot be decoded.
type Decoded<T> = Vec<Result<T, Error>>;

/// What could be decoded of a page.
pub(in crate::client) enum Portion<P: Page> {
    /// All of it.
    Whole(P),
    /// What it says about the pages after it, and some of its items.
    Part {
        /// The page without its items.
        page: P,
        /// Why it is not whole.
        error: Error,
        /// All items, in order.
        items: Decoded<P::Item>,
    },
}

impl<P: Page> Portion<P> {
    /// What the page says about those after it.
    pub(super) fn extent(&self) -> Extent {
        match self {
            Self::Whole(page) | Self::Part { page, .. } => page.extent(),
        }
    }

    /// Whether there are no items on the page.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Whole(page) => page.is_empty(),
            Self::Part { items, .. } => items.is_empty(),
        }
    }
}

impl<P: Page> Call<Portion<P>> {
    /// Expects a page in JSON, of which some items may be undecodable.
    pub(super) fn portion(request: Request) -> Self {
        Self::new(request, Form::Json, Reply::portion)
    }
}

impl Reply {
    fn portion<P: Page>(&mut self) -> Result<Portion<P>, Error> {
        let error = match self.json::<P>() {
            Ok(page) if page.extent() == Extent::Unknown => {
                const REASON: &str = "the page has an unknown form";
                return Err(self.undecodable(DecodeError::new(REASON)));
            }
            Ok(page) => return Ok(Portion::Whole(page)),
            Err(error) => error,
        };
        let Some((page, items)) = self.parts() else {
            return Err(error);
        };
        self.span.failed(&error);
        Ok(Portion::Part { page, error, items })
    }

    /// The page without items, and its items one by one; `None` if there is more wrong with it than some items.
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

/// The JSON text of a page without its items, and the JSON text of each item.
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
