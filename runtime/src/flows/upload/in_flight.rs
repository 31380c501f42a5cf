//! Parts that are being sent concurrently.

use std::task::Poll;

use super::plan::Part;
use crate::Error;
use crate::transport::BoxFuture;

/// A small set of concurrent futures. Each wake-up polls all of them.
#[derive(Default)]
pub(super) struct InFlight<'a> {
    parts: Vec<(Part, BoxFuture<'a, Result<String, Error>>)>,
}

impl<'a> InFlight<'a> {
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn add(&mut self, part: Part, future: BoxFuture<'a, Result<String, Error>>) {
        self.parts.push((part, future));
    }

    /// Waits for the next part that completes; `None` if none is left.
    pub(super) async fn next(&mut self) -> Option<(Part, Result<String, Error>)> {
        std::future::poll_fn(|context| {
            if self.parts.is_empty() {
                return Poll::Ready(None);
            }
            for index in 0..self.parts.len() {
                let (part, future) = &mut self.parts[index];
                if let Poll::Ready(result) = future.as_mut().poll(context) {
                    let part = *part;
                    drop(self.parts.swap_remove(index));
                    return Poll::Ready(Some((part, result)));
                }
            }
            Poll::Pending
        })
        .await
    }
}
