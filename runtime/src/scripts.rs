//! Lua scripts of Redis, on a connection of any type.

use std::sync::Arc;

use redis::aio::ConnectionLike;
use redis::{RedisResult, ScriptInvocation};

use crate::transport::BoxFuture;

/// A connection to Redis that scripts run on. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection(Arc<dyn Run>);

impl Connection {
    pub(crate) fn new<C>(connection: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self(Arc::new(connection))
    }

    /// Runs a script that returns an integer.
    pub(crate) async fn run(&self, invocation: ScriptInvocation<'_>) -> RedisResult<i64> {
        self.0.run(invocation).await
    }
}

trait Run: Send + Sync {
    fn run<'a>(&'a self, invocation: ScriptInvocation<'a>) -> BoxFuture<'a, RedisResult<i64>>;
}

impl<C: ConnectionLike + Clone + Send + Sync> Run for C {
    fn run<'a>(&'a self, invocation: ScriptInvocation<'a>) -> BoxFuture<'a, RedisResult<i64>> {
        // A command borrows the connection mutably. Clones share the underlying connection.
        let mut connection = self.clone();
        Box::pin(async move { invocation.invoke_async(&mut connection).await })
    }
}
