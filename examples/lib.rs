//! Example programs for [`polar_client`]. Each other file in this folder, and each folder with a `main.rs`, is a
//! program: `cargo run --example <name>` runs it. The tests in `tests/` run the programs against a server on loopback.
