//! The commands that are sent to Redis.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo as _, Pipeline, RedisError, RedisResult,
    cmd,
};
use uuid::Uuid;

use super::pending::{Batch, Release};
use super::scripts;
use crate::Error;
use crate::log;
use crate::outpost::message::Snapshot;
use crate::outpost::number::Number;
use crate::outpost::state::Stored;
use crate::outpost::statistics::Statistics;

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

/// The outcome of a reservation.
#[derive(Debug)]
pub(super) enum Taken {
    Held,
    Short(Number),
    /// The number of units is not one that Redis can calculate with exactly.
    InvalidUnits,
    Unknown,
}

impl Store {
    pub(super) fn open(url: &str) -> Result<Self, Error> {
        // The URL may contain a password, and so may an error about it.
        const REASON: &str = "the URL of Redis is invalid, or needs TLS, which is not supported";
        let invalid = |_| Error::configuration(REASON);
        // Commands are small, and a read waits for the response.
        let tcp = TcpSettings::default().set_nodelay(true);
        let connection = url.into_connection_info().map_err(invalid)?;
        let client = Client::open(connection.set_tcp_settings(tcp)).map_err(invalid)?;
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
        let mut apply = script(&session.scripts.snapshot, &[&key(state)]);
        apply.arg(state).arg(&self.channel).arg(epoch());
        apply.arg(snapshot.cold_until).arg(snapshot.version);
        apply
            .arg(&snapshot.meter)
            .arg(snapshot.credited.to_string());
        add_statistics(&mut apply, &snapshot.statistics);
        let fields: Vec<String> = apply.query_async(&mut session.connection).await?;
        stored(&fields)
    }

    /// Writes a batch, and passes the outcome of each state to `written`. After an error, the batch contains what was not
    /// executed. Leases are released last, so that no units are available before the events that used them are counted.
    pub(super) async fn write(
        &self,
        batch: &mut Batch<'_>,
        mut written: impl FnMut(&str, Stored),
    ) -> RedisResult<()> {
        let mut session = self.connected()?;
        while let Some(writes) = batch.send(PIPELINE) {
            let mut pipeline = Pipeline::new();
            pipeline.ignore_errors();
            for (state, start, statistics) in &writes {
                let mut write = script(&session.scripts.write, &[&key(state)]);
                write.arg(state).arg(&self.channel).arg(epoch()).arg(start);
                add_statistics(&mut write, statistics);
                pipeline.add_command(write);
            }
            let outcomes: Vec<RedisResult<Vec<String>>> =
                pipeline.query_async(&mut session.connection).await?;
            batch.received();
            let (mut lost, mut refusal) = (0, None);
            for (write, outcome) in writes.into_iter().zip(outcomes) {
                match outcome.and_then(|fields| stored(&fields)) {
                    Ok(stored) => written(&write.0, stored),
                    Err(error) if was_not_executed(&error) => {
                        batch.retry(write);
                        refusal = Some(error);
                    }
                    Err(_) => lost += 1,
                }
            }
            if lost > 0 {
                log::outpost_lost(lost);
            }
            if let Some(refusal) = refusal {
                return Err(refusal);
            }
        }
        for releases in batch.releases.chunks(PIPELINE) {
            let mut pipeline = Pipeline::new();
            for Release { leases, token } in releases {
                pipeline.cmd("HDEL").arg(leases).arg(token).ignore();
            }
            pipeline.exec_async(&mut session.connection).await?;
        }
        batch.releases.clear();
        Ok(())
    }

    /// Reserves units, if the balance contains them.
    pub(super) async fn hold(
        &self,
        Release { leases, token }: &Release,
        state: &str,
        meter: &str,
        function: &str,
        units: Number,
    ) -> RedisResult<Taken> {
        let mut session = self.connected()?;
        let mut hold = script(&session.scripts.hold, &[&key(state), leases]);
        hold.arg(meter).arg(function).arg(token);
        hold.arg(units.to_string()).arg(milliseconds(LEASE));
        let outcome: Vec<String> = hold.query_async(&mut session.connection).await?;
        let outcome: Vec<&str> = outcome.iter().map(String::as_str).collect();
        match *outcome {
            ["held"] => Ok(Taken::Held),
            ["units"] => Ok(Taken::InvalidUnits),
            ["short", available] => {
                let available = Number::parse(available);
                available.map(Taken::Short).ok_or_else(unreadable)
            }
            _ => Ok(Taken::Unknown),
        }
    }

    /// Renews leases, and makes those again that are no longer there. Returns how many were not.
    pub(super) async fn renew(&self, held: &[(Release, Number)]) -> RedisResult<usize> {
        let mut session = self.connected()?;
        let mut lost = 0;
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
            lost += renewed.iter().filter(|known| !**known).count();
        }
        Ok(lost)
    }

    /// Checks whether the connection works.
    pub(super) async fn ping(&self) -> RedisResult<()> {
        let mut session = self.connected()?;
        cmd("PING").exec_async(&mut session.connection).await
    }
}

impl Release {
    /// A new lease of a meter. Its key is not part of the protocol: services in other languages do not see it.
    pub(super) fn new(state: &str, meter: &str) -> Self {
        Self {
            leases: format!("outpost:held:{state}:{meter}"),
            token: epoch(),
        }
    }
}

/// Whether Redis refused a command before it changed anything, for a reason that passes: it is full, read-only or starting,
/// or has forgotten the scripts.
fn was_not_executed(error: &RedisError) -> bool {
    const CODES: [&str; 10] = [
        "NOSCRIPT",
        "OOM",
        "READONLY",
        "LOADING",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "BUSY",
        "TRYAGAIN",
        "NOREPLICAS",
        "MISCONF",
    ];
    error.code().is_some_and(|code| CODES.contains(&code))
}

/// How often leases are renewed.
pub(super) const RENEWAL: Duration = Duration::from_secs(LEASE.as_secs() / 3);

fn script(hash: &str, keys: &[&str]) -> Cmd {
    let mut script = cmd("EVALSHA");
    script.arg(hash).arg(keys.len()).arg(keys);
    script
}

/// Adds count, sum, minimum and maximum; an empty string for a missing one.
fn add_statistics(command: &mut Cmd, statistics: &Statistics) {
    let optional = |number: Option<Number>| number.map_or_else(String::new, |it| it.to_string());
    command
        .arg(statistics.count)
        .arg(statistics.sum.to_string())
        .arg(optional(statistics.min))
        .arg(optional(statistics.max));
}

fn key(state: &str) -> String {
    format!("outpost:state:{state}")
}

/// Random hexadecimal digits.
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
