//! Rows of exports with any columns.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::split::{Cells, Splitter, Step};
#[cfg(feature = "blocking")]
use crate::client::blocking::Blocking;
use crate::client::execution::{Call, ResponseCall};
use crate::client::operation::Operation;
use crate::client::requests::Request;
use crate::client::responses::ByteStream;
use crate::codec::{self, Decode};
use crate::error::{Error, ExportError, shown};

/// The rows of a CSV export as strings, accessed by column title.
///
/// A [`Stream`] that also has the methods [`next`](Self::next) and [`try_next`](Self::try_next), so no other crate is
/// needed. The request is sent when the stream is first polled. It is retried like other calls until the first row
/// arrives.
///
/// A row whose number of cells differs from the header is returned as [`Error::Export`], after which the stream
/// continues. Any other error ends the stream.
#[must_use = "a stream does nothing until it is polled"]
pub struct Records {
    operation: &'static Operation,
    source: Source,
    splitter: Splitter,
    header: Option<Arc<[String]>>,
    row: u64,
}

/// The state of the response.
enum Source {
    Call(Box<ResponseCall<ByteStream>>),
    /// The rest of the body, and the rest of the last chunk.
    Body(Box<ByteStream>, Bytes),
    /// The body is complete, but the last row may not have been returned yet.
    Complete,
    /// The stream has ended.
    Ended,
}

/// A row of a CSV export, as strings.
#[derive(Clone)]
pub struct Record {
    operation: &'static Operation,
    header: Arc<[String]>,
    cells: Cells,
    row: u64,
}

impl Records {
    /// Creates a stream of the rows of an export request. For generated code.
    pub fn new(request: Request) -> Self {
        Self {
            operation: request.operation(),
            source: Source::Call(Box::new(
                Call::<ByteStream>::stream(request).with_response(),
            )),
            splitter: Splitter::new(),
            header: None,
            row: 0,
        }
    }

    /// Returns the next row; `None` after the last one. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Record, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the next row; `None` after the last one. Cancel safe.
    ///
    /// # Errors
    /// Errors of the call, and [`Error::Export`] for an invalid row.
    pub async fn try_next(&mut self) -> Result<Option<Record>, Error> {
        self.next().await.transpose()
    }

    /// Returns a blocking iterator over the rows.
    #[cfg(feature = "blocking")]
    pub fn blocking(self) -> Blocking<Self> {
        Blocking::new(self.operation, self)
    }

    #[cfg(feature = "blocking")]
    pub(super) fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Reads the body until a row is complete.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<Step, Error>> {
        loop {
            match &mut self.source {
                Source::Call(call) => {
                    let response = ready!(Pin::new(call).poll(context))?;
                    if let Some(other) = other_media_type(response.headers()) {
                        let message = format!("the response is {}, not CSV", shown(&other));
                        return Poll::Ready(Err(self.error(message)));
                    }
                    self.source = Source::Body(Box::new(response.into_inner()), Bytes::new());
                }
                Source::Body(body, chunk) if chunk.is_empty() => {
                    match ready!(Pin::new(&mut **body).poll_next(context)).transpose()? {
                        Some(next) => *chunk = next,
                        None => self.source = Source::Complete,
                    }
                }
                Source::Body(_, chunk) => match self.splitter.split(chunk) {
                    Step::Incomplete => {}
                    step => return Poll::Ready(Ok(step)),
                },
                Source::Complete => return Poll::Ready(Ok(self.splitter.split(&mut Bytes::new()))),
                Source::Ended => return Poll::Ready(Ok(Step::End)),
            }
        }
    }

    /// Creates a row from its cells. `None` for the header row.
    fn record(&mut self, cells: Cells) -> Option<Result<Record, Error>> {
        let Some(header) = &self.header else {
            self.header = Some(cells.iter().map(str::to_owned).collect());
            return None;
        };
        let header = Arc::clone(header);
        self.row += 1;
        Some(match cells.len() == header.len() {
            true => Ok(Record {
                operation: self.operation,
                header,
                cells,
                row: self.row,
            }),
            false => {
                let (found, expected) = (cells.len(), header.len());
                Err(self.error(format!("expected {expected} cells, found {found}")))
            }
        })
    }

    fn error(&self, message: String) -> Error {
        Error::Export {
            operation: self.operation.id,
            source: ExportError::form(self.row, message),
        }
    }
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let records = self.get_mut();
        loop {
            let error = match ready!(records.poll_step(context)) {
                Ok(Step::Row(cells)) => match records.record(cells) {
                    Some(record) => return Poll::Ready(Some(record)),
                    None => continue,
                },
                Ok(Step::End | Step::Incomplete) if records.header.is_none() => {
                    match records.source {
                        Source::Ended => return Poll::Ready(None),
                        _ => records.error("the header row is missing".into()),
                    }
                }
                Ok(Step::End | Step::Incomplete) => {
                    records.source = Source::Ended;
                    return Poll::Ready(None);
                }
                Ok(Step::Invalid(reason)) => {
                    records.row += 1;
                    records.error(reason.to_owned())
                }
                Err(error) => error,
            };
            records.source = Source::Ended;
            return Poll::Ready(Some(Err(error)));
        }
    }
}

impl Record {
    /// Returns the number of the row: 1 for the first row after the header.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.row
    }

    /// Returns the cell in the column with this title. `None` if there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        let mut cells = self.cells();
        cells.find_map(|(title, text)| (title == column).then_some(text))
    }

    /// Returns an iterator over column titles and cells.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str)> {
        let titles = self.header.iter().map(String::as_str);
        titles.zip(self.cells.iter())
    }

    /// Decodes the row as a type, such as the row type of the export.
    ///
    /// # Errors
    /// [`Error::Export`] if a column is missing, or a cell is invalid for its column.
    pub fn read<R: Decode>(&self) -> Result<R, Error> {
        let entries = self.cells().map(|(title, text)| (title, Cell(text)));
        codec::from_entries(entries).map_err(|problem| Error::Export {
            operation: self.operation.id,
            source: ExportError::cell(self.row, problem),
        })
    }
}

/// Returns the media type of the response. `None` if it is CSV.
fn other_media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = text.split(';').next().unwrap_or_default().trim();
    (!media_type.eq_ignore_ascii_case("text/csv")).then(|| media_type.to_owned())
}

/// A cell as input of the codec. An empty cell is null.
#[derive(Clone, Copy)]
struct Cell<'de>(&'de str);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Cell<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            "" => visitor.visit_unit(),
            text => visitor.visit_borrowed_str(text),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// No field is structurally pinned.
impl Unpin for Records {}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("operation", &self.operation.id)
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

/// Omits the cells, which contain customer data.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("row", &self.row)
            .field("columns", &self.header)
            .finish_non_exhaustive()
    }
}
