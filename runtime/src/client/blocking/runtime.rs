//! The runtime that all blocking calls share.
//!
//! It is a tokio runtime on a thread of its own, which the first blocking call of the process starts. Because all
//! blocking calls share it, connections are reused between them.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Handle};
use tokio::task::coop;

use crate::Error;
use crate::client::operation::Operation;

/// Blocks this thread until the call is complete.
pub(crate) fn wait<T>(
    operation: &'static Operation,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    run(operation, call)?
}

/// Runs a future on this thread. In an async task, it fails without running the future.
pub(super) fn run<T>(
    operation: &'static Operation,
    future: impl Future<Output = T>,
) -> Result<T, Error> {
    static RUNTIME: OnceLock<io::Result<Handle>> = OnceLock::new();
    if is_in_task() {
        return Err(Error::InvalidRequest {
            operation: operation.id,
            parameter: None,
            reason: "blocking calls cannot be made inside an async task; await the call, or move it to \
                     tokio::task::spawn_blocking",
        });
    }
    match RUNTIME.get_or_init(start) {
        Ok(runtime) => {
            let _context = runtime.enter();
            Ok(drive(future))
        }
        Err(error) => Err(Error::configuration(format!(
            "cannot start the runtime of blocking calls: {error}"
        ))),
    }
}

/// Starts the runtime, on a thread that lives as long as the process.
fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("polar-client".to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
}

/// Returns whether this thread is polling an async task of tokio. A blocking call would block the other tasks of that
/// thread.
///
/// Threads of `spawn_blocking` also have a current runtime, although blocking is permitted there. The observable
/// difference is that tasks have a budget of cooperative scheduling. It fits into a byte, so 256 steps use it up in a
/// task, and only there. The task then yields at its next `await`.
fn is_in_task() -> bool {
    let mut context = Context::from_waker(Waker::noop());
    (0..=u8::MAX).any(|_| match coop::poll_proceed(&mut context) {
        Poll::Ready(unit) => {
            unit.made_progress();
            false
        }
        Poll::Pending => true,
    })
}

/// Polls a future on this thread until it is ready. `Runtime::block_on` does the same, but panics on every thread with
/// a current runtime.
fn drive<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
