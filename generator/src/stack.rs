//! Runs recursive phases on threads with a larger stack. The depth of documents is limited, but an unoptimized build needs
//! more stack for that depth than threads have by default.

use std::panic::resume_unwind;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

use crate::error::{Problem, Report};

/// The size of the stack in bytes: several times what [`MAX_DEPTH`](crate::document::MAX_DEPTH) levels need. The operating
/// system only allocates memory for the part of the stack that is used.
const STACK_SIZE: usize = 256 * 1024 * 1024;

/// A running task on a thread with a larger stack.
pub(crate) struct Task<'scope, T>(std::io::Result<ScopedJoinHandle<'scope, Result<T, Report>>>);

impl<'scope, T: Send + 'scope> Task<'scope, T> {
    pub(crate) fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        task: impl FnOnce() -> Result<T, Report> + Send + 'scope,
    ) -> Self {
        Self(
            Builder::new()
                .stack_size(STACK_SIZE)
                .spawn_scoped(scope, task),
        )
    }

    /// Waits for the result.
    pub(crate) fn finish(self) -> Result<T, Report> {
        match self.0 {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(error) => {
                Err(Problem::new("", "", format!("cannot start a thread: {error}")).into())
            }
        }
    }
}

/// Runs the function on a thread with a larger stack, and returns its result.
pub(crate) fn with_large_stack<T: Send>(
    task: impl FnOnce() -> Result<T, Report> + Send,
) -> Result<T, Report> {
    scope(|scope| Task::start(scope, task).finish())
}
