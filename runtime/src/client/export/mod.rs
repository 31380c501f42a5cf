//! Exports: texts in CSV, row by row (feature `exports`).
//!
//! Rows are read while they arrive, so an export may be of any size. csv-core finds the cells; what they mean is read by the
//! codec, like everything else that is received.

mod records;
mod rows;
mod split;

pub use records::{Record, Records};
pub use rows::Rows;
