//! One connection to Redis for commands.

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisResult, cmd};

use super::pending::{Pending, REMEMBERED};
use super::scripts;
use super::store::{TIMEOUT, milliseconds, random};

/// A connection, and the names of the scripts that were loaded there.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) connection: MultiplexedConnection,
    /// Identifies the connection: commands of earlier ones change nothing, however late Redis executes them.
    pub(super) id: String,
    /// The key under which Redis remembers which writes of this process it executed.
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
    /// Connects, loads the scripts, and settles what became of the writes of earlier connections.
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
        let executed: u64 = start.query_async(&mut connection).await?;
        pending.resume(executed);
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

    /// Returns a script that changes nothing once there is a later connection.
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

    /// Checks whether the connection works and is the last one, and keeps what Redis remembers of this process.
    pub(super) async fn keep(mut self) -> RedisResult<()> {
        let keep = self.fenced(&self.scripts.keep, &[], |keep| {
            keep.arg(milliseconds(REMEMBERED));
        });
        keep.exec_async(&mut self.connection).await
    }
}

/// Returns a command that runs a script.
pub(super) fn script(hash: &str, keys: &[&str]) -> Cmd {
    let mut script = cmd("EVALSHA");
    script.arg(hash).arg(keys.len()).arg(keys);
    script
}

/// Returns whether a command may have been executed or not, because its response was lost; or was not, because there is a
/// later connection.
pub(super) fn is_unconfirmed(error: &RedisError) -> bool {
    error.is_io_error() || error.code() == Some(FENCED)
}

/// The code of the error of a script whose connection is not the last one.
pub(super) const FENCED: &str = "FENCED";
