//! The stack use of a call.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::script::{ScriptedTransport, response};

/// The futures of a call are on the heap, and none of them is moved as a whole. A stack overflow would abort the
/// process.
#[test]
fn a_call_needs_little_stack() {
    let call = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let polar = ScriptedTransport::new([response(200, r#"[{"name":"x"}]"#)]).polar();
        runtime.unwrap().block_on(polar.list().send()).unwrap()
    };
    let thread = std::thread::Builder::new()
        .stack_size(192 << 10)
        .spawn(call);
    assert_eq!(thread.unwrap().join().unwrap()[0].name, "x");
}
