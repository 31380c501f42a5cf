//! Disks and budgets that are full.

use std::time::Duration;

use polar_client::ingest::Spool;

use super::crash::{printed, spawn, stored};
use super::server::Server;
use super::{DEADLINE, builder, deliver, event, open};

/// Lets the process write no file of more than 512 KiB, and fails then instead of killing it.
#[cfg(unix)]
const LIMIT: [&str; 3] = [
    "sh",
    "-c",
    r#"trap "" XFSZ; ulimit -f 1024; exec "$0" "$@""#,
];

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_grow_is_an_error_and_loses_nothing_accepted() {
    let folder = tempfile::tempdir().unwrap();
    // The file exists before it cannot grow any more.
    drop(open(folder.path()).await);
    fill(&LIMIT, folder.path(), || ()).await;
}

/// Mounts a file system of 1 MiB on a folder, visible to a command only. Its user has to be root in a namespace.
#[cfg(target_os = "linux")]
const MOUNT: [&str; 5] = ["--user", "--map-root-user", "--mount", "sh", "-c"];
#[cfg(target_os = "linux")]
const MOUNT_SCRIPT: &str = r#"mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@""#;

/// The folder on which the file system is mounted.
#[cfg(target_os = "linux")]
const MOUNTED: &str = "POLAR_SPOOL_MOUNTED";

#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_is_an_error_and_loses_nothing_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &[&std::ffi::OsStr]| {
        let mut command = std::process::Command::new("unshare");
        command.args(MOUNT).arg(MOUNT_SCRIPT).arg(folder.path());
        command.args(program).env(MOUNTED, folder.path()).output()
    };
    if !run(&["true".as_ref()]).is_ok_and(|output| output.status.success()) {
        // Not through the test's captured output: what is skipped has to be seen.
        let message = b"SKIPPED: no file system can be mounted, so none is filled\n";
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

/// Runs in a process of its own, which sees the small file system.
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

/// Tracks events in several processes until the disk is full, and delivers them after space was freed.
#[cfg(unix)]
async fn fill(before: &[&str], folder: &std::path::Path, free: impl FnOnce()) {
    let server = Server::down();
    let listening = server.listen().await;
    let mut promised = Vec::new();
    for process in 0..3 {
        let child = spawn(before, folder, "grouped", &listening.uri(), process);
        let printed = tokio::task::spawn_blocking(move || printed(child, None));
        let printed = printed.await.unwrap();
        let reason = format!("the disk of the spool {} is full", folder.display());
        assert!(printed.output.contains(&reason), "{}", printed.output);
        promised.extend(printed.accepted);
    }
    assert!(promised.len() > 100, "{}", promised.len());
    free();
    server.seen().is_down = false;
    let spool = open(folder).await;
    assert_eq!(spool.recovered().damage, None);
    deliver(&server, spool).await;
    let stored = stored(&server);
    let missing = promised
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
