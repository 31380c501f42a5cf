//! Measures the time until `track` returns, when the event is in the queue, the spool or the outbox.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use polar_client::ingest::SpoolSync;
use polar_client::metering::{Metering, MeteringBuilder, UsageEvent};
use polar_client::outbox::Outbox;
use polar_client::tokio_postgres::NoTls;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_tests::servers::PostgresServer;

use crate::outpost::Outpost;
use crate::python;
use crate::spool;
use crate::table::{NO_POSTGRES, NO_PYTHON, a_second, head, median, micros, row, skipped};
use crate::{event, in_tasks, over, run, threads};

const ROUNDS: usize = 7;

/// The number of events of each round in memory.
const EVENTS: u64 = 200_000;

/// The number of events that the Python SDK tracks.
const PYTHON_EVENTS: u64 = 100_000;

/// A transport that always fails, so that no event is sent while the time is measured.
#[derive(Debug)]
pub(crate) struct Unavailable;

impl Transport for Unavailable {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let error = TransportError::new(TransportErrorKind::Connect, "the server is down");
        Box::pin(async { Err(error) })
    }
}

/// Makes the queue so large that `track` never waits for capacity.
pub(crate) fn unlimited(metering: MeteringBuilder) -> MeteringBuilder {
    metering.capacity(1 << 24).capacity_bytes(1 << 32)
}

pub(crate) fn print() {
    head("track", &["µs", "events/s", "aim, µs"]);
    let show = |name: &str, each: Duration| row(name, &[micros(each), a_second(each)]);
    let memory = in_memory();
    row(
        "memory",
        &[micros(memory), a_second(memory), "2.00".to_owned()],
    );
    show("memory, counted for local balances", counted());
    for (name, sync, counts) in [
        ("off", SpoolSync::Off, [20_000, 200_000]),
        ("grouped", SpoolSync::Grouped, [500, 20_000]),
        ("each", SpoolSync::Each, [500, 1_000]),
    ] {
        for (tasks, count) in [1, 256].into_iter().zip(counts) {
            let each = spooled(sync, tasks, count);
            show(&format!("spool, {name}, {tasks} tasks"), each);
        }
    }
    match outboxes() {
        Some(rows) => rows.iter().for_each(|(name, each)| show(name, *each)),
        None => skipped("outbox", NO_POSTGRES),
    }
    match python::seconds(&["track", &PYTHON_EVENTS.to_string()]) {
        Some(seconds) => {
            let each = Duration::from_secs_f64(seconds) / PYTHON_EVENTS as u32;
            show("Python SDK, memory", each);
        }
        None => skipped("Python SDK, memory", NO_PYTHON),
    }
}

/// Returns the builder of a runtime with a single thread, so that nothing else runs while events are tracked.
fn alone() -> tokio::runtime::Builder {
    tokio::runtime::Builder::new_current_thread()
}

fn in_memory() -> Duration {
    let round = |_| {
        run(alone(), async {
            let metering = unlimited(over(Unavailable)).start().unwrap();
            let each = one_by_one(&metering, event).await;
            metering.shutdown(Duration::ZERO).await;
            each
        })
    };
    median((0..ROUNDS).map(round).collect())
}

/// Measures events that are also counted for local balances, with the state in memory.
fn counted() -> Duration {
    let round = |_| {
        let polar = Outpost::start();
        run(alone(), async {
            let metering = unlimited(polar.metering(None)).start().unwrap();
            polar.until_known(&metering).await;
            one_by_one(&metering, |number| polar.event(number)).await
        })
    };
    median((0..ROUNDS).map(round).collect())
}

async fn one_by_one(metering: &Metering, event: impl Fn(u64) -> UsageEvent) -> Duration {
    let start = Instant::now();
    for number in 0..EVENTS {
        metering.track(event(number)).await.unwrap();
    }
    start.elapsed() / EVENTS as u32
}

fn spooled(sync: SpoolSync, tasks: u64, count: u64) -> Duration {
    run(threads(), async {
        let (builder, _folder) = spool::attach(over(Unavailable), sync).await;
        let metering = builder.start().unwrap();
        let start = Instant::now();
        let tracking = metering.clone();
        in_tasks(tasks, count, move |number| {
            let metering = tracking.clone();
            async move { metering.track(event(number)).await.unwrap() }
        })
        .await;
        let each = start.elapsed() / count as u32;
        metering.shutdown(Duration::ZERO).await;
        each
    })
}

/// Measures outboxes in a database that syncs each commit to its disk. `None` if PostgreSQL is not installed.
fn outboxes() -> Option<[(String, Duration); 4]> {
    const TASKS: u64 = 64;
    let server = PostgresServer::start_durable()?;
    Some(run(threads(), async {
        let outbox = Outbox::new();
        let mut clients = Vec::new();
        for _ in 0..TASKS {
            clients.push(Arc::new(tokio::sync::Mutex::new(connect(&server).await)));
        }
        let migration = clients[0]
            .lock()
            .await
            .batch_execute(Outbox::MIGRATION)
            .await;
        migration.unwrap();
        let clients = Arc::new(clients);
        let a_transaction = |events: u64| {
            let clients = Arc::clone(&clients);
            move |number: u64| {
                let client = Arc::clone(&clients[(number % TASKS) as usize]);
                async move {
                    let mut client = client.lock().await;
                    let transaction = client.transaction().await.unwrap();
                    for index in 0..events {
                        let event = event(number * events + index);
                        outbox.track(&transaction, event).await.unwrap();
                    }
                    transaction.commit().await.unwrap();
                }
            }
        };
        let timed = async |tasks: u64, transactions: u64, events: u64| {
            let start = Instant::now();
            in_tasks(tasks, transactions, a_transaction(events)).await;
            start.elapsed() / (transactions * events) as u32
        };
        let one = timed(1, 500, 1).await;
        let many = timed(TASKS, 5_000, 1).await;
        let hundred = timed(1, 50, 100).await;
        let start = Instant::now();
        for _ in 0..50 {
            let client = clients[0].lock().await;
            let events = (0..1_000).map(event);
            outbox.track_all(&*client, events).await.unwrap();
        }
        let all = start.elapsed() / 50_000;
        [
            ("outbox, 1 event a transaction".to_owned(), one),
            (
                format!("outbox, 1 event a transaction, {TASKS} tasks"),
                many,
            ),
            ("outbox, 100 events a transaction".to_owned(), hundred),
            ("outbox, track_all of 1,000 events".to_owned(), all),
        ]
    }))
}

/// Connects to the database of the server.
pub(crate) async fn connect(server: &PostgresServer) -> polar_client::tokio_postgres::Client {
    let config: polar_client::tokio_postgres::Config = server.url("postgres").parse().unwrap();
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
