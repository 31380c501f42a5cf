//! Used by the code that the build script emits: calls operations with values from JSON.

mod arguments;
mod build;
mod operation;

pub(crate) use arguments::Arguments;
pub(crate) use build::{Build, Fields, Problem, build_string_enum, build_union};
pub(crate) use operation::{Operation, Version, items};
