//! Finding out where bytes are: documents are waited for, files are looked for in lists.

use std::time::Duration;

use uuid::Uuid;

use super::located::Located;
use super::wire::{Document, Listing};
use crate::client::{Call, Items, Request, Storage};
use crate::codec::DecodeError;
use crate::error::{Error, RawBody, retry_after};
use crate::log;
use crate::transport::{TransportError, TransportErrorKind};

/// The first wait for a document. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The shortest one, whatever the server asks for.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// How long before the end it is asked for a last time, so that there is time for an answer; less for those in a hurry.
const LAST_CALL: Duration = Duration::from_secs(1);

/// The longest wait, unless the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Asks for a document until it is there. What makes it is called when it is not there at first.
pub(super) async fn wait(
    request: Request,
    mut generate: Option<Box<Request>>,
    storage: &Storage,
    patience: Duration,
) -> Result<Located, Error> {
    let operation = request.operation().id;
    let missing = match generate {
        Some(_) => Missing::NotYet,
        None => Missing::Never,
    };
    let end = storage
        .clock()
        .and_then(|clock| clock.now().checked_add(patience));
    let mut pause = FIRST_WAIT;
    loop {
        let asked = match ask(request.clone(), missing).await? {
            Answer::There(located) => return Ok(located),
            Answer::NotYet(asked) => asked,
        };
        if let Some(generate) = generate.take() {
            Call::empty(*generate).await?;
        }
        let Some(clock) = storage.clock() else {
            return Err(Error::configuration(
                "the document is not there yet, and waiting for it needs a timer",
            ));
        };
        let left = end.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(clock.now())
        });
        let last = left.saturating_sub(LAST_CALL.min(patience / 10));
        let rest = match asked {
            Some(asked) => asked.max(SHORTEST_WAIT),
            None => pause.min(last),
        };
        if rest.is_zero() || left <= rest {
            return Err(late(operation));
        }
        log::document_pending(operation, rest);
        clock.sleep(rest).await;
        pause = (pause * 2).min(LONGEST_WAIT);
    }
}

/// Looks for a file in a list, page by page.
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
            // Another item that cannot be decoded is not in the way of this one.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or(Error::NotListed { operation, id }))
}

/// What a 404 says of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// That it has to be made, or is being made.
    NotYet,
    /// That there is nothing that it would be of.
    Never,
}

enum Answer {
    There(Located),
    /// And how long the server asks to wait.
    NotYet(Option<Duration>),
}

async fn ask(request: Request, missing: Missing) -> Result<Answer, Error> {
    match Call::<Option<Document>>::optional(request)
        .with_response()
        .await
    {
        Ok(response) => {
            let asked = retry_after(response.headers());
            Ok(match response.into_inner() {
                Some(document) => Answer::There(document.into()),
                None => Answer::NotYet(asked),
            })
        }
        Err(error) if missing == Missing::NotYet && error.is_not_found() => {
            Ok(Answer::NotYet(error.retry_after()))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn late(operation: &'static str) -> Error {
    const REASON: &str = "the document was not there in time";
    let error = TransportError::new(TransportErrorKind::Timeout, REASON);
    Error::transport(operation, error)
}

/// What the API says of a file cannot be read.
pub(super) fn unreadable(operation: &'static str, source: DecodeError) -> Error {
    Error::Decode {
        operation,
        source,
        media_type: None,
        body: RawBody::default(),
    }
}
