//! Tests of codegen: the command itself, the documents that it rejects, and its output for the contracts in `spec/`.

mod command;
mod diagnostics;
mod real_documents;
