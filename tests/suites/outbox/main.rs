//! The outbox, on a real PostgreSQL server. Events of committed transactions are delivered, and those of rolled back
//! ones are not, whatever fails in between.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod crash;
mod database;
mod hang;
mod polar;

use std::time::Duration;

use database::Database;
use polar::StandIn;
use polar_client::metering::UsageEvent;
use polar_client::outbox::{Outbox, Relay, RelayBuilder, TrackError};
use polar_client::postgres::Postgres;
use polar_client::tokio_postgres::NoTls;
use polar_client::types::Timestamp;
use polar_client::v2026_10::Polar;

/// The deadline of shutdowns and conditions. Only a test that fails reaches it.
const DEADLINE: Duration = Duration::from_secs(60);

const OUTBOX: Outbox = Outbox::new();

fn event(number: u32) -> UsageEvent {
    UsageEvent::new("call", "u-1").external_id(format!("e-{number}"))
}

fn id(number: u32) -> String {
    format!("e-{number}")
}

fn relay(server: &StandIn, database: &Database) -> RelayBuilder {
    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .transport(server.clone())
        .build();
    let metering = polar.unwrap().metering();
    let connection = Postgres::new(database.config(), NoTls);
    metering
        .max_delay(Duration::from_millis(20))
        .relay(connection)
}

/// Polls a condition until it is true. Panics after [`DEADLINE`].
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < DEADLINE, "the condition was not met");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until_sent(database: &Database) {
    until(async || OUTBOX.counts(&database.client).await.unwrap().pending == 0).await;
}

#[tokio::test]
async fn committed_events_are_sent_once_and_rolled_back_ones_never() {
    let Some(mut database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    let relay = relay(&server, &database).start().unwrap();
    for number in 0..20 {
        let transaction = database.client.transaction().await.unwrap();
        OUTBOX.track(&transaction, event(number)).await.unwrap();
        match number % 2 {
            0 => transaction.commit().await.unwrap(),
            _ => transaction.rollback().await.unwrap(),
        }
    }
    // Without a transaction, and many at once.
    OUTBOX.track(&database.client, event(20)).await.unwrap();
    let many = (30..35).map(event);
    OUTBOX.track_all(&database.client, many).await.unwrap();
    let none: [UsageEvent; 0] = [];
    OUTBOX.track_all(&database.client, none).await.unwrap();
    until_sent(&database).await;
    let expected = (0..=20).step_by(2).chain(30..35).map(id).collect();
    assert_eq!(server.stored(), expected);
    assert_eq!(server.seen().received, 16);
    assert_eq!(database.rows().await, 0);
    let stats = relay.shutdown(DEADLINE).await;
    assert_eq!((stats.delivered, stats.rejected, stats.leased), (16, 0, 0));
}

#[tokio::test]
async fn external_id_and_timestamp_are_set_when_an_event_is_tracked() {
    let Some(database) = Database::new().await else {
        return;
    };
    let before = Timestamp::from(std::time::SystemTime::now());
    let event = UsageEvent::new("call", "u-1").metadata("share", 0.1);
    OUTBOX.track(&database.client, event).await.unwrap();
    let after = Timestamp::from(std::time::SystemTime::now());
    let server = StandIn::default();
    server.seen().is_down = true;
    let relay = relay(&server, &database).start().unwrap();
    until(async || server.seen().failed > 2).await;
    server.seen().is_down = false;
    until_sent(&database).await;
    let events = server.seen().events.clone();
    assert_eq!(events.len(), 1);
    let sent = &events[0];
    assert_eq!(sent["external_id"].as_str().map(str::len), Some(36));
    assert_eq!(sent["metadata"]["share"], 0.1);
    assert_eq!(sent["external_customer_id"], "u-1");
    let timestamp: Timestamp = sent["timestamp"].as_str().unwrap().parse().unwrap();
    assert!(before.timestamp() <= timestamp.timestamp() && timestamp <= after);
    relay.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn an_invalid_event_leaves_the_transaction_as_it_is() {
    let Some(mut database) = Database::new().await else {
        return;
    };
    let transaction = database.client.transaction().await.unwrap();
    let invalid = UsageEvent::new("call", "");
    let Err(TrackError::Invalid(violations)) = OUTBOX.track(&transaction, invalid).await else {
        panic!("it was tracked");
    };
    assert!(violations.to_string().contains("external_customer_id"));
    let large = event(1).metadata("a", "b").parent_id("c".repeat(9 << 20));
    let tracked = OUTBOX.track(&transaction, large).await;
    assert!(matches!(tracked, Err(TrackError::TooLarge)), "{tracked:?}");
    OUTBOX.track(&transaction, event(2)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(database.rows().await, 1);
}

#[tokio::test]
async fn rejected_events_stay_with_the_reason_until_they_are_retried() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    server.seen().rejected = Some("wrong");
    let relay = relay(&server, &database).start().unwrap();
    let wrong = UsageEvent::new("wrong", "u-1").external_id("e-1");
    OUTBOX
        .track_all(&database.client, [event(0), wrong, event(2)])
        .await
        .unwrap();
    let garbage =
        "INSERT INTO polar_outbox (event, timestamp_assigned) VALUES ('{\"name\":1}', FALSE)";
    database.client.batch_execute(garbage).await.unwrap();
    until_sent(&database).await;
    let counts = OUTBOX.counts(&database.client).await.unwrap();
    assert_eq!((counts.pending, counts.rejected), (0, 2));
    assert_eq!(server.stored(), [id(0), id(2)].into());
    let rejections = database.rejections().await;
    assert!(rejections[0].contains("name: is wrong"), "{rejections:?}");
    assert!(rejections[1].contains("not an event"), "{rejections:?}");
    until(async || relay.stats().rejected == 2).await;
    server.seen().rejected = None;
    let retried = OUTBOX.retry_rejected(&database.client).await.unwrap();
    assert_eq!(retried, 2);
    until_sent(&database).await;
    assert_eq!(server.stored(), (0..3).map(id).collect());
    let counts = OUTBOX.counts(&database.client).await.unwrap();
    assert_eq!(counts.rejected, 1);
    relay.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn a_shutdown_releases_unsent_events_to_the_next_relay() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    server.seen().is_down = true;
    let first = relay(&server, &database);
    let first = first.lease(Duration::from_secs(3600)).start().unwrap();
    OUTBOX
        .track_all(&database.client, (0..5).map(event))
        .await
        .unwrap();
    until(async || first.stats().leased == 5 && server.seen().failed > 0).await;
    let stats = first.shutdown(Duration::from_millis(50)).await;
    assert_eq!((stats.delivered, stats.leased), (0, 0));
    // A relay whose driver was dropped also shuts down at once.
    first.shutdown(DEADLINE).await;
    server.seen().is_down = false;
    let next = relay(&server, &database).start().unwrap();
    until_sent(&database).await;
    assert_eq!(server.stored(), (0..5).map(id).collect());
    next.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn relays_share_the_work_and_send_nothing_twice() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    OUTBOX
        .track_all(&database.client, (0..2000).map(event))
        .await
        .unwrap();
    let relays: Vec<Relay> = (0..3)
        .map(|_| relay(&server, &database).start().unwrap())
        .collect();
    until_sent(&database).await;
    assert_eq!(server.stored(), (0..2000).map(id).collect());
    assert_eq!(server.seen().received, 2000);
    let mut delivered = 0;
    for relay in relays {
        delivered += relay.shutdown(DEADLINE).await.delivered;
    }
    assert_eq!(delivered, 2000);
}

#[tokio::test]
async fn the_leases_of_a_relay_that_died_expire() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    server.seen().is_down = true;
    let lease = Duration::from_millis(300);
    let (gone, driver) = relay(&server, &database).lease(lease).build().unwrap();
    let driver = tokio::spawn(driver);
    OUTBOX
        .track_all(&database.client, (0..5).map(event))
        .await
        .unwrap();
    until(async || gone.stats().leased == 5).await;
    driver.abort();
    let _ = driver.await;
    server.seen().is_down = false;
    let next = relay(&server, &database).lease(lease).start().unwrap();
    until_sent(&database).await;
    assert_eq!(server.stored(), (0..5).map(id).collect());
    next.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn an_event_is_sent_without_its_timestamp_if_the_clock_is_ahead() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    server.seen().rejects_timestamps = true;
    let relay = relay(&server, &database).start().unwrap();
    OUTBOX.track(&database.client, event(0)).await.unwrap();
    // A timestamp that the caller has set is not removed.
    let stated = event(1).timestamp("2099-01-01T00:00:00Z".parse().unwrap());
    OUTBOX.track(&database.client, stated).await.unwrap();
    until_sent(&database).await;
    assert_eq!(server.stored(), [id(0)].into());
    assert!(server.seen().events[0].get("timestamp").is_none());
    let counts = OUTBOX.counts(&database.client).await.unwrap();
    assert_eq!(counts.rejected, 1);
    relay.shutdown(DEADLINE).await;
}

#[tokio::test]
async fn a_relay_continues_after_a_restart_of_the_database() {
    let Some(mut database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    let relay = relay(&server, &database).start().unwrap();
    OUTBOX.track(&database.client, event(0)).await.unwrap();
    until_sent(&database).await;
    database.server.stop().unwrap();
    until(async || relay.stats().last_database_error.is_some()).await;
    assert!(OUTBOX.track(&database.client, event(1)).await.is_err());
    database.server.restart().unwrap();
    database.reconnect().await;
    OUTBOX.track(&database.client, event(2)).await.unwrap();
    until_sent(&database).await;
    assert_eq!(server.stored(), [id(0), id(2)].into());
    relay.shutdown(DEADLINE).await;
    assert!(relay.stats().last_database_error.is_none());
}

#[tokio::test]
async fn delivered_events_can_be_kept_for_a_time() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let keeping = relay(&server, &database).keep_delivered(week);
    let keeping = keeping.start().unwrap();
    OUTBOX.track(&database.client, event(0)).await.unwrap();
    until_sent(&database).await;
    keeping.shutdown(DEADLINE).await;
    assert_eq!(database.rows().await, 1);
    let kept = relay(&server, &database).keep_delivered(Duration::from_millis(1));
    let kept = kept.start().unwrap();
    until(async || database.rows().await == 0).await;
    kept.shutdown(DEADLINE).await;
    assert_eq!(server.seen().received, 1);
}

#[tokio::test]
async fn a_delivered_event_is_not_rejected_whatever_another_relay_recorded() {
    let Some(database) = Database::new().await else {
        return;
    };
    let server = StandIn::default();
    server.seen().is_down = true;
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let relay = relay(&server, &database).keep_delivered(week);
    let relay = relay.start().unwrap();
    OUTBOX.track(&database.client, event(0)).await.unwrap();
    let count = "SELECT count(*) FROM polar_outbox WHERE relay IS NOT NULL";
    until(async || {
        let leased = database.client.query_one(count, &[]).await.unwrap();
        leased.get::<_, i64>(0) == 1
    })
    .await;
    // Simulates another relay, whose lease expired before it received the rejection.
    let reject = "UPDATE polar_outbox SET settled_at = now(), rejection = 'invalid'";
    database.client.execute(reject, &[]).await.unwrap();
    server.seen().is_down = false;
    until(async || database.rejections().await.is_empty()).await;
    relay.shutdown(DEADLINE).await;
    assert_eq!((database.rows().await, server.stored().len()), (1, 1));
}
