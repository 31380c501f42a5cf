//! Statements that wait for a lock: the relay cancels them after its timeout, so the database stops executing them.

use std::time::Duration;

use polar_client::postgres::PostgresError;
use polar_client::tokio_postgres::Row;
use polar_client::tokio_postgres::types::ToSql;

use super::database::Database;
use super::polar::StandIn;
use super::{DEADLINE, OUTBOX, event, id, relay, until, until_sent};

/// Returns the process ID of the PostgreSQL backend whose statement waits for a lock.
async fn waiting_process(database: &Database) -> Option<i32> {
    let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let row = activity(database, waiting, &[]).await?;
    Some(row.get(0))
}

async fn is_running(database: &Database, process: i32) -> bool {
    let running = "SELECT pid FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
    activity(database, running, &[&process]).await.is_some()
}

/// Returns the first row of a query about the activity of the database.
///
/// The connection has an open transaction. In a transaction, PostgreSQL keeps a snapshot of the activity from the first
/// query on, so the snapshot is cleared.
async fn activity(
    database: &Database,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Option<Row> {
    let clear = "SELECT pg_stat_clear_snapshot()";
    database.client.batch_execute(clear).await.unwrap();
    let rows = database.client.query(query, parameters).await.unwrap();
    rows.into_iter().next()
}

#[tokio::test]
async fn a_statement_that_waits_too_long_is_canceled() {
    let Some(database) = Database::new().await else {
        return;
    };
    OUTBOX.track(&database.client, event(0)).await.unwrap();
    let lock = "BEGIN; LOCK TABLE polar_outbox IN ACCESS EXCLUSIVE MODE";
    database.client.batch_execute(lock).await.unwrap();
    let server = StandIn::default();
    let relay = relay(&server, &database).start().unwrap();
    until(async || waiting_process(&database).await.is_some()).await;
    let process = waiting_process(&database).await.unwrap();

    // The timeout of a statement is 30 seconds.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();

    until(async || !is_running(&database, process).await).await;
    until(async || {
        let stats = relay.stats();
        stats
            .last_database_error
            .is_some_and(|error| matches!(*error, PostgresError::Timeout))
    })
    .await;
    // The next attempt of the relay may already wait for the lock, which is released now.
    database.client.batch_execute("COMMIT").await.unwrap();
    until_sent(&database).await;
    assert_eq!(server.stored(), [id(0)].into());
    relay.shutdown(DEADLINE).await;
}
