//! From bytes to cells.

use bytes::{Buf, Bytes};
use csv_core::{ReadRecordResult, Reader};

/// No row is longer, so that what is no CSV does not fill the memory.
const MAX_ROW: usize = 1 << 20;

/// No row has more cells.
const MAX_CELLS: usize = 10_000;

/// Finds the cells in pieces of a text.
pub(super) struct Splitter {
    reader: Reader,
    /// The text of the row so far, without what separates cells, in a larger buffer.
    text: Vec<u8>,
    text_len: usize,
    /// Where in it each cell ends, in a larger buffer.
    ends: Vec<usize>,
    ends_len: usize,
}

/// What was found.
pub(super) enum Step {
    /// There is more of the row to come.
    Hungry,
    /// A row.
    Row(Cells),
    /// A row that cannot be read, and why.
    Bad(&'static str),
    /// The end.
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

    /// Takes what belongs to the next row off a piece of the text. No piece at all means that there is no more.
    pub(super) fn split(&mut self, piece: &mut Bytes) -> Step {
        loop {
            let text = self.text.get_mut(self.text_len..).unwrap_or_default();
            let ends = self.ends.get_mut(self.ends_len..).unwrap_or_default();
            let (result, used, written, ended) = self.reader.read_record(piece, text, ends);
            piece.advance(used);
            self.text_len += written;
            self.ends_len += ended;
            match result {
                ReadRecordResult::InputEmpty => return Step::Hungry,
                ReadRecordResult::OutputFull if self.text.len() >= MAX_ROW => {
                    return Step::Bad("it is too long");
                }
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_CELLS => {
                    return Step::Bad("it has too many cells");
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
            Err(_) => Step::Bad("it is not UTF-8"),
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
