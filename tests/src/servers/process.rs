//! The process of a server, which is stopped when the test ends, even if the test is killed.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server, as the child of a shell. The shell reads its standard input until the end, which comes when this value
/// stops the server, and also when the process of the test is killed.
#[derive(Debug)]
pub(super) struct Process {
    shell: Child,
}

/// Starts the server. At the end of its standard input, the shell sends the signal to the server, waits for it, and
/// removes the folder. A line of input instead of its end stops the server too, and keeps the folder.
const SHELL: &str = r#"signal=$1 folder=$2; shift 2
"$@" & server=$!
read -r line || line=
kill -s "$signal" "$server" 2>/dev/null
wait "$server"
[ -n "$line" ] || rm -rf "$folder""#;

impl Process {
    /// Starts a command. Its output is written to a file in the folder. `prepare` can set the user and environment.
    pub(super) fn start(
        command: &[&str],
        signal: &str,
        folder: &Path,
        prepare: impl FnOnce(&mut Command),
    ) -> io::Result<Self> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("server.log"))?;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SHELL, "sh", signal])
            .arg(folder)
            .args(command)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        prepare(&mut shell);
        Ok(Self {
            shell: shell.spawn()?,
        })
    }

    /// Waits until the server is ready. Fails with the server's log if the server exits first, or is not ready within 30
    /// seconds.
    pub(super) fn wait_until(
        &mut self,
        folder: &Path,
        mut is_ready: impl FnMut() -> bool,
    ) -> io::Result<()> {
        let start = Instant::now();
        while !is_ready() {
            let has_ended = self.shell.try_wait()?.is_some();
            if has_ended || start.elapsed() > Duration::from_secs(30) {
                let log = std::fs::read_to_string(folder.join("server.log"))?;
                return Err(io::Error::other(log));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Stops the server and keeps its folder.
    pub(super) fn stop(mut self) -> io::Result<()> {
        if let Some(mut input) = self.shell.stdin.take() {
            input.write_all(b"keep\n")?;
        }
        self.shell.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
