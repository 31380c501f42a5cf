//! `Store`: an in-memory API.

mod collections;
mod items;
mod list;
mod requests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::mock::Reply;
use super::sample::Sample;
use super::schemas::{Described, Schemas};
use crate::client::ApiVersion;
use crate::codec::{self, Encode};
use crate::transport::{Body, BoxFuture, Transport, TransportError};
use collections::Collections;
use items::Items;

/// An in-memory API: what a test creates can be read, listed, updated and deleted. Clones share their content.
///
/// It supports all resources with an ID, such as products, customers, checkouts, discounts and meters, with the
/// operations of the API to create, read, list, update and delete them. Requests are validated. Responses are
/// [samples](super::sample()) with the values that were sent. Lists are filtered, sorted and paginated.
///
/// The store does not implement the business logic of the API. For example, a checkout does not become an order: a test
/// adds the order with [`put`](Self::put).
///
/// The response to an unsupported call has status 418 and explains the problem. To support such calls, expect them with
/// a
/// [`Mock`](super::Mock), and pass the others to the store with [`Mock::otherwise`](super::Mock::otherwise).
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    schemas: &'static Schemas,
    collections: Collections,
    items: Mutex<Items>,
}

impl Store {
    /// Creates an empty store for an API version: `Store::new(v2026_10::Api)`.
    #[must_use]
    pub fn new<V: ApiVersion + Described>(_: V) -> Self {
        let schemas = V::SCHEMAS;
        Self {
            inner: Arc::new(Inner {
                schemas,
                collections: Collections::of(schemas),
                items: Mutex::default(),
            }),
        }
    }

    /// Returns the transport of the store. Pass it to the builder of a client, or to
    /// [`Mock::otherwise`](super::Mock::otherwise).
    #[must_use]
    pub fn transport(&self) -> StoreTransport {
        StoreTransport(self.clone())
    }

    /// Adds a value. Replaces the value with the same ID, if there is one.
    ///
    /// # Panics
    /// Panics if the API has no operation that reads such values by ID or lists them.
    #[track_caller]
    pub fn put<T: Sample + Encode>(&self, value: &T) {
        let value = codec::to_value(value);
        let collections = self.collections_of::<T>();
        let Some(id) = value["id"].as_str() else {
            panic!("{value} has no ID");
        };
        for collection in collections {
            self.items().put(collection, id, value.clone());
        }
    }

    /// Returns the value with this ID; `None` if there is none.
    ///
    /// # Panics
    /// Panics if the API has no operation that reads such values by ID or lists them.
    #[must_use]
    #[track_caller]
    pub fn get<T: Sample>(&self, id: impl fmt::Display) -> Option<T> {
        let id = id.to_string();
        let collections = self.collections_of::<T>();
        let items = self.items();
        let mut values = collections.into_iter();
        let value = values.find_map(|collection| items.find(collection, "id", &id))?;
        codec::from_value(value).ok()
    }

    /// Returns all values of this type, in the order in which they were added.
    ///
    /// # Panics
    /// Panics if the API has no operation that reads such values by ID or lists them.
    #[must_use]
    #[track_caller]
    pub fn all<T: Sample>(&self) -> Vec<T> {
        let collections = self.collections_of::<T>();
        let items = self.items();
        let values = collections.first().into_iter();
        let values = values.flat_map(|collection| items.all(collection));
        values
            .filter_map(|value| codec::from_value(value).ok())
            .collect()
    }

    #[track_caller]
    fn collections_of<T: Sample>(&self) -> Vec<&'static str> {
        let schema = T::schema().value;
        let name = schema["$ref"].as_str().unwrap_or("such a value");
        let collections = self.inner.collections.of_type(name);
        if collections.is_empty() {
            panic!("no operation reads {name} by ID or lists it");
        }
        collections
    }

    fn items(&self) -> MutexGuard<'_, Items> {
        let items = self.inner.items.lock();
        items.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// The transport of a [`Store`], for the builder of a client. Returned by [`Store::transport`].
#[derive(Clone, Debug)]
pub struct StoreTransport(Store);

impl Transport for StoreTransport {
    fn execute(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let reply = self.0.respond(&request);
        Box::pin(async move { Ok(reply.send(request.headers()).await?.map(Body::from)) })
    }
}

/// Creates a response with a JSON value.
fn json(status: u16, value: &Value) -> Reply {
    Reply::json(status, value.to_string())
}
