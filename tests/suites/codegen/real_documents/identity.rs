//! Types that several versions share are the same Rust type: the included code compiles only in this case.

include!(concat!(env!("OUT_DIR"), "/identity.rs"));
