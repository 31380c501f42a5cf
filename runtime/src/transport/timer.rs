//! How the client knows the time, and waits.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::interface::BoxFuture;
use crate::time::Instant;

/// Waits on behalf of the client: between attempts, for its turn, and for responses that do not arrive.
///
/// With the feature `reqwest` clients have tokio's. A transport that runs on something else needs one that fits, given to
/// [`ClientBuilder::timer`](crate::client::ClientBuilder::timer). A client without a timer retries nothing and leaves
/// timeouts to its transport.
///
/// Tokio's needs a runtime that was built with its time driver (`enable_all`, or `enable_time`; reqwest needs `enable_io`
/// too). Tokio panics on one without, and does not let anybody ask first.
pub trait Timer: fmt::Debug + Send + Sync + 'static {
    /// A future that ends after this time, and not before.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// The time by the clock that `sleep` follows.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// The timer of a client, if it has one.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// Tokio's, where there is a tokio runtime.
    #[default]
    Tokio,
    /// One that was given.
    Given(Arc<dyn Timer>),
}

impl Clock {
    /// Whether there may be a clock at all.
    pub(crate) fn exists(&self) -> bool {
        cfg!(feature = "reqwest") || matches!(self, Self::Given(_))
    }

    /// Whether it works here, on this thread.
    pub(crate) fn is_available(&self) -> bool {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Tokio => tokio::runtime::Handle::try_current().is_ok(),
            #[cfg(not(feature = "reqwest"))]
            Self::Tokio => false,
            Self::Given(_) => true,
        }
    }

    /// The clock, if it works here.
    pub(crate) fn available(&self) -> Option<Self> {
        self.is_available().then(|| self.clone())
    }

    pub(crate) fn now(&self) -> Instant {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Tokio => tokio::time::Instant::now().into_std(),
            #[cfg(not(feature = "reqwest"))]
            Self::Tokio => Instant::now(),
            Self::Given(timer) => timer.now(),
        }
    }

    /// Only where a clock is available.
    pub(crate) fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Tokio => Box::pin(tokio::time::sleep(duration)),
            #[cfg(not(feature = "reqwest"))]
            Self::Tokio => Box::pin(std::future::pending()),
            Self::Given(timer) => timer.sleep(duration),
        }
    }

    /// What the future gives, or `None` if it takes longer.
    pub(crate) async fn within<T>(
        &self,
        duration: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let mut future = pin!(future);
        let mut end = End::after(self, duration);
        std::future::poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            end.poll(self, context).map(|()| None)
        })
        .await
    }

    /// Another end in place of one that nobody saw coming: see [`GRACE`].
    pub(crate) fn extended(&self, end: Option<Instant>) -> Option<Instant> {
        let now = self.now();
        match end {
            Some(end) if now.saturating_duration_since(end) >= OVERSLEPT => now.checked_add(GRACE),
            end => end,
        }
    }
}

/// Who sees the end of a wait this much later was not polled when it came.
const OVERSLEPT: Duration = Duration::from_millis(100);

/// What a future that was not polled gets on top of its time. What it waits for may have been there all along, and only
/// needs to be fetched.
const GRACE: Duration = Duration::from_secs(2);

/// The end of a wait.
pub(crate) struct End {
    time: Option<Instant>,
    sleep: BoxFuture<'static, ()>,
}

impl End {
    pub(crate) fn after(clock: &Clock, duration: Duration) -> Self {
        Self {
            time: clock.now().checked_add(duration),
            sleep: clock.sleep(duration),
        }
    }

    /// Ready when the time is over, and was so in the eyes of somebody who polls.
    pub(crate) fn poll(&mut self, clock: &Clock, context: &mut Context<'_>) -> Poll<()> {
        ready!(self.sleep.as_mut().poll(context));
        let time = clock.extended(self.time);
        if time == self.time {
            return Poll::Ready(());
        }
        self.time = time;
        self.sleep = clock.sleep(GRACE);
        self.sleep.as_mut().poll(context)
    }
}
