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
async fn a_full_disk_is_an_error_and_loses_nothing_accepted() {
    let folder = tempfile::tempdir().unwrap();
    // The file exists before it cannot grow any more.
    drop(open(folder.path()).await);
    let server = Server::down();
    let listening = server.listen().await;
    let mut promised = Vec::new();
    for process in 0..3 {
        let child = spawn(&LIMIT, folder.path(), "grouped", &listening.uri(), process);
        let printed = tokio::task::spawn_blocking(move || printed(child, None));
        let printed = printed.await.unwrap();
        let reason = format!("the disk of the spool {} is full", folder.path().display());
        assert!(printed.output.contains(&reason), "{}", printed.output);
        promised.extend(printed.accepted);
    }
    assert!(promised.len() > 100, "{}", promised.len());
    server.seen().is_down = false;
    let spool = open(folder.path()).await;
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
