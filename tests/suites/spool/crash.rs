//! Processes that are killed at random moments. All events that they accepted are delivered once, by later processes.
//!
//! Each process runs this program with the single test `crash::child`. Its arguments are in the environment variable
//! `POLAR_SPOOL_CHILD`, separated by semicolons: the folder, how events are synced, the URL of the server, and the
//! number of the first event.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use polar_client::Server;
use polar_client::ingest::{Spool, SpoolSync};
use polar_client::v2026_10::Polar;

use super::open;
use super::server;

const VARIABLE: &str = "POLAR_SPOOL_CHILD";
/// How many processes are killed.
const KILLS: usize = 200;

/// The maximum number of events that a process tracks.
const MAX_EVENTS: i64 = 1_000_000;

/// Tracks events, and prints the number of each accepted one, until the process is killed or an event is refused. Does
/// nothing in the process of the tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(arguments) = env::var(VARIABLE) else {
        return;
    };
    let arguments: Vec<_> = arguments.split(';').collect();
    let [folder, sync, server, first] = arguments[..] else {
        panic!("{arguments:?}");
    };
    let sync = match sync {
        "each" => SpoolSync::Each,
        "grouped" => SpoolSync::Grouped,
        _ => SpoolSync::Off,
    };
    let spool = match Spool::options(folder).sync(sync).open().await {
        Ok(spool) => spool,
        Err(error) => return writeln!(std::io::stdout(), "refused {error}").unwrap(),
    };
    assert_eq!(spool.recovered().damage, None);
    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .server(Server::custom(server).unwrap());
    let metering = polar.build().unwrap().metering();
    let metering = metering.max_delay(Duration::from_millis(2)).spool(spool);
    let metering = metering.start().unwrap();
    let first: i64 = first.parse().unwrap();
    let tasks = (0..4).map(|task| {
        let customer = metering.customer("u-1");
        tokio::spawn(async move {
            for number in (first + task..first + MAX_EVENTS).step_by(4) {
                let tracked = customer.track("call").metadata("number", number).await;
                match tracked {
                    Ok(()) => writeln!(std::io::stdout(), "accepted {number} ").unwrap(),
                    Err(error) => {
                        writeln!(std::io::stdout(), "refused {error}").unwrap();
                        return;
                    }
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// Starts a process. If `before` is not empty, it is a command that runs the process, with the program as its argument.
pub(crate) fn spawn(
    before: &[&str],
    folder: &Path,
    sync: &str,
    server: &str,
    process: usize,
) -> Child {
    let first = process as i64 * MAX_EVENTS;
    let program = env::current_exe().unwrap().display().to_string();
    let arguments = [program.as_str(), "--exact", "crash::child", "--nocapture"];
    let words = [before, &arguments].concat();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .env(
            VARIABLE,
            format!("{};{sync};{server};{first}", folder.display()),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// The output of a process.
pub(crate) struct Printed {
    /// The numbers of the events that it accepted.
    pub(crate) accepted: Vec<i64>,
    pub(crate) output: String,
}

/// Reads the output of a process until it ends. Kills the process when it has accepted `max_accepted` events.
pub(crate) fn printed(mut child: Child, max_accepted: Option<usize>) -> Printed {
    let (mut output, mut errors) = (String::new(), String::new());
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let (mut accepted, mut start) = (0, 0);
    while lines.read_line(&mut output).unwrap() > 0 {
        accepted += usize::from(output[start..].contains("accepted "));
        start = output.len();
        if Some(accepted) == max_accepted {
            child.kill().unwrap();
        }
    }
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    child.wait().unwrap();
    assert!(!errors.contains("panicked"), "{output}{errors}");
    let numbers = output.split("accepted ").skip(1);
    // The last line may be cut off.
    let numbers = numbers.filter_map(|line| line.split_once(' ')?.0.parse().ok());
    Printed {
        accepted: numbers.collect(),
        output,
    }
}

/// Returns how many times each event was stored, by its number.
pub(crate) fn stored(server: &server::Server) -> BTreeMap<i64, usize> {
    let mut counts = BTreeMap::new();
    for event in server.seen().stored.values() {
        let number = event["metadata"]["number"].as_i64().unwrap();
        *counts.entry(number).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_event_is_delivered_once_whenever_processes_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = server::Server::default();
    let listening = server.listen().await;
    let mut random = fastrand::Rng::with_seed(11);
    let mut accepted = BTreeSet::new();
    for process in 0..KILLS {
        {
            let mut seen = server.seen();
            seen.is_down = process % 5 == 4;
            seen.breaks = (process % 3 == 0).then_some(4);
        }
        let sync = ["off", "grouped", "off", "each"][process % 4];
        let mut child = spawn(&[], folder.path(), sync, &listening.uri(), process);
        // Half of the processes are killed after a random time, which may be while they start. The others are killed at
        // a random event, so that they get that far on a slow machine, too.
        let max_accepted = random.bool().then(|| random.usize(1..300));
        if max_accepted.is_none() {
            let life = Duration::from_micros(random.u64(5_000..120_000));
            tokio::time::sleep(life).await;
            child.kill().unwrap();
        }
        let printed = tokio::task::spawn_blocking(move || printed(child, max_accepted));
        let printed = printed.await.unwrap();
        assert!(!printed.output.contains("refused"), "{}", printed.output);
        accepted.extend(printed.accepted);
    }
    {
        let mut seen = server.seen();
        (seen.is_down, seen.breaks) = (false, None);
    }
    let spool = open(folder.path()).await;
    assert_eq!(spool.recovered().damage, None);
    super::deliver(&server, spool).await;
    let stored = stored(&server);
    let wrong = accepted
        .iter()
        .filter(|number| stored.get(number) != Some(&1));
    let wrong: Vec<_> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "{} of {}: {wrong:?}",
        wrong.len(),
        accepted.len()
    );
    assert!(!accepted.is_empty());
    // An event may be stored although the process was killed before it reported the event as accepted, but not twice.
    assert!(stored.values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_unlocks_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let server = server::Server::default();
    let listening = server.listen().await;
    let start = |process| spawn(&[], folder.path(), "off", &listening.uri(), process);
    let until_stored = async |count: usize| {
        while server.ids().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };

    let mut first = start(0);
    until_stored(1).await;
    let second = start(1);
    let second = tokio::task::spawn_blocking(move || printed(second, None));
    let second = second.await.unwrap();
    let path = folder.path().display();
    let reason = format!("refused the spool {path} is in use");
    assert!(second.output.contains(&reason), "{}", second.output);
    assert!(second.accepted.is_empty());

    first.kill().unwrap();
    first.wait().unwrap();
    let stored = server.ids().len();
    let mut third = start(2);
    until_stored(stored + 1).await;
    third.kill().unwrap();
    let third = tokio::task::spawn_blocking(move || printed(third, None));
    let third = third.await.unwrap();
    assert!(!third.output.contains("refused"), "{}", third.output);
}
