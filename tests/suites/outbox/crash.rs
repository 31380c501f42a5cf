//! Relays that are killed at any moment lose no event. Events that their successors send again are stored once.
//!
//! Each relay runs in a process of its own: this program, started with the single test `crash::relay_process`.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use polar_client::Server as PolarServer;
use polar_client::metering::UsageEvent;
use polar_client::postgres::Postgres;
use polar_client::testing::Server;
use polar_client::tokio_postgres::NoTls;
use polar_client::v2026_10::Polar;

use super::database::Database;
use super::polar::StandIn;
use super::{OUTBOX, until_sent};

const DATABASE: &str = "POLAR_TEST_DATABASE";
const SERVER: &str = "POLAR_TEST_SERVER";

/// How many times a relay is killed.
const KILLS: u32 = 40;

/// A relay in a process of its own.
struct Process(Child);

impl Process {
    fn start(database: &Database, server: &Server) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::relay_process", "--ignored"])
            .env(DATABASE, database.server.url("postgres"))
            .env(SERVER, server.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    /// Kills the process with SIGKILL.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a relay until the process is killed.
#[tokio::test]
#[ignore = "runs in processes that another test starts"]
async fn relay_process() {
    let (Ok(database), Ok(server)) = (std::env::var(DATABASE), std::env::var(SERVER)) else {
        return;
    };
    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .server(PolarServer::custom(&server).unwrap())
        .build();
    let connection = Postgres::new(database.parse().unwrap(), NoTls);
    let relay = polar.unwrap().metering().max_events(20).capacity(100);
    let relay = relay
        .max_delay(Duration::from_millis(10))
        .relay(connection)
        .lease(Duration::from_millis(500));
    let _relay = relay.start().unwrap();
    // Standard input ends if the test itself is killed.
    let input = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(input).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_relays_lose_nothing() {
    let Some(mut database) = Database::new().await else {
        return;
    };
    let stand_in = StandIn::default();
    // Delays responses, so that relays are killed between a request and its response.
    stand_in.seen().delay = 100;
    let server = Server::start(stand_in.clone()).unwrap();
    let mut relays = [(), ()].map(|()| Process::start(&database, &server));
    let (mut committed, mut rolled_back) = (BTreeSet::new(), BTreeSet::new());
    for kill in 0..KILLS {
        for number in 0..20 {
            let id = format!("{kill}-{number}");
            let transaction = database.client.transaction().await.unwrap();
            let event = UsageEvent::new("call", "u-1").external_id(id.clone());
            OUTBOX.track(&transaction, event).await.unwrap();
            match number % 4 {
                0 => {
                    transaction.rollback().await.unwrap();
                    rolled_back.insert(id);
                }
                _ => {
                    transaction.commit().await.unwrap();
                    committed.insert(id);
                }
            }
        }
        stand_in.seen().is_down = kill % 5 == 4;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..300))).await;
        relays[fastrand::usize(..2)] = Process::start(&database, &server);
    }
    stand_in.seen().is_down = false;
    until_sent(&database).await;
    drop(relays);
    assert_eq!(stand_in.stored(), committed);
    assert!(stand_in.stored().is_disjoint(&rolled_back));
    let seen = stand_in.seen();
    println!(
        "{} events, {} sent again",
        committed.len(),
        seen.received - committed.len()
    );
}
