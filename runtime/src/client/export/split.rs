//! Splits chunks of CSV into rows and cells.

use bytes::{Buf, Bytes};
use csv_core::{ReadRecordResult, Reader};

/// The maximum size of a row in bytes. Without it, a response that is not CSV could fill the memory.
const MAX_ROW: usize = 1 << 20;

/// The maximum number of cells of a row.
const MAX_CELLS: usize = 10_000;

/// Splits chunks into rows.
pub(super) struct Splitter {
    reader: Reader,
    /// The cells of the current row without separators. The buffer is longer than its content.
    text: Vec<u8>,
    text_len: usize,
    /// The end of each cell in `text`. The buffer is longer than its content.
    ends: Vec<usize>,
    ends_len: usize,
}

/// The result of a step.
pub(super) enum Step {
    /// The row is incomplete: the next chunk is needed.
    Incomplete,
    /// A complete row.
    Row(Cells),
    /// The row is invalid, for this reason.
    Invalid(&'static str),
    /// There are no more rows.
    End,
}

/// The cells of a row.
#[derive(Clone)]
pub(super) struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Splitter {
    pub(super) fn new() -> Self {
        Self {
            reader: Reader::new(),
            text: vec![0; 1024],
            text_len: 0,
            ends: vec![0; 64],
            ends_len: 0,
        }
    }

    /// Removes the next row from the start of a chunk. An empty chunk ends the body.
    pub(super) fn split(&mut self, chunk: &mut Bytes) -> Step {
        loop {
            let text = self.text.get_mut(self.text_len..).unwrap_or_default();
            let ends = self.ends.get_mut(self.ends_len..).unwrap_or_default();
            let (result, used, written, ended) = self.reader.read_record(chunk, text, ends);
            chunk.advance(used);
            self.text_len += written;
            self.ends_len += ended;
            match result {
                ReadRecordResult::InputEmpty => return Step::Incomplete,
                ReadRecordResult::OutputFull if self.text.len() >= MAX_ROW => {
                    return Step::Invalid("the row is too long");
                }
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_CELLS => {
                    return Step::Invalid("the row has too many cells");
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return self.row(),
                ReadRecordResult::End => return Step::End,
            }
        }
    }

    fn row(&mut self) -> Step {
        let text = self.text.get(..self.text_len).unwrap_or_default().to_vec();
        let ends = self.ends.get(..self.ends_len).unwrap_or_default().to_vec();
        (self.text_len, self.ends_len) = (0, 0);
        match String::from_utf8(text) {
            Ok(text) => Step::Row(Cells { text, ends }),
            Err(_) => Step::Invalid("the row is not valid UTF-8"),
        }
    }
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let ranges = starts.zip(&self.ends);
        ranges.map(|(&start, &end)| self.text.get(start..end).unwrap_or_default())
    }
}
