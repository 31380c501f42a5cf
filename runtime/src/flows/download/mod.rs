//! Downloads: where a file is, and what is there.

mod wire;

use std::fmt;
#[cfg(feature = "files")]
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

#[cfg(feature = "files")]
use super::disk::Landing;
use crate::checksum::{Check, Sum};
use crate::client::{Address, ByteStream, Call, CallOptions, Items, Operation, Request, Storage};
use crate::codec::{self, DecodeError, Encode};
use crate::error::{Error, RawBody, retry_after};
use crate::transport::{TransportError, TransportErrorKind};
use wire::{Document, Listed, Listing};

/// How long to wait for a document when nothing else was said.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most items that the API puts on a page.
const LONGEST_PAGE: i64 = 100;

/// The first wait for a document. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The shortest one, whatever the server asks for.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// How long before the end it is asked for a last time, so that there is time for an answer; less for those in a hurry.
const LAST_CALL: Duration = Duration::from_secs(1);

/// The longest wait, unless the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// A download that begins when it is asked for its bytes.
///
/// What is not there yet is waited for, at the pace that the server asks for. The bytes come from a storage, to which the
/// client's credential is not sent.
#[must_use = "a download does nothing until its bytes are asked for"]
pub struct Download {
    request: Request,
    subject: Subject,
    patience: Duration,
}

/// What is downloaded.
enum Subject {
    /// What the request answers the address of, and what makes it.
    Document { generate: Option<Box<Request>> },
    /// A file that has to be looked for, in the list that the request asks for.
    Listed(Uuid),
    /// A file whose address is known.
    File(Result<Located, DecodeError>),
}

impl Download {
    /// What a request answers the address of. For generated code.
    #[doc(hidden)]
    pub fn document(request: impl Into<Request>) -> Self {
        Self {
            request: request.into(),
            subject: Subject::Document { generate: None },
            patience: PATIENCE,
        }
    }

    /// The same, if another request has to make it first. For generated code.
    #[doc(hidden)]
    pub fn generated_by(mut self, request: impl Into<Request>) -> Self {
        let generate = Some(Box::new(request.into()));
        self.subject = Subject::Document { generate };
        self
    }

    /// A file that an operation has listed. For generated code.
    #[doc(hidden)]
    pub fn file(request: Request, file: &dyn Encode) -> Self {
        let located = codec::from_slice::<Listed>(&codec::to_vec(file));
        Self {
            request,
            subject: Subject::File(located.map(Located::from)),
            patience: PATIENCE,
        }
    }

    /// A file that has to be looked for in a list, by its id or by that of its item. For generated code.
    #[doc(hidden)]
    pub fn listed(list: impl Into<Request>, id: Uuid) -> Self {
        let mut request = list.into();
        request.query("limit", &LONGEST_PAGE);
        Self {
            request,
            subject: Subject::Listed(id),
            patience: PATIENCE,
        }
    }

    /// How long to wait for a document that is not there yet. 2 minutes if it is not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.patience = timeout;
        self
    }

    /// Sets how the calls to the API are sent, and how often the download is tried. The attempt timeout is also the
    /// longest time between two pieces, the body limit is that of [`bytes`](Self::bytes).
    pub fn with(mut self, options: CallOptions) -> Self {
        if let Subject::Document {
            generate: Some(generate),
        } = &mut self.subject
        {
            generate.options(options.clone());
        }
        self.request.options(options);
        self
    }

    /// The bytes, piece by piece, as they arrive. A connection that breaks after the first one ends the stream.
    ///
    /// # Errors
    /// Those of the calls, of the storage, and [`Error::Timeout`] if a document is not there in time.
    pub async fn stream(self) -> Result<ByteStream, Error> {
        let (storage, operation) = (Storage::of(&self.request), self.operation().id);
        let work = async {
            let located = self.locate(&storage).await?;
            let attempt = || located.open(&storage);
            storage.repeated(|| Box::pin(attempt())).await
        };
        storage.run(operation, work).await
    }

    /// The bytes, in memory, up to the body limit of the client or of the options. If the connection breaks, they are
    /// fetched again.
    ///
    /// # Errors
    /// Those of [`stream`](Self::stream), and [`Error::BodyTooLarge`].
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let (storage, operation) = (Storage::of(&self.request), self.operation().id);
        let work = async {
            let located = self.locate(&storage).await?;
            let attempt = || located.collect(&storage);
            storage.repeated(|| Box::pin(attempt())).await
        };
        storage.run(operation, work).await
    }

    /// Writes the bytes to a file, and gives their number. If the connection breaks, they are fetched again.
    ///
    /// They go to a temporary file beside it, which takes its place when it is whole: under this name there is never half
    /// a file, and what was there before stays when the download fails. It has the rights of a file that it replaces (on
    /// Unix). A symbolic link is replaced itself, not what it points to.
    ///
    /// # Errors
    /// Those of [`stream`](Self::stream), and [`Error::File`].
    #[cfg(feature = "files")]
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let (storage, operation) = (Storage::of(&self.request), self.operation().id);
        let target = path.as_ref().to_owned();
        let work = async {
            let located = self.locate(&storage).await?;
            let attempt = || located.land(&storage, operation, &target);
            storage.repeated(|| Box::pin(attempt())).await
        };
        storage.run(operation, work).await
    }

    /// [`bytes`](Self::bytes), which blocks this thread. Inside an async task it is an error.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes).
    #[cfg(feature = "blocking")]
    pub fn bytes_blocking(self) -> Result<Bytes, Error> {
        crate::client::wait(self.operation(), self.bytes())
    }

    /// [`to_file`](Self::to_file), which blocks this thread. Inside an async task it is an error.
    ///
    /// # Errors
    /// Those of [`to_file`](Self::to_file).
    #[cfg(all(feature = "blocking", feature = "files"))]
    pub fn to_file_blocking(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        crate::client::wait(self.operation(), self.to_file(path))
    }

    fn operation(&self) -> &'static Operation {
        self.request.operation()
    }

    /// Finds out where the bytes are, and waits until they are there.
    async fn locate(self, storage: &Storage) -> Result<Located, Error> {
        let operation = self.operation().id;
        match self.subject {
            Subject::File(located) => located.map_err(|source| Error::Decode {
                operation,
                source,
                media_type: None,
                body: RawBody::default(),
            }),
            Subject::Listed(id) => find(self.request, id).await,
            Subject::Document { generate } => {
                let waiting = wait(self.request, generate, storage, self.patience);
                let located = match storage.clock() {
                    Some(clock) => clock.within(self.patience, waiting).await,
                    None => Some(waiting.await),
                };
                located.unwrap_or_else(|| Err(late(operation)))
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// Asks for a document until it is there. What makes it is called when it is not there at first.
async fn wait(
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
        clock.sleep(rest).await;
        pause = (pause * 2).min(LONGEST_WAIT);
    }
}

/// Looks for a file in a list, page by page.
async fn find(list: Request, id: Uuid) -> Result<Located, Error> {
    let operation = list.operation().id;
    let mut items = Items::<Listing>::new(list);
    let mut failed = None;
    while let Some(item) = items.next().await {
        match item {
            Ok(item) if item.id == id || item.file.id == id => return Ok(item.file.listed.into()),
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

fn late(operation: &'static str) -> Error {
    const REASON: &str = "the document was not there in time";
    let error = TransportError::new(TransportErrorKind::Timeout, REASON);
    Error::transport(operation, error)
}

/// Where bytes are, and what is known of them.
struct Located {
    address: Address,
    /// Their number, and their digest if the API knows it.
    known: Option<(u64, Option<Sum>)>,
}

impl Located {
    async fn open(&self, storage: &Storage) -> Result<ByteStream, Error> {
        let stream = storage.get(&self.address).await?;
        Ok(match self.known {
            Some((size, sum)) => stream.checked(Check::new(size, sum)),
            None => stream,
        })
    }

    async fn collect(&self, storage: &Storage) -> Result<Bytes, Error> {
        let (mut stream, limit) = (self.open(storage).await?, storage.body_limit());
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            if piece.len() > limit - bytes.len() {
                let operation = stream.operation();
                return Err(Error::BodyTooLarge { operation, limit });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.into())
    }

    #[cfg(feature = "files")]
    async fn land(
        &self,
        storage: &Storage,
        operation: &'static str,
        target: &Path,
    ) -> Result<u64, Error> {
        let mut landing = Landing::beside(operation, target).await?;
        let mut stream = self.open(storage).await?;
        while let Some(piece) = stream.next().await {
            landing = landing.write(&piece?).await?;
        }
        landing.finish(target).await
    }
}
