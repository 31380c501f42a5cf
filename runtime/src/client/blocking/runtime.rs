//! The tokio runtime that all blocking calls share.
//!
//! The first blocking call of the process starts it on a thread of its own. Connections are reused, because all
//! blocking calls use the same runtime.

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

/// Blocks the current thread until the call is complete.
pub(crate) fn wait<T>(
    operation: &'static Operation,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    run(operation, call)?
}

/// Runs a future on the current thread. Inside an async task, returns an error without running the future.
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

/// Starts the runtime, on a thread that runs until the process ends.
fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("polar-client".to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
}

/// Returns whether the current thread is polling an async task of tokio, whose thread a blocking call would block.
///
/// The existence of a current runtime is not sufficient: threads of `spawn_blocking` have one as well, and may block.
/// Only tasks have a budget of cooperative scheduling, which is less than 256 steps. So the function consumes 256
/// steps: in a task, the budget is then exhausted, and the task yields at its next `await`.
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

/// Polls a future on the current thread until it is ready. `Runtime::block_on` would panic on a thread with a current
/// runtime, such as a thread of `spawn_blocking`.
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
