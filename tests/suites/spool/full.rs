//! Full disks, and spools that have reached their budget.

use std::time::Duration;

use polar_client::ingest::Spool;

use super::crash::{printed, spawn, stored};
use super::server::Server;
use super::{DEADLINE, builder, deliver, event, open};

/// Runs a program that cannot write files of more than 512 KiB. A larger write is an error, because the signal that
/// would kill the program is ignored.
#[cfg(unix)]
const LIMIT: [&str; 3] = [
    "sh",
    "-c",
    r#"trap "" XFSZ; ulimit -f 1024; exec "$0" "$@""#,
];

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_grow_loses_no_accepted_event() {
    let folder = tempfile::tempdir().unwrap();
    // Creates the file without the limit.
    drop(open(folder.path()).await);
    fill(&LIMIT, folder.path(), || ()).await;
}

/// Runs a script as root of a user namespace, with a mount namespace of its own. The script can mount file systems,
/// which only its own processes see.
#[cfg(target_os = "linux")]
const MOUNT: [&str; 5] = ["--user", "--map-root-user", "--mount", "sh", "-c"];
/// Mounts a file system of 1 MiB on the folder in the first argument, and runs the command in the others.
#[cfg(target_os = "linux")]
const MOUNT_SCRIPT: &str = r#"mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@""#;

/// The environment variable with the folder on which the file system is mounted.
#[cfg(target_os = "linux")]
const MOUNTED: &str = "POLAR_SPOOL_MOUNTED";

#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_loses_no_accepted_event() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &[&std::ffi::OsStr]| {
        let mut command = std::process::Command::new("unshare");
        command.args(MOUNT).arg(MOUNT_SCRIPT).arg(folder.path());
        command.args(program).env(MOUNTED, folder.path()).output()
    };
    if !run(&["true".as_ref()]).is_ok_and(|output| output.status.success()) {
        // Not captured by the test harness, so that skipped tests are visible.
        let message = b"SKIPPED: the test of a full file system, because none can be mounted\n";
        std::io::Write::write_all(&mut std::io::stderr(), message).unwrap();
        return;
    }
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "full::mounted", "--nocapture"].map(AsRef::as_ref);
    let program = [[this.as_os_str()].as_slice(), &arguments].concat();
    let output = run(&program).unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("1 passed"), "{printed}{errors}");
}

/// Fills the small file system. Does nothing in the process of the tests, which does not see it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mounted() {
    let Some(folder) = std::env::var_os(MOUNTED) else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    let other = folder.join("other");
    std::fs::write(&other, vec![1; 256 << 10]).unwrap();
    fill(&[], &folder.join("spool"), || {
        std::fs::remove_file(other).unwrap()
    })
    .await;
}

/// Tracks events in three processes, one after the other, until the disk is full. Then calls `free` to make space, and
/// checks that all accepted events are delivered.
#[cfg(unix)]
async fn fill(before: &[&str], folder: &std::path::Path, free: impl FnOnce()) {
    let server = Server::down();
    let listening = server.listen().await;
    let mut accepted = Vec::new();
    for process in 0..3 {
        let child = spawn(before, folder, "grouped", &listening.uri(), process);
        let printed = tokio::task::spawn_blocking(move || printed(child, None));
        let printed = printed.await.unwrap();
        let reason = format!("the disk of the spool {} is full", folder.display());
        assert!(printed.output.contains(&reason), "{}", printed.output);
        accepted.extend(printed.accepted);
    }
    assert!(accepted.len() > 100, "{}", accepted.len());
    free();
    server.seen().is_down = false;
    let spool = open(folder).await;
    assert_eq!(spool.recovered().damage, None);
    deliver(&server, spool).await;
    let stored = stored(&server);
    let missing = accepted
        .iter()
        .filter(|number| !stored.contains_key(number));
    assert_eq!(missing.count(), 0);
}

#[tokio::test]
async fn callers_wait_while_the_budget_is_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::down();
    let spool = Spool::options(folder.path()).budget(20_000);
    let metering = builder(&server).spool(spool.open().await.unwrap());
    let metering = metering.start().unwrap();
    let mut tracked = 0;
    let waiting = loop {
        let mut next = Box::pin(metering.track(event(tracked)));
        match tokio::time::timeout(Duration::from_millis(300), &mut next).await {
            Ok(stored) => stored.unwrap(),
            Err(_) => break next,
        }
        tracked += 1;
    };
    let stats = metering.stats();
    let spool = stats.spool.unwrap();
    assert!((20..60).contains(&tracked), "{tracked}");
    assert!(
        spool.bytes <= spool.budget && spool.bytes + 1_000 > spool.budget,
        "{spool:?}"
    );
    server.seen().is_down = false;
    waiting.await.unwrap();
    for number in tracked + 1..500 {
        metering.track(event(number)).await.unwrap();
    }
    let report = metering.shutdown(DEADLINE).await;
    assert_eq!((report.stats.accepted, report.stats.queued), (500, 0));
}
