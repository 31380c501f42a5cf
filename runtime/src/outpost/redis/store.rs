//! The commands that are sent to Redis.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisResult, cmd};
use uuid::Uuid;

use super::pending::{Batch, Release};
use super::scripts;
use crate::Error;
use crate::outpost::message::Snapshot;
use crate::outpost::number::Number;
use crate::outpost::state::Stored;

/// The timeout of a command.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// How long units stay reserved after their process died.
const LEASE: Duration = Duration::from_secs(30);

/// How many commands are sent in one pipeline.
const PIPELINE: usize = 1_000;

/// Sends commands to Redis, while it is connected.
pub(super) struct Store {
    client: Client,
    pub(super) channel: String,
    session: Mutex<Option<Session>>,
}

/// A connection, and the names of the scripts that were loaded there.
#[derive(Clone)]
struct Session {
    connection: MultiplexedConnection,
    scripts: Scripts,
}

#[derive(Clone)]
struct Scripts {
    read: String,
    write: String,
    snapshot: String,
    hold: String,
    renew: String,
}

/// The result of a reservation.
#[derive(Debug)]
pub(super) enum Taken {
    Held(Release),
    Short(Number),
    Unknown,
}

impl Store {
    pub(super) fn open(url: &str) -> Result<Self, Error> {
        // The URL may contain a password, and so may an error about it.
        const REASON: &str = "the URL of Redis is invalid, or needs TLS, which is not supported";
        let client = Client::open(url).map_err(|_| Error::configuration(REASON))?;
        let database = client.get_connection_info().redis_settings().db();
        Ok(Self {
            client,
            channel: format!("outpost:{database}:updates"),
            session: Mutex::default(),
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether it is connected.
    pub(super) fn is_connected(&self) -> bool {
        self.session().is_some()
    }

    /// Closes the connection: commands fail at once.
    pub(super) fn disconnect(&self) {
        *self.session() = None;
    }

    /// Connects, and loads the scripts.
    pub(super) async fn connect(&self) -> RedisResult<()> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let client = &self.client;
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let mut load = Pipeline::new();
        for script in [
            scripts::READ,
            scripts::WRITE,
            scripts::SNAPSHOT,
            scripts::HOLD,
            scripts::RENEW,
        ] {
            load.cmd("SCRIPT").arg("LOAD").arg(script);
        }
        let [read, write, snapshot, hold, renew]: [String; 5] =
            load.query_async(&mut connection).await?;
        let scripts = Scripts {
            read,
            write,
            snapshot,
            hold,
            renew,
        };
        *self.session() = Some(Session {
            connection,
            scripts,
        });
        Ok(())
    }

    fn connected(&self) -> RedisResult<Session> {
        let session = self.session().clone();
        session.ok_or_else(|| RedisError::from((redis::ErrorKind::Io, "there is no connection")))
    }

    /// Reads a state.
    pub(super) async fn read(&self, state: &str) -> RedisResult<Stored> {
        let mut session = self.connected()?;
        let mut read = script(&session.scripts.read, &[&key(state)]);
        read.arg(epoch());
        let fields: Vec<String> = read.query_async(&mut session.connection).await?;
        stored(&fields)
    }

    /// Applies a snapshot. Returns the state.
    pub(super) async fn apply(&self, state: &str, snapshot: &Snapshot) -> RedisResult<Stored> {
        let mut session = self.connected()?;
        let statistics = &snapshot.statistics;
        let optional =
            |number: Option<Number>| number.map_or_else(String::new, |it| it.to_string());
        let mut apply = script(&session.scripts.snapshot, &[&key(state)]);
        apply.arg(state).arg(&self.channel).arg(epoch());
        apply.arg(snapshot.cold_until).arg(snapshot.version);
        apply
            .arg(&snapshot.meter)
            .arg(snapshot.credited.to_string());
        apply.arg(statistics.count).arg(statistics.sum.to_string());
        apply
            .arg(optional(statistics.min))
            .arg(optional(statistics.max));
        let fields: Vec<String> = apply.query_async(&mut session.connection).await?;
        stored(&fields)
    }

    /// Writes a batch. Returns the outcome of each state, and how many writes failed.
    pub(super) async fn write(&self, batch: &Batch) -> RedisResult<(Vec<(String, Stored)>, usize)> {
        let mut session = self.connected()?;
        let (mut states, mut failed) = (Vec::new(), 0);
        for writes in batch.writes.chunks(PIPELINE) {
            let mut pipeline = Pipeline::new();
            pipeline.ignore_errors();
            for (state, start, statistics) in writes {
                let mut write = script(&session.scripts.write, &[&key(state)]);
                let optional =
                    |number: Option<Number>| number.map_or_else(String::new, |it| it.to_string());
                write.arg(state).arg(&self.channel).arg(epoch()).arg(start);
                write.arg(statistics.count).arg(statistics.sum.to_string());
                write
                    .arg(optional(statistics.min))
                    .arg(optional(statistics.max));
                pipeline.add_command(write);
            }
            let written: Vec<RedisResult<Vec<String>>> =
                pipeline.query_async(&mut session.connection).await?;
            for ((state, ..), fields) in writes.iter().zip(written) {
                match fields.and_then(|fields| stored(&fields)) {
                    Ok(stored) => states.push((state.clone(), stored)),
                    Err(_) => failed += 1,
                }
            }
        }
        for releases in batch.releases.chunks(PIPELINE) {
            let mut pipeline = Pipeline::new();
            for Release { leases, token } in releases {
                pipeline.cmd("HDEL").arg(leases).arg(token).ignore();
            }
            pipeline.exec_async(&mut session.connection).await?;
        }
        Ok((states, failed))
    }

    /// Reserves units, if the balance is sufficient.
    pub(super) async fn hold(
        &self,
        state: &str,
        meter: &str,
        function: &str,
        units: Number,
    ) -> RedisResult<Taken> {
        let mut session = self.connected()?;
        let (leases, token) = (leases(state, meter), epoch());
        let mut hold = script(&session.scripts.hold, &[&key(state), &leases]);
        hold.arg(meter).arg(function).arg(&token);
        hold.arg(units.to_string()).arg(milliseconds(LEASE));
        let outcome: Vec<String> = hold.query_async(&mut session.connection).await?;
        let outcome: Vec<&str> = outcome.iter().map(String::as_str).collect();
        match *outcome {
            ["held"] => Ok(Taken::Held(Release { leases, token })),
            ["short", available] => {
                let available = Number::parse(available);
                available.map(Taken::Short).ok_or_else(unreadable)
            }
            _ => Ok(Taken::Unknown),
        }
    }

    /// Renews leases. Returns those that no longer existed.
    pub(super) async fn renew(&self, held: &[(Release, Number)]) -> RedisResult<Vec<Release>> {
        let mut session = self.connected()?;
        let mut gone = Vec::new();
        for held in held.chunks(PIPELINE) {
            let mut pipeline = Pipeline::new();
            for (Release { leases, token }, units) in held {
                let mut renew = script(&session.scripts.renew, &[leases]);
                renew
                    .arg(token)
                    .arg(units.to_string())
                    .arg(milliseconds(LEASE));
                pipeline.add_command(renew);
            }
            let renewed: Vec<bool> = pipeline.query_async(&mut session.connection).await?;
            let lost = held.iter().zip(renewed).filter(|(_, renewed)| !renewed);
            gone.extend(lost.map(|((release, _), _)| release.clone()));
        }
        Ok(gone)
    }

    /// Checks whether the connection works.
    pub(super) async fn ping(&self) -> RedisResult<()> {
        let mut session = self.connected()?;
        cmd("PING").exec_async(&mut session.connection).await
    }
}

/// How often leases are renewed.
pub(super) const RENEWAL: Duration = Duration::from_secs(LEASE.as_secs() / 3);

fn script(hash: &str, keys: &[&str]) -> Cmd {
    let mut script = cmd("EVALSHA");
    script.arg(hash).arg(keys.len()).arg(keys);
    script
}

fn key(state: &str) -> String {
    format!("outpost:state:{state}")
}

/// Returns the key of a meter's leases. It is not part of the protocol, so services in other languages do not see
/// leases.
fn leases(state: &str, meter: &str) -> String {
    format!("outpost:held:{state}:{meter}")
}

/// Returns random hexadecimal digits.
fn epoch() -> String {
    Uuid::new_v4().simple().to_string()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn stored(fields: &[String]) -> RedisResult<Stored> {
    Stored::read(fields.iter().map(String::as_str)).ok_or_else(unreadable)
}

fn unreadable() -> RedisError {
    RedisError::from((
        redis::ErrorKind::UnexpectedReturnType,
        "the state in Redis cannot be read",
    ))
}
