//! Events that the server rejects or does not confirm stay on disk until they are retried or discarded.

use std::collections::BTreeSet;
use std::time::Duration;

use polar_client::ingest::{NotQueuedReason, RejectedEvent, Spool, SpoolErrorKind};
use polar_client::metering::{Metering, UsageEvent};

use super::crash::{printed, spawn, stored};
use super::server::Server;
use super::{DEADLINE, builder, event, metering, open};

/// Returns all rejected events, read in pages of 7.
async fn rejected(metering: &Metering) -> Vec<RejectedEvent<UsageEvent>> {
    let mut all: Vec<RejectedEvent<UsageEvent>> = Vec::new();
    loop {
        let after = all.last().map_or(0, |event| event.number);
        let page = metering.rejected(after, 7).await.unwrap();
        if page.is_empty() {
            return all;
        }
        assert!(page.len() <= 7);
        all.extend(page);
    }
}

fn ids(rejected: &[RejectedEvent<UsageEvent>]) -> Vec<&str> {
    let ids = rejected.iter().map(|rejected| &rejected.event.external_id);
    ids.map(|id| id.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn a_rejected_event_stays_on_disk_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().rejected = Some("call");
    let (sender, returned) = std::sync::mpsc::channel();
    let builder = builder(&server).on_undelivered(move |lost| sender.send(lost.event).unwrap());
    let spool = open(folder.path()).await;
    let rejecting = builder.spool(spool).start().unwrap();
    for number in 0..20 {
        rejecting.track(event(number)).await.unwrap();
    }
    rejecting
        .track(UsageEvent::new("other", "u-1"))
        .await
        .unwrap();
    rejecting.flush().await.unwrap();
    let all = rejected(&rejecting).await;
    let expected: Vec<String> = (0..20).map(|number| format!("e-{number:06}")).collect();
    assert_eq!(ids(&all), expected);
    let first = &all[0];
    assert_eq!(first.status, Some(422));
    assert!(!first.is_unconfirmed);
    assert!(first.reason.contains("wrong"), "{}", first.reason);
    assert!(first.event.timestamp.unwrap() <= first.rejected_at);
    assert!(!format!("{first:?}").contains("u-1"));
    assert_eq!(returned.try_iter().count(), 20);
    let stats = rejecting.stats();
    assert_eq!((stats.rejected, stats.dropped, stats.queued), (20, 0, 0));
    assert_eq!(stats.spool.unwrap().rejected, 20);
    let report = rejecting.shutdown(DEADLINE).await;
    assert_eq!(report.undelivered.len(), 0);
    // Opens the folder again, as the next run of the program does.
    rejecting.rejected(0, 1).await.unwrap_err();

    // The server no longer rejects these events, but they are only sent when they are retried.
    server.seen().rejected = None;
    let spool = open(folder.path()).await;
    let recovered = spool.recovered();
    assert_eq!((recovered.events, recovered.rejected), (0, 20));
    let next = super::builder(&server).spool(spool).start().unwrap();
    next.flush().await.unwrap();
    assert_eq!(server.ids().len(), 1);
    let numbers: Vec<u64> = all[..5].iter().map(|rejected| rejected.number).collect();
    assert_eq!(next.discard_rejected(numbers.clone()).await, Ok(5));
    assert_eq!(next.discard_rejected(numbers).await, Ok(0));
    assert_eq!(next.retry_rejected().await, Ok(15));
    next.flush().await.unwrap();
    assert_eq!(server.ids().len(), 16);
    let report = next.shutdown(DEADLINE).await;
    assert_eq!((report.stats.accepted, report.stats.queued), (15, 0));
    let recovered = open(folder.path()).await.recovered().clone();
    assert_eq!((recovered.events, recovered.rejected), (0, 0));
}

#[tokio::test]
async fn an_event_that_is_rejected_again_stays_with_a_new_number() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().rejected = Some("call");
    let metering = metering(&server, folder.path()).await;
    for number in 0..300 {
        metering.track(event(number)).await.unwrap();
    }
    metering.flush().await.unwrap();
    let before = rejected(&metering).await;
    assert_eq!(metering.retry_rejected().await, Ok(300));
    metering.flush().await.unwrap();
    let after = rejected(&metering).await;
    assert_eq!(ids(&after), ids(&before));
    let last = before.last().unwrap().number;
    assert!(after.iter().all(|rejected| rejected.number > last));
    metering.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn events_that_two_callers_retry_at_the_same_time_are_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().rejected = Some("call");
    let metering = metering(&server, folder.path()).await;
    for number in 0..20 {
        metering.track(event(number)).await.unwrap();
    }
    metering.flush().await.unwrap();
    let all = rejected(&metering).await;
    assert_eq!(all.len(), 20);

    server.seen().rejected = None;
    let discarded = [all[0].number];
    let (first, second, discarded) = tokio::join!(
        metering.retry_rejected(),
        metering.retry_rejected(),
        metering.discard_rejected(discarded)
    );
    first.unwrap();
    second.unwrap();
    let kept = 20 - usize::try_from(discarded.unwrap()).unwrap();
    metering.flush().await.unwrap();
    assert_eq!(rejected(&metering).await.len(), 0);
    let report = metering.shutdown(DEADLINE).await;
    let stats = report.stats;
    assert_eq!((stats.accepted, stats.duplicates), (kept as u64, 0));
}

#[tokio::test]
async fn an_unconfirmed_event_stays_on_disk_and_is_stored_once_when_it_is_retried() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().counts_nothing = true;
    let metering = metering(&server, folder.path()).await;
    metering.track(event(1)).await.unwrap();
    metering.flush().await.unwrap();
    let all = rejected(&metering).await;
    assert_eq!(ids(&all), ["e-000001"]);
    assert!(all[0].is_unconfirmed);
    assert_eq!(all[0].status, None);
    assert!(all[0].reason.starts_with("unconfirmed"));

    server.seen().counts_nothing = false;
    assert_eq!(metering.retry_rejected().await, Ok(1));
    metering.flush().await.unwrap();
    let report = metering.shutdown(DEADLINE).await;
    assert_eq!((report.stats.unconfirmed, report.stats.accepted), (1, 1));
    assert_eq!(server.ids(), ["e-000001"]);
}

#[tokio::test]
async fn callers_get_an_error_when_rejected_events_use_up_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().rejected = Some("call");
    let spool = Spool::options(folder.path()).budget(20_000);
    let metering = builder(&server).spool(spool.open().await.unwrap());
    let metering = metering.start().unwrap();
    let mut tracked = 0;
    let refused = loop {
        // Waits until the earlier ones are rejected.
        let next = tokio::time::timeout(DEADLINE, metering.track(event(tracked)));
        match next.await.unwrap() {
            Ok(()) => tracked += 1,
            Err(refused) => break refused,
        }
    };
    let NotQueuedReason::NotStored(error) = refused.reason else {
        panic!("{:?}", refused.reason);
    };
    assert_eq!(error.kind(), SpoolErrorKind::FullOfRejected);
    assert!((10..60).contains(&tracked), "{tracked}");
    metering.flush().await.unwrap();
    let all = rejected(&metering).await;
    assert_eq!(all.len(), tracked);

    let discarded = metering.discard_rejected([all[0].number, all[1].number]);
    assert_eq!(discarded.await, Ok(2));
    metering.track(refused.event).await.unwrap();
    metering.shutdown(DEADLINE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_events_of_a_killed_process_are_delivered_once_when_they_are_retried() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().rejected = Some("call");
    let listening = server.listen().await;
    let mut promised = BTreeSet::new();
    let mut kept = 0;
    for process in 0..6 {
        let mut child = spawn(&[], folder.path(), "each", &listening.uri(), process);
        let requests = server.seen().requests;
        // The first events are rejected, and stored as such, while the last ones are sent.
        while server.seen().requests < requests + 20 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child.kill().unwrap();
        let printed = tokio::task::spawn_blocking(move || printed(child, None));
        promised.extend(printed.await.unwrap().accepted);
        let spool = open(folder.path()).await;
        let recovered = spool.recovered();
        assert_eq!(recovered.damage, None);
        assert!(recovered.rejected >= kept);
        assert!(recovered.events + recovered.rejected >= promised.len() as u64);
        kept = recovered.rejected;
    }
    assert!(kept > 0 && server.ids().is_empty());

    server.seen().rejected = None;
    let metering = metering(&server, folder.path()).await;
    let count = rejected(&metering).await.len() as u64;
    assert!(count >= kept);
    assert_eq!(metering.retry_rejected().await, Ok(count));
    metering.flush().await.unwrap();
    assert_eq!(rejected(&metering).await.len(), 0);
    metering.shutdown(DEADLINE).await;
    let stored = stored(&server);
    assert!(promised.iter().all(|number| stored.contains_key(number)));
    assert!(stored.values().all(|count| *count == 1));
    assert_eq!(server.seen().duplicates, 0);
}
