//! Locates the bytes of a download: waits until a document exists, or searches a list for a file.

use std::time::Duration;

use uuid::Uuid;

use super::located::Located;
use super::wire::{Document, Listing};
use crate::client::{Call, Items, Request, Storage};
use crate::codec::DecodeError;
use crate::error::{Error, RawBody, retry_after};
use crate::log;
use crate::transport::{TransportError, TransportErrorKind};

/// The delay before a document is requested again for the first time. It doubles each time.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// The minimum delay, even if the server asks for a shorter one.
const MIN_DELAY: Duration = Duration::from_millis(100);

/// How long before the deadline the last request is sent, so that its response can arrive. At most a tenth of the
/// timeout.
const RESPONSE_MARGIN: Duration = Duration::from_secs(1);

/// The maximum delay, unless the server asks for a longer one.
const MAX_DELAY: Duration = Duration::from_secs(8);

/// Requests a document until it exists. If the first response is that it does not exist, requests its generation.
pub(super) async fn wait(
    request: Request,
    mut generate: Option<Box<Request>>,
    storage: &Storage,
    timeout: Duration,
) -> Result<Located, Error> {
    let operation = request.operation().id;
    let missing = match generate {
        Some(_) => Missing::NotYet,
        None => Missing::Never,
    };
    let end = storage
        .clock()
        .and_then(|clock| clock.now().checked_add(timeout));
    let mut pause = FIRST_DELAY;
    loop {
        let retry_after = match request_document(request.clone(), missing).await? {
            Attempt::Found(located) => return Ok(located),
            Attempt::Pending(retry_after) => retry_after,
        };
        if let Some(generate) = generate.take() {
            Call::empty(*generate).await?;
        }
        let Some(clock) = storage.clock() else {
            return Err(Error::configuration(
                "the document does not exist yet, and waiting for it requires a timer",
            ));
        };
        let left = end.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(clock.now())
        });
        let last = left.saturating_sub(RESPONSE_MARGIN.min(timeout / 10));
        let rest = match retry_after {
            Some(retry_after) => retry_after.max(MIN_DELAY),
            None => pause.min(last),
        };
        if rest.is_zero() || left <= rest {
            return Err(timed_out(operation));
        }
        log::document_pending(operation, rest);
        clock.sleep(rest).await;
        pause = (pause * 2).min(MAX_DELAY);
    }
}

/// Searches a list for a file, page by page.
pub(super) async fn find(list: Request, id: Uuid) -> Result<Located, Error> {
    let operation = list.operation().id;
    let mut items = Items::<Listing>::new(list);
    let mut failed = None;
    while let Some(item) = items.next().await {
        match item {
            Ok(item) if item.id == id || item.file.id == id => {
                let located = Located::try_from(item.file.listed);
                return located.map_err(|source| unreadable(operation, source));
            }
            Ok(_) => {}
            // Other items that cannot be decoded only matter if the file is not found.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or(Error::NotListed { operation, id }))
}

/// What a 404 means for a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// The document must be generated, or is being generated.
    NotYet,
    /// The resource that the document would belong to does not exist.
    Never,
}

enum Attempt {
    Found(Located),
    /// The document does not exist yet. Contains the `Retry-After` of the response, if it has one.
    Pending(Option<Duration>),
}

async fn request_document(request: Request, missing: Missing) -> Result<Attempt, Error> {
    match Call::<Option<Document>>::optional(request)
        .with_response()
        .await
    {
        Ok(response) => {
            let retry_after = retry_after(response.headers());
            Ok(match response.into_inner() {
                Some(document) => Attempt::Found(document.into()),
                None => Attempt::Pending(retry_after),
            })
        }
        Err(error) if missing == Missing::NotYet && error.is_not_found() => {
            Ok(Attempt::Pending(error.retry_after()))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn timed_out(operation: &'static str) -> Error {
    const REASON: &str = "the document was not available before the deadline";
    let error = TransportError::new(TransportErrorKind::Timeout, REASON);
    Error::transport(operation, error)
}

/// Creates the error of a file description that cannot be decoded.
pub(super) fn unreadable(operation: &'static str, source: DecodeError) -> Error {
    Error::Decode {
        operation,
        source,
        media_type: None,
        body: RawBody::default(),
    }
}
