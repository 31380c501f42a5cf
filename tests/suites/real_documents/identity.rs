//! What versions of the API share is one type in Rust: this only compiles if it is.

include!(concat!(env!("OUT_DIR"), "/identity.rs"));
