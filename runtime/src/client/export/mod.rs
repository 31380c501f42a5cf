//! CSV exports, row by row (feature `exports`).
//!
//! Rows are decoded as they arrive, so an export may be of any size. csv-core splits the cells; the codec decodes them,
//! like all other received values.

mod records;
mod rows;
mod split;

pub use records::{Record, Records};
pub use rows::Rows;
