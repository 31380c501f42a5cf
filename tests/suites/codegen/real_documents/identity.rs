//! Checks that a type that several versions share is a single Rust type: the included code does not compile otherwise.

include!(concat!(env!("OUT_DIR"), "/identity.rs"));
