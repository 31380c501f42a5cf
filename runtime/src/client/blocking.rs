//! Calls without a runtime of one's own.
//!
//! All blocking calls of a process share one tokio runtime, on one thread of its own, which starts with the first of them.
//! So connections stay open from call to call.

use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

use super::Operation;
use crate::Error;

/// Waits for the result of a call, or of one of several, on this thread.
pub(crate) fn wait<T>(
    operation: &'static Operation,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    // Its tasks, this one among them, would stand still.
    if Handle::try_current().is_ok() {
        return Err(Error::InvalidRequest {
            operation: operation.id,
            parameter: None,
            reason: "blocking calls cannot be made inside an async runtime; await the call instead",
        });
    }
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("polar-client")
            .enable_all()
            .build()
    };
    match RUNTIME.get_or_init(start) {
        Ok(runtime) => runtime.block_on(call),
        Err(error) => Err(Error::configuration(format!(
            "cannot start the runtime of blocking calls: {error}"
        ))),
    }
}
