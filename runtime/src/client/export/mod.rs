//! CSV exports as streams of rows (feature `exports`).
//!
//! Rows are decoded while the response arrives, so an export may be of any size. csv-core splits the rows into cells,
//! and the codec decodes the cells.

mod records;
mod rows;
mod split;

pub use records::{Record, Records};
pub use rows::Rows;
