//! Usage by time.

use crate::ingest::NotQueued;
use crate::metering::event::UsageEvent;
use crate::metering::metadata::MetadataValue;
use crate::metering::track::Track;
use crate::time::Instant;

/// Tracks an event with the elapsed `seconds` (a fraction, by the monotonic clock) when it is dropped or
/// [finished](Self::finish).
///
/// A drop cannot wait: its event is queued even if the queue is full. If the event is invalid or the metering was shut down,
/// that is logged. [`finish`](Self::finish) waits, and returns such errors.
#[derive(Debug)]
#[must_use = "a timer that is dropped at once measures nothing"]
pub struct UsageTimer {
    /// `None` if the event was tracked, or was discarded.
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

    /// Sets a value of the metadata.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        self.track = self.track.take().map(|track| track.metadata(key, value));
        self
    }

    /// Stops the timer and tracks its event, with the elapsed `seconds`. Waits while the queue is full.
    ///
    /// # Errors
    /// Those of [`Metering::track`](crate::metering::Metering::track).
    pub async fn finish(mut self) -> Result<(), NotQueued<UsageEvent>> {
        match self.take() {
            Some(track) => track.send().await,
            None => Ok(()),
        }
    }

    /// Discards the timer: no event is tracked.
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
