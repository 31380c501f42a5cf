//! An in-memory store: what was created can be read, listed, updated and deleted.

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

/// An in-memory API that keeps what is created: a customer that was created can be read, listed, updated and deleted.
/// Clones share their content.
///
/// It works for everything that the API creates, reads, lists, updates and deletes by an id: products, customers, checkouts,
/// discounts, benefits, meters, webhook endpoints and more. Requests are validated, and responses are
/// [samples](super::sample()) with what was sent in place. Lists are filtered by properties, sorted and paged.
///
/// The business logic of the API is not part of it: a checkout does not become an order. A test [puts](Self::put) the order
/// there. What the store does not do is status 418 with a text that says so; for such a call expect a response of a
/// [`Mock`](super::Mock), and pass the others on to the store with [`Mock::otherwise`](super::Mock::otherwise).
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    schemas: &'static Schemas,
    collections: Collections,
    items: Mutex<Items>,
}

impl Store {
    /// An empty store that speaks a version of the API: `Store::new(v2026_10::Api)`.
    #[must_use]
    pub fn new<V: ApiVersion + Described>(_: V) -> Self {
        let schemas = V::SCHEMAS;
        Self {
            shared: Arc::new(Shared {
                schemas,
                collections: Collections::of(schemas),
                items: Mutex::default(),
            }),
        }
    }

    /// What the client's builder takes, and [`Mock::otherwise`](super::Mock::otherwise).
    #[must_use]
    pub fn transport(&self) -> StoreTransport {
        StoreTransport(self.clone())
    }

    /// Adds a value, or replaces the one with the same id.
    ///
    /// # Panics
    /// If no operation reads such values by their id or lists them.
    #[track_caller]
    pub fn put<T: Sample + Encode>(&self, value: &T) {
        let value = codec::to_value(value);
        let collections = self.collections_of::<T>();
        let Some(id) = value["id"].as_str() else {
            panic!("there is no id in {value}");
        };
        for collection in collections {
            self.items().put(collection, id, value.clone());
        }
    }

    /// Returns the value with an id.
    ///
    /// # Panics
    /// If no operation reads such values by their id or lists them.
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

    /// Returns all values of a type, in the order in which they were added.
    ///
    /// # Panics
    /// If no operation reads such values by their id or lists them.
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
        let collections = self.shared.collections.of_type(name);
        if collections.is_empty() {
            panic!("no operation reads {name} by its id or lists it");
        }
        collections
    }

    fn items(&self) -> MutexGuard<'_, Items> {
        let items = self.shared.items.lock();
        items.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// The transport of a [`Store`].
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

/// A response with a value.
fn json(status: u16, value: &Value) -> Reply {
    Reply::json(status, value.to_string())
}
