//! Measures the overhead of the client per call: `cargo bench -p polar-tests --bench overhead`.
//!
//! The same call is made alternately with the client, and with bare reqwest and serde's derives, against a loopback
//! server with a fixed response. Prints the median time of a call and, if `valgrind` is installed, the number of
//! instructions of a call, which does not depend on other load of the machine. `-- profile FOLDER` keeps callgrind's
//! profiles in that folder.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is a program: a panic is how it fails"
)]

#[path = "../calls/mod.rs"]
mod calls;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use calls::Caller;
use tokio::task::JoinSet;

/// The number of concurrent calls, and the maximum ratio to the reference to aim for.
const TASKS: [(usize, f64); 2] = [(1, 1.08), (50, 1.15)];
const ROUNDS: usize = 40;
const CALLS: usize = 500;

/// The numbers of calls in the two runs with callgrind. The instructions of a call are calculated from the difference.
const COUNTED: [usize; 2] = [100, 600];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve"] => {
            println!("{}", calls::serve());
            std::thread::park();
        }
        ["calls", caller, count, url] => run_alone(caller, count.parse().unwrap(), url),
        ["profile", folder] => Server::start().count(Some(Path::new(folder))),
        _ => {
            let server = Server::start();
            server.time();
            server.count(None);
        }
    }
}

/// The server, in a separate process.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut process = this_program()
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let url = url.trim().to_owned();
        Self { process, url }
    }

    /// Prints the median time of a call with the client and with bare reqwest, for each number of concurrent tasks.
    fn time(&self) {
        println!("one call, µs, p50 of {ROUNDS} rounds of {CALLS} calls each:");
        println!(
            "{:<10}{:>12}{:>10}{:>8}{:>7}",
            "tasks", "bare reqwest", "client", "ratio", "aim"
        );
        for (tasks, aim) in TASKS {
            let [reference, ours] = runtime().block_on(alternate(&self.url, tasks));
            println!(
                "{tasks:<10}{:>12.1}{:>10.1}{:>8.2}{aim:>7.2}",
                reference.as_secs_f64() * 1e6,
                ours.as_secs_f64() * 1e6,
                ours.as_secs_f64() / reference.as_secs_f64(),
            );
        }
    }

    /// Prints the number of instructions per call.
    fn count(&self, folder: Option<&Path>) {
        let kept = tempfile::tempdir().unwrap();
        let folder = folder.unwrap_or(kept.path());
        let counts = ["bare", "client"].map(|caller| self.instructions(caller, folder));
        let [Some(reference), Some(ours)] = counts else {
            println!("instructions are not counted: valgrind is not installed");
            return;
        };
        println!("one call, instructions in user space:");
        println!(
            "{:<10}{reference:>12}{ours:>10}{:>8.2}",
            "1",
            ours as f64 / reference as f64
        );
    }

    /// Returns the number of instructions per call, without those of the kernel.
    fn instructions(&self, caller: &str, folder: &Path) -> Option<u64> {
        let [few, many] = COUNTED.map(|count| self.callgrind(caller, count, folder));
        Some((many? - few?) / (COUNTED[1] - COUNTED[0]) as u64)
    }

    /// Returns the number of instructions of a process that makes this many calls; `None` without valgrind.
    fn callgrind(&self, caller: &str, count: usize, folder: &Path) -> Option<u64> {
        let out = folder.join(format!("{caller}.{count}.callgrind"));
        let output = Command::new("valgrind")
            .arg("--tool=callgrind")
            .arg(format!("--callgrind-out-file={}", out.display()))
            .arg(std::env::current_exe().unwrap())
            .args(["calls", caller, &count.to_string(), &self.url])
            .output()
            .ok()?;
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let (_, collected) = text.rsplit_once("Collected : ").unwrap();
        Some(
            collected
                .split_whitespace()
                .next()
                .unwrap()
                .parse()
                .unwrap(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// Makes calls sequentially, for callgrind.
fn run_alone(caller: &str, count: usize, url: &str) {
    let [bare, client] = Caller::both(url);
    let caller = if caller == "bare" { bare } else { client };
    runtime().block_on(async {
        for _ in 0..count {
            caller.call().await;
        }
    });
}

/// Returns the median time of a call, that of the reference first. The two are measured alternately, so that other load
/// of the machine affects both.
async fn alternate(url: &str, tasks: usize) -> [Duration; 2] {
    let callers = Caller::both(url);
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (caller, times) in callers.iter().zip(&mut times) {
            let measured = measure(caller, tasks).await;
            // Connections are established in the first round, which does not count.
            if round > 0 {
                times.extend(measured);
            }
        }
    }
    times.map(median)
}

/// Returns the time of each of `CALLS` calls, made by this many tasks.
async fn measure(caller: &Caller, tasks: usize) -> Vec<Duration> {
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        let caller = caller.clone();
        set.spawn(async move {
            let mut times = Vec::with_capacity(CALLS / tasks);
            for _ in 0..CALLS / tasks {
                let start = Instant::now();
                caller.call().await;
                times.push(start.elapsed());
            }
            times
        });
    }
    set.join_all().await.into_iter().flatten().collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
