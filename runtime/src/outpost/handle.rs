//! `Outpost`: what metering uses of this module.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle as Runtime;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::cache::HoldError;
use super::engine::{Engine, Link, LocalBalance, Recording};
use super::hold::Hold;
use super::number::Number;
use super::options::OutpostOptions;
use super::socket::{self, Connector};
use super::usage::{Identity, Usage};
use crate::Error;
use crate::client::Request;

/// A running Outpost. Its tasks are aborted when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Outpost(Arc<Running>);

struct Running {
    engine: Arc<Engine>,
    tasks: Vec<AbortHandle>,
}

impl Outpost {
    /// Starts an Outpost on the current tokio runtime. It uses the client and the credential of `request`.
    pub(crate) fn start(options: OutpostOptions, request: &Request) -> Result<Self, Error> {
        let Ok(runtime) = Runtime::try_current() else {
            const REASON: &str =
                "no tokio runtime to run the Outpost on: start metering within one";
            return Err(Error::configuration(REASON));
        };
        let engine = Arc::new(Engine::new(&options, request.clock().clone())?);
        let connector = Connector {
            request: request.clone(),
            transport: options.transport,
        };
        let socket = runtime.spawn(socket::run(Arc::clone(&engine), connector));
        let tasks = vec![socket.abort_handle()];
        #[cfg(feature = "redis")]
        let tasks = match &engine.redis {
            Some(redis) => {
                let (cache, clock) = (Arc::clone(&engine.cache), engine.clock.clone());
                let redis = runtime.spawn(Arc::clone(redis).run(cache, clock));
                tasks.into_iter().chain([redis.abort_handle()]).collect()
            }
            None => tasks,
        };
        Ok(Self(Arc::new(Running { engine, tasks })))
    }

    /// Determines what an event adds to the counts, before the event is moved into the queue.
    pub(crate) fn prepare<U>(&self, customer: Identity, usage: &U) -> Recording
    where
        U: Usage + Clone + Send + 'static,
    {
        self.0.engine.prepare(customer, usage)
    }

    /// Counts an event that was prepared, once it is accepted.
    pub(crate) fn record(&self, recording: Recording) {
        self.0.engine.record(recording);
    }

    /// Returns the local balance of a meter. Waits for the first snapshot of the customer, up to the timeout.
    pub(crate) async fn read(&self, customer: &Identity, meter: Uuid) -> LocalBalance {
        self.0.engine.read(customer, &meter.to_string()).await
    }

    /// Reserves units of a meter, if they are available. `ceiling` is the balance of the API, which is required if the
    /// local state is incomplete.
    pub(crate) async fn reserve(
        &self,
        customer: &Identity,
        meter: Uuid,
        units: Number,
        ceiling: Option<Number>,
    ) -> Result<Hold, HoldError> {
        let meter = meter.to_string();
        // Only to wait for the first snapshot.
        self.0.engine.read(customer, &meter).await;
        let engine = Arc::clone(&self.0.engine);
        engine.hold(customer, &meter, units, ceiling).await
    }

    /// Waits until balances include all counted events: with Redis, until they are written.
    pub(crate) async fn settled(&self) {
        self.0.engine.settled().await;
    }

    /// Returns the last local balance, even if it is incomplete or the connection is lost.
    pub(crate) fn last(&self, customer: &Identity, meter: Uuid) -> LocalBalance {
        self.0.engine.last(customer, &meter.to_string())
    }

    /// Closes the connections. Afterwards, all local balances are unknown.
    pub(crate) async fn close(&self) {
        self.settled().await;
        self.0.engine.set_link(Link::Ended);
        self.0.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for Outpost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outpost")
            .field("link", &self.0.engine.link())
            .finish_non_exhaustive()
    }
}
