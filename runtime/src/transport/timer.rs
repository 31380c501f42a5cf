//! The client's clock and timer.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::interface::BoxFuture;
use crate::time::Instant;

/// A clock and timer, which a client uses for backoff, rate limits and timeouts.
///
/// With the feature `reqwest`, clients use tokio's timer. On another executor, set a timer of that executor with
/// [`ClientBuilder::timer`](crate::client::ClientBuilder::timer). A client without a timer does not retry, and leaves
/// timeouts to its transport.
///
/// Tokio's timer panics on a runtime without a time driver, and tokio has no function to check for one. Build the
/// runtime with `enable_all`, or with `enable_time`, and for reqwest also `enable_io`.
pub trait Timer: fmt::Debug + Send + Sync + 'static {
    /// Completes when the duration has elapsed, and not earlier.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Returns the current time of the clock that `sleep` uses.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// The timer of a client, if it has one.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// Tokio's timer, on a tokio runtime.
    #[default]
    Tokio,
    /// A timer that was set on the client's builder.
    Custom(Arc<dyn Timer>),
}

impl Clock {
    /// Returns whether the client has a timer.
    pub(crate) fn exists(&self) -> bool {
        cfg!(feature = "reqwest") || matches!(self, Self::Custom(_))
    }

    /// Returns whether the timer works on the current thread.
    pub(crate) fn is_available(&self) -> bool {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Tokio => tokio::runtime::Handle::try_current().is_ok(),
            #[cfg(not(feature = "reqwest"))]
            Self::Tokio => false,
            Self::Custom(_) => true,
        }
    }

    /// Returns the clock if it works on the current thread.
    pub(crate) fn available(&self) -> Option<Self> {
        self.is_available().then(|| self.clone())
    }

    pub(crate) fn now(&self) -> Instant {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Tokio => tokio::time::Instant::now().into_std(),
            #[cfg(not(feature = "reqwest"))]
            Self::Tokio => Instant::now(),
            Self::Custom(timer) => timer.now(),
        }
    }

    /// Completes when the duration has elapsed. May only be called if the clock is available.
    pub(crate) fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Tokio => Box::pin(tokio::time::sleep(duration)),
            #[cfg(not(feature = "reqwest"))]
            Self::Tokio => Box::pin(std::future::pending()),
            Self::Custom(timer) => timer.sleep(duration),
        }
    }

    /// Returns the output of the future, or `None` if the duration elapses first.
    pub(crate) async fn within<T>(
        &self,
        duration: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let mut future = pin!(future);
        let mut end = Deadline::after(self, duration);
        std::future::poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            end.poll(self, context).map(|()| None)
        })
        .await
    }

    /// Replaces a deadline that elapsed while the task was not polled by a later one: see [`GRACE`].
    pub(crate) fn extended(&self, end: Option<Instant>) -> Option<Instant> {
        let now = self.now();
        match end {
            Some(end) if now.saturating_duration_since(end) >= NOT_POLLED => now.checked_add(GRACE),
            end => end,
        }
    }
}

/// If an elapsed deadline is detected later than this, the task was not polled when the deadline elapsed.
const NOT_POLLED: Duration = Duration::from_millis(100);

/// The extension of a deadline that elapsed while the task was not polled. The response may have arrived in the
/// meantime, so the task gets time to read it.
const GRACE: Duration = Duration::from_secs(2);

/// A deadline that a future can wait for.
pub(crate) struct Deadline {
    time: Option<Instant>,
    sleep: BoxFuture<'static, ()>,
}

impl Deadline {
    pub(crate) fn after(clock: &Clock, duration: Duration) -> Self {
        Self {
            time: clock.now().checked_add(duration),
            sleep: clock.sleep(duration),
        }
    }

    /// Returns `Ready` if the deadline has elapsed. The deadline is extended once if the task was not polled in time.
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
