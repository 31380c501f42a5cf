//! `Session`: a connection to Redis for commands.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, RedisResult, cmd,
};
use uuid::Uuid;

use super::pending::{Pending, REMEMBERED};
use super::scripts;

/// The timeout for connecting, and for each command.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

const CLUSTER: &str = "the server is a node of a Redis Cluster, which would distribute over several nodes what a script \
                       changes at once: use a server whose cluster mode is off";

/// A connection to Redis, and the hashes of the scripts that were loaded into it.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) connection: MultiplexedConnection,
    /// The random ID of the connection. Scripts of earlier connections of this process change nothing, however late
    /// Redis executes them.
    pub(super) id: String,
    /// The key with the number of writes of this process that Redis has executed.
    writer: String,
    pub(super) scripts: Scripts,
}

#[derive(Clone)]
pub(super) struct Scripts {
    pub(super) read: String,
    pub(super) write: String,
    pub(super) snapshot: String,
    pub(super) hold: String,
    pub(super) renew: String,
    keep: String,
}

impl Session {
    /// Connects, loads the scripts, and determines which writes of earlier connections were executed.
    pub(super) async fn connect(
        client: &Client,
        writer: &str,
        pending: &Pending,
    ) -> RedisResult<Self> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let info: RedisResult<String> = cmd("INFO")
            .arg("cluster")
            .query_async(&mut connection)
            .await;
        // An error is ignored: the user may lack the permission. A cluster then rejects the scripts later.
        if info.is_ok_and(|info| is_cluster(&info)) {
            return Err(RedisError::from((ErrorKind::InvalidClientConfig, CLUSTER)));
        }
        let mut load = Pipeline::new();
        for script in [
            scripts::READ,
            scripts::WRITE,
            scripts::SNAPSHOT,
            scripts::HOLD,
            scripts::RENEW,
            scripts::KEEP,
        ] {
            load.cmd("SCRIPT").arg("LOAD").arg(script);
        }
        let [read, write, snapshot, hold, renew, keep]: [String; 6] =
            load.query_async(&mut connection).await?;
        let id = random();
        let mut start = cmd("EVAL");
        start.arg(scripts::START).arg(1).arg(writer);
        start.arg(&id).arg(milliseconds(REMEMBERED));
        start.arg(pending.sent());
        let (executed, is_new): (u64, bool) = start.query_async(&mut connection).await?;
        pending.resume(executed, is_new);
        Ok(Self {
            connection,
            id,
            writer: writer.to_owned(),
            scripts: Scripts {
                read,
                write,
                snapshot,
                hold,
                renew,
                keep,
            },
        })
    }

    /// Returns a command that runs a script, which changes nothing if the process has a later connection.
    pub(super) fn fenced(
        &self,
        hash: &str,
        keys: &[&str],
        arguments: impl FnOnce(&mut Cmd),
    ) -> Cmd {
        let mut command = script(hash, &[keys, &[&self.writer]].concat());
        arguments(&mut command);
        command.arg(&self.id);
        command
    }

    /// Checks that the connection works, and is the last one of this process. Extends the time for which Redis
    /// remembers the process.
    pub(super) async fn keep(mut self) -> RedisResult<()> {
        let keep = self.fenced(&self.scripts.keep, &[], |keep| {
            keep.arg(milliseconds(REMEMBERED));
        });
        keep.exec_async(&mut self.connection).await
    }
}

/// Returns whether cluster mode is enabled, by the response to `INFO cluster`.
fn is_cluster(info: &str) -> bool {
    info.lines()
        .any(|line| line.trim_end() == "cluster_enabled:1")
}

/// Returns a command that runs a script.
pub(super) fn script(hash: &str, keys: &[&str]) -> Cmd {
    let mut script = cmd("EVALSHA");
    script.arg(hash).arg(keys.len()).arg(keys);
    script
}

/// Returns whether it is unknown if a command was executed, because its response was lost. Also returns `true` if it
/// was not executed because there is a later connection.
pub(super) fn is_unconfirmed(error: &RedisError) -> bool {
    error.is_io_error() || error.code() == Some(FENCED)
}

/// The error code of a script that was not executed: its connection is not the last one, or an earlier write was not
/// executed.
pub(super) const FENCED: &str = "FENCED";

/// The error code of a write that failed, but that Redis counts as executed.
pub(super) const EXECUTED: &str = "EXECUTED";

/// Returns random hexadecimal digits.
pub(super) fn random() -> String {
    Uuid::new_v4().simple().to_string()
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
