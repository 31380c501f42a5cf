//! Example programs for [`polar_client`]: each file beside this one is an example, run with `cargo run --example
//! <name>`. The tests in `tests/` run them against a server on the loopback interface.
