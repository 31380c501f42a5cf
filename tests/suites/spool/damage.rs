//! Damaged files: only the events in the damaged parts are lost, and their number is reported.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use polar_client::ingest::{Recovered, Spool, SpoolErrorKind};

use super::server::Server;
use super::{DEADLINE, builder, deliver, event, leave, metering, open};

const EVENTS: usize = 300;

/// Opens a spool whose database file has these bytes, and delivers the events that it finds. Returns what the spool
/// reported, and how many events are missing.
async fn recover(bytes: &[u8]) -> (Recovered, u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("events.redb"), bytes).unwrap();
    let spool = open(folder.path()).await;
    let recovered = spool.recovered().clone();
    let server = Server::default();
    deliver(&server, spool).await;
    let found: BTreeSet<String> = server.ids().into_iter().collect();
    let missing = (0..EVENTS).filter(|number| !found.contains(&format!("e-{number:06}")));
    let missing = missing.count() as u64;
    if recovered.damage.is_some() {
        // The damaged file is kept. Opening it may have changed its header.
        let kept = fs::read(folder.path().join("damaged.redb")).unwrap();
        assert_eq!(kept.get(4096..bytes.len()), bytes.get(4096..));
    }
    let spool = open(folder.path()).await;
    assert_eq!(spool.recovered(), &Recovered::default());
    (recovered, missing)
}

/// Returns the bytes of a database with [`EVENTS`] events.
async fn database(folder: &Path) -> Vec<u8> {
    leave(folder, EVENTS).await;
    fs::read(folder.join("events.redb")).unwrap()
}

#[tokio::test]
async fn a_flipped_bit_loses_at_most_one_event() {
    let folder = tempfile::tempdir().unwrap();
    let sound = database(folder.path()).await;
    let mut random = fastrand::Rng::with_seed(7);
    // Most of the file is empty. A bit that is flipped there would damage nothing.
    let written: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    let mut lost_in_all = 0;
    for round in 0..60 {
        // The first rounds damage the header, which is in the first 320 bytes.
        let at = match round {
            0..20 => 9 + random.usize(..311),
            _ => written[random.usize(..written.len())],
        };
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << random.u8(..8);
        let (recovered, missing) = recover(&bytes).await;
        assert!(missing <= 1, "byte {at}: {missing} of {recovered:?}");
        let lost = recovered.damage.as_ref().map(|damage| damage.lost);
        assert!(
            missing == 0 || lost == Some(Some(missing)),
            "byte {at}: {recovered:?}"
        );
        lost_in_all += missing;
    }
    assert!(lost_in_all > 0, "no flipped bit was part of an event");
}

#[tokio::test]
async fn a_truncated_file_keeps_what_is_before_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let sound = database(folder.path()).await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut known = 0;
    for round in 0..20 {
        let length = match round {
            0 => 0,
            1 => sound.len() - 1,
            _ => random.usize(20_000..sound.len()),
        };
        let (recovered, missing) = recover(&sound[..length]).await;
        // The newest count of events may have been at the end of the file. An older one is not higher.
        match recovered.damage.map(|damage| damage.lost) {
            Some(Some(lost)) => assert!(lost <= missing, "{length}: {lost} of {missing}"),
            Some(None) => assert!(missing > 0, "{length}"),
            None => assert_eq!(missing, 0, "{length}"),
        }
        known += usize::from(missing < EVENTS as u64);
    }
    assert!(known > 5, "in most rounds, no event was found");
}

#[tokio::test]
async fn rejected_events_are_found_in_a_damaged_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    server.seen().rejected = Some("call");
    let rejecting = metering(&server, folder.path()).await;
    for number in 0..EVENTS {
        rejecting.track(event(number)).await.unwrap();
    }
    rejecting.flush().await.unwrap();
    rejecting.shutdown(DEADLINE).await;
    let sound = fs::read(folder.path().join("events.redb")).unwrap();

    let mut random = fastrand::Rng::with_seed(7);
    let written: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    let mut damaged = 0;
    for round in 0..30 {
        let at = match round {
            0..10 => 9 + random.usize(..311),
            _ => written[random.usize(..written.len())],
        };
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << random.u8(..8);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("events.redb"), bytes).unwrap();
        let spool = open(folder.path()).await;
        let recovered = spool.recovered().clone();
        damaged += usize::from(recovered.damage.is_some());
        // If the record of the rejection is lost, the event itself may still be found as one that was not sent.
        let found = recovered.events + recovered.rejected;
        assert!(found + 1 >= EVENTS as u64, "byte {at}: {recovered:?}");
        assert!(recovered.events <= 1, "byte {at}: {recovered:?}");

        let server = Server::default();
        let retrying = builder(&server).spool(spool).start().unwrap();
        assert_eq!(retrying.retry_rejected().await, Ok(recovered.rejected));
        retrying.flush().await.unwrap();
        retrying.shutdown(DEADLINE).await;
        assert_eq!(server.ids().len() as u64, found, "byte {at}");
    }
    assert!(damaged > 0, "no round damaged the file");
}

#[tokio::test]
async fn a_file_that_is_no_spool_is_rejected_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.redb");
    for foreign in [b"a diary".as_slice(), &[0; 8192]] {
        fs::write(&path, foreign).unwrap();
        let error = Spool::open(folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), SpoolErrorKind::Foreign);
        let shown = folder.path().display().to_string();
        assert!(error.to_string().contains(&shown), "{error}");
        assert_eq!(fs::read(&path).unwrap(), foreign);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_created_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Spool::open(file.join("spool")).await.unwrap_err();
    assert_eq!(error.kind(), SpoolErrorKind::Failed);
    assert!(std::error::Error::source(&error).is_some());
}
