//! `UsageTimer`: tracks elapsed time.

use crate::ingest::NotQueued;
use crate::metering::event::UsageEvent;
use crate::metering::metadata::MetadataValue;
use crate::metering::track::Track;
use crate::time::Instant;

/// Measures elapsed time, and tracks an event with it when it is dropped or [finished](Self::finish).
///
/// The event has the metadata entry `seconds`: a number with a fraction, measured with the monotonic clock.
///
/// A drop cannot wait, so it queues the event even if the queue is full. If the event is invalid or the metering was
/// shut down, the event is lost, which is logged with the feature `tracing`. [`finish`](Self::finish) waits for
/// capacity and returns errors instead. Returned by
/// [`CustomerMetering::timer`](crate::metering::CustomerMetering::timer).
#[derive(Debug)]
#[must_use = "a timer that is dropped at once measures nothing"]
pub struct UsageTimer {
    /// `None` after the event was tracked or canceled.
    track: Option<Track>,
    start: Instant,
}

impl UsageTimer {
    pub(in crate::metering) fn start(track: Track) -> Self {
        let start = track.now();
        Self {
            track: Some(track),
            start,
        }
    }

    /// Sets an entry of the event's metadata.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        self.track = self.track.take().map(|track| track.metadata(key, value));
        self
    }

    /// Stops the timer, and tracks its event. Waits while the queue is full.
    ///
    /// # Errors
    /// Those of [`Metering::track`](crate::metering::Metering::track).
    pub async fn finish(mut self) -> Result<(), NotQueued<UsageEvent>> {
        match self.take() {
            Some(track) => track.send().await,
            None => Ok(()),
        }
    }

    /// Stops the timer without tracking an event.
    pub fn cancel(mut self) {
        self.track = None;
    }

    fn take(&mut self) -> Option<Track> {
        let track = self.track.take()?;
        let elapsed = track.now().saturating_duration_since(self.start);
        Some(track.metadata("seconds", elapsed.as_secs_f64()))
    }
}

impl Drop for UsageTimer {
    fn drop(&mut self) {
        if let Some(track) = self.take() {
            track.send_now();
        }
    }
}
