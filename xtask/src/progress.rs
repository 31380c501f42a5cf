//! Progress messages of long commands.

use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// The duration after which a message about a step is printed.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// Runs a step of a command. If the step takes longer than a second, prints its name to standard error, and its duration
/// when it has completed.
pub(crate) fn step<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let say = |line: String| {
        // Standard error may be closed, which is ignored.
        let _ = writeln!(std::io::stderr(), "{line}");
    };
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(REPORT_AFTER) == Err(RecvTimeoutError::Timeout) {
                say(format!("{what} ..."));
            }
        });
        let result = run();
        drop(done);
        if started.elapsed() > REPORT_AFTER {
            say(format!("{what}: {:.1} s", started.elapsed().as_secs_f64()));
        }
        result
    })
}
