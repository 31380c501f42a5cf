//! Runs Lua scripts in Redis, on a connection of any type.

use std::sync::Arc;

use redis::aio::ConnectionLike;
use redis::{RedisResult, ScriptInvocation};

use crate::transport::BoxFuture;

/// A connection to Redis, of any type, that runs Lua scripts. Cheap to clone.
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

/// A connection that can run a script. An object-safe form of `ConnectionLike`.
trait Run: Send + Sync {
    fn run<'a>(&'a self, invocation: ScriptInvocation<'a>) -> BoxFuture<'a, RedisResult<i64>>;
}

impl<C: ConnectionLike + Clone + Send + Sync> Run for C {
    fn run<'a>(&'a self, invocation: ScriptInvocation<'a>) -> BoxFuture<'a, RedisResult<i64>> {
        // Running a script needs a mutable connection. Clones share the underlying connection.
        let mut connection = self.clone();
        Box::pin(async move { invocation.invoke_async(&mut connection).await })
    }
}
