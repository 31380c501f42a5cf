//! Type-erased operations, so that tests can call all of them in the same way.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use polar_client_runtime::Error;
use polar_client_runtime::client::{Items, Page, Server};
use polar_client_runtime::codec::Encode;
use polar_tests::Recorder;
use serde_json::Value;

use super::build::written;
use super::{Arguments, Problem};

/// A version of the API.
pub(crate) struct Version {
    pub(crate) version: &'static str,
    /// Returns the operations of a client. It sends requests to the recorder if there is one, and to the server
    /// otherwise.
    pub(crate) operations: fn(Server, Option<Recorder>) -> Result<Vec<Operation>, Error>,
    /// Returns the error code of an error, and whether the client knows the code.
    pub(crate) code: fn(&Error) -> Option<(String, bool)>,
}

/// A call. Its output is the decoded response, encoded as JSON by the client: a string for text, and null for an empty
/// response.
pub(crate) type Returned = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

/// A call of a paged list. Its output is the items of all pages, encoded as JSON by the client.
pub(crate) type AllItems = Pin<Box<dyn Future<Output = Result<Vec<Value>, Error>> + Send>>;

type Caller<T> = Box<dyn Fn(&Arguments) -> Result<T, Problem> + Send + Sync>;

/// An operation of the client.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    /// The path template.
    pub(crate) path: &'static str,
    call: Caller<Returned>,
    items: Option<Caller<AllItems>>,
}

impl Operation {
    /// Creates an operation from its ID, method and path, and a function that creates a request.
    pub(crate) fn new<C, R, T>(
        [id, method, path]: [&'static str; 3],
        client: &C,
        begin: fn(&C, &Arguments) -> Result<R, Problem>,
    ) -> Self
    where
        C: Clone + Send + Sync + 'static,
        R: IntoFuture<Output = Result<T, Error>> + 'static,
        R::IntoFuture: Send + 'static,
        T: Encode,
    {
        let client = client.clone();
        let call = move |arguments: &Arguments| {
            let call = begin(&client, arguments)?.into_future();
            Ok(Box::pin(async move { call.await.map(|response| written(&response)) }) as Returned)
        };
        Self {
            id,
            method,
            path,
            call: Box::new(call),
            items: None,
        }
    }

    /// Adds a function that reads all pages.
    pub(crate) fn paged<C, R: 'static>(
        self,
        client: &C,
        begin: fn(&C, &Arguments) -> Result<R, Problem>,
        items: fn(R) -> AllItems,
    ) -> Self
    where
        C: Clone + Send + Sync + 'static,
    {
        let client = client.clone();
        let all = move |arguments: &Arguments| Ok(items(begin(&client, arguments)?));
        Self {
            items: Some(Box::new(all)),
            ..self
        }
    }

    /// Creates a call. The request is sent when the call is awaited.
    pub(crate) fn call(&self, arguments: &Arguments) -> Result<Returned, Problem> {
        (self.call)(arguments)
    }

    /// Returns whether the operation is paged.
    pub(crate) fn is_paged(&self) -> bool {
        self.items.is_some()
    }

    /// Returns a future of all items of the list.
    pub(crate) fn items(&self, arguments: &Arguments) -> Result<AllItems, Problem> {
        let none = || Err(Problem::new("the operation is not paged"));
        self.items
            .as_ref()
            .map_or_else(none, |items| items(arguments))
    }
}

/// Collects all items of a list.
pub(crate) fn items<P>(mut items: Items<P>) -> AllItems
where
    P: Page + Send + 'static,
    P::Item: Encode + Send,
    Items<P>: Send + 'static,
{
    Box::pin(async move {
        let mut all = Vec::new();
        while let Some(item) = items.try_next().await? {
            all.push(written(&item));
        }
        Ok(all)
    })
}
