//! Reservations in metering with a spool.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use polar_client_runtime::ingest::{Spool, SpoolSync};
use polar_client_runtime::metering::{ReserveError, UsageEvent};
use polar_client_runtime::outpost::OutpostOptions;

use crate::polar::Polar;
use crate::{CALLS, event, next_bucket, read, read_locally, reducers, snapshot};

/// Polls a future once, and then drops it.
fn give_up(future: impl Future) {
    let future = pin!(future);
    // The result is ignored: in rare cases, the future is ready.
    let _ = future.poll(&mut Context::from_waker(Waker::noop()));
}

#[tokio::test]
async fn a_settlement_that_is_dropped_on_its_way_to_the_disk_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let polar = Polar::start().await;
    polar.world().reducers = Some(reducers());
    polar.world().balance = Some((77.0, 100.0));
    polar.keep(&snapshot("u-1", CALLS, next_bucket()));
    let options = OutpostOptions::new().snapshot_timeout(Duration::from_secs(30));
    // A sync takes so long that the future is dropped before.
    let spool = Spool::options(folder.path()).sync(SpoolSync::Each);
    let metering = polar.metering().outpost(options);
    let metering = metering.spool(spool.open().await.unwrap());
    let metering = metering.start().unwrap();
    metering.track(event("warm-up")).await.unwrap();
    read_locally(&metering, CALLS).await;

    // 100 units are credited, and 2 consumed.
    let all = metering.reserve(CALLS, 98, "u-1").await.unwrap();
    give_up(all.settle(event("call")));
    metering.flush().await.unwrap();
    assert_eq!(polar.world().events.len(), 2);
    assert_eq!(read(&metering, CALLS).await.consumed, 3.into());
    let error = metering.reserve(CALLS, 98, "u-1").await.unwrap_err();
    assert!(matches!(error, ReserveError::Insufficient { available } if available == 97.into()));
    drop(metering.reserve(CALLS, 97, "u-1").await.unwrap());

    // The units are also released if the event is not tracked.
    let all = metering.reserve(CALLS, 97, "u-1").await.unwrap();
    all.settle(UsageEvent::new("call", "")).await.unwrap_err();
    drop(metering.reserve(CALLS, 97, "u-1").await.unwrap());
    assert_eq!(polar.world().events.len(), 2);
}
