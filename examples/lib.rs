//! Programs that show how [`polar_client`] is used: each file beside this one is an example, run with
//! `cargo run --example <name>`. The tests in `tests/` run them against a server on the loopback interface.
