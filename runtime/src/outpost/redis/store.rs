//! `Store`: sends commands to Redis.

use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_listener::{Event as Notify, EventListener};
use redis::{Client, Cmd, Pipeline, RedisError, RedisResult};

use super::address;
use super::pending::{Batch, Pending, Release, lost};
use super::session::{EXECUTED, FENCED, Session, is_unconfirmed, milliseconds, random, script};
use crate::Error;
use crate::outpost::message::Snapshot;
use crate::outpost::number::Number;
use crate::outpost::options::OutpostOptions;
use crate::outpost::state::Stored;
use crate::outpost::statistics::Statistics;

/// The maximum number of commands in one pipeline.
const PIPELINE: usize = 1_000;

/// Sends commands to Redis. They fail while Redis is not connected.
pub(super) struct Store {
    client: Client,
    pub(super) channel: String,
    /// The key that stands for this process in Redis.
    writer: String,
    /// The duration of leases.
    pub(super) lease: Duration,
    session: Mutex<Option<Session>>,
    connected: Notify,
    failed: Notify,
}

/// The outcome of a reservation.
#[derive(Debug)]
pub(super) enum Taken {
    Held,
    Short(Number),
    /// The number of units has too many digits for exact arithmetic in Redis.
    InvalidUnits,
    Unknown,
}

impl Store {
    pub(super) fn open(url: &str, options: &OutpostOptions) -> Result<Self, Error> {
        let client = address::open(url, options.redis_certificate.as_deref())?;
        let database = client.get_connection_info().redis_settings().db();
        Ok(Self {
            client,
            channel: format!("outpost:{database}:updates"),
            writer: format!("outpost:writer:{}", random()),
            lease: options.lease,
            session: Mutex::default(),
            connected: Notify::new(),
            failed: Notify::new(),
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether Redis is connected.
    pub(super) fn is_connected(&self) -> bool {
        self.session().is_some()
    }

    /// Closes the connection, so that commands fail at once.
    pub(super) fn disconnect(&self) {
        *self.session() = None;
    }

    /// Connects. Writes of the last connection whose responses were lost are sent again, unless Redis has executed
    /// them.
    pub(super) async fn connect(&self, pending: &Pending) -> RedisResult<()> {
        let session = Session::connect(&self.client, &self.writer, pending).await?;
        *self.session() = Some(session);
        self.connected.notify(usize::MAX);
        Ok(())
    }

    /// Waits for the connection that replaces this failed one, and returns it.
    async fn reconnected(&self, failed: Session) -> Session {
        self.failed.notify(usize::MAX);
        loop {
            let connected = self.connected.listen();
            let session = self.session().clone();
            if let Some(session) = session.filter(|session| session.id != failed.id) {
                return session;
            }
            connected.await;
        }
    }

    /// Returns a listener that is notified when a command fails, which may mean that the connection is broken.
    pub(super) fn failed(&self) -> EventListener {
        self.failed.listen()
    }

    fn connection(&self) -> RedisResult<Session> {
        let session = self.session().clone();
        session.ok_or_else(|| RedisError::from((redis::ErrorKind::Io, "there is no connection")))
    }

    /// Reads a state, and creates it if it does not exist.
    pub(super) async fn read(&self, state: &str) -> RedisResult<Stored> {
        let mut session = self.connection()?;
        let mut read = script(&session.scripts.read, &[&key(state)]);
        read.arg(random());
        let fields: Vec<String> = read.query_async(&mut session.connection).await?;
        stored(&fields)
    }

    /// Applies a snapshot to a state, and returns the state.
    pub(super) async fn apply(&self, state: &str, snapshot: &Snapshot) -> RedisResult<Stored> {
        let mut session = self.connection()?;
        let mut apply = script(&session.scripts.snapshot, &[&key(state)]);
        apply.arg(state).arg(&self.channel).arg(random());
        apply.arg(snapshot.cold_until).arg(snapshot.version);
        apply
            .arg(&snapshot.meter)
            .arg(snapshot.credited.to_string());
        add_statistics(&mut apply, &snapshot.statistics);
        let fields: Vec<String> = apply.query_async(&mut session.connection).await?;
        stored(&fields)
    }

    /// Writes a batch, and passes the new revision and bucket of each write to `written`. After an error, the batch
    /// contains the writes that were not executed.
    ///
    /// Leases are released last: their units become available only after the events that used them are counted.
    pub(super) async fn write(
        &self,
        batch: &mut Batch<'_>,
        mut written: impl FnMut(&str, Stored),
    ) -> RedisResult<()> {
        let mut session = self.connection()?;
        while let Some((executed, writes)) = batch.next_chunk(PIPELINE) {
            let mut pipeline = Pipeline::new();
            pipeline.ignore_errors();
            for (before, (state, start, statistics)) in (executed..).zip(writes) {
                let hash = &session.scripts.write;
                pipeline.add_command(session.fenced(hash, &[&key(state)], |write| {
                    write.arg(state).arg(&self.channel).arg(random()).arg(start);
                    add_statistics(write, statistics);
                    write.arg(before);
                }));
            }
            let outcomes: Vec<RedisResult<Vec<String>>> =
                pipeline.query_async(&mut session.connection).await?;
            let (mut failures, mut refusal) = (0, None);
            let mut received = batch.received().into_iter().zip(outcomes);
            while let Some((write, outcome)) = received.next() {
                match outcome.and_then(|fields| stored(&fields)) {
                    Ok(stored) => written(&write.0, stored),
                    Err(error) if was_executed(&error) => failures += 1,
                    Err(error) => {
                        // Redis executes writes in order. After one that was not executed, it executes none.
                        let rest = iter::once(write).chain(received.map(|(write, _)| write));
                        if was_not_executed(&error) {
                            batch.retry(rest);
                        } else {
                            batch.unconfirmed(rest);
                        }
                        refusal = Some(error);
                        break;
                    }
                }
                batch.executed();
            }
            lost(failures);
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

    /// Reserves units of a meter, if they are available after all pending writes of the state. If the response is lost,
    /// it is retried on the next connection.
    pub(super) async fn hold(
        &self,
        pending: &Pending,
        Release { leases, token }: &Release,
        state: &str,
        meter: &str,
        function: &str,
        units: Number,
    ) -> RedisResult<Taken> {
        let keys = [&*key(state), leases];
        let mut session = self.connection()?;
        let outcome: Vec<String> = loop {
            pending.written(state).await;
            let hold = session.fenced(&session.scripts.hold, &keys, |hold| {
                hold.arg(meter).arg(function).arg(token);
                hold.arg(units.to_string()).arg(milliseconds(self.lease));
            });
            match hold.query_async(&mut session.connection).await {
                Err(error) if is_unconfirmed(&error) => session = self.reconnected(session).await,
                outcome => break outcome?,
            }
        };
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

    /// Renews leases. Recreates those that Redis has lost, and returns their number.
    pub(super) async fn renew(&self, held: &[(Release, Number)]) -> RedisResult<usize> {
        let mut session = self.connection()?;
        let mut lost = 0;
        for held in held.chunks(PIPELINE) {
            let mut pipeline = Pipeline::new();
            for (Release { leases, token }, units) in held {
                let hash = &session.scripts.renew;
                pipeline.add_command(session.fenced(hash, &[leases], |renew| {
                    renew.arg(token).arg(units.to_string());
                    renew.arg(milliseconds(self.lease));
                }));
            }
            let renewed: Vec<bool> = pipeline.query_async(&mut session.connection).await?;
            lost += renewed.iter().filter(|known| !**known).count();
        }
        Ok(lost)
    }

    /// Checks that the connection works, and is the last one of this process.
    pub(super) async fn keep(&self) -> RedisResult<()> {
        self.connection()?.keep().await
    }
}

impl Release {
    /// Creates the token of a new lease of a meter. The key of the leases is not part of the protocol, so services in
    /// other languages ignore it.
    pub(super) fn new(state: &str, meter: &str) -> Self {
        Self {
            leases: format!("outpost:held:{state}:{meter}"),
            token: random(),
        }
    }
}

/// Returns whether Redis counts a failed write as executed. An error without a code comes from this client, which could
/// not parse the response.
fn was_executed(error: &RedisError) -> bool {
    error.code().is_none_or(|code| code == EXECUTED)
}

/// Returns whether Redis rejected a command with a transient error, before it changed anything: Redis is full,
/// read-only or starting, has forgotten the scripts, or there is a later connection.
fn was_not_executed(error: &RedisError) -> bool {
    const CODES: [&str; 11] = [
        FENCED,
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

/// Adds count, sum, minimum and maximum as arguments. A missing minimum or maximum is an empty string.
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

fn stored(fields: &[String]) -> RedisResult<Stored> {
    Stored::read(fields.iter().map(String::as_str)).ok_or_else(unreadable)
}

fn unreadable() -> RedisError {
    RedisError::from((
        redis::ErrorKind::UnexpectedReturnType,
        "the state in Redis cannot be read",
    ))
}
