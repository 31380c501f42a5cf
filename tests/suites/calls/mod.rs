//! Calls operations with arguments from JSON. The code that the build script emits (`build/calls.rs`) uses this module,
//! which the programs `conformance` and `recorded` therefore contain.

mod arguments;
mod build;
mod operation;

pub(crate) use arguments::Arguments;
pub(crate) use build::{Build, Fields, Problem, build_string_enum, build_union};
pub(crate) use operation::{Operation, Version, items};
