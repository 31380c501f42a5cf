//! A connection to PostgreSQL, for the outbox and for webhook deliveries (feature `postgres`).

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row, Socket};

use crate::transport::BoxFuture;

/// The timeout for connecting and for each statement.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A parameter of a statement: the value and its SQL type.
pub(crate) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection to PostgreSQL, which is opened on first use, and reopened after it is lost.
///
/// Cheap to clone: all clones share one connection, on which statements are pipelined. It must be used on a tokio
/// runtime. Connecting and each statement time out after 30 seconds. Statements are not prepared by name, so poolers
/// such as PgBouncer work in every mode.
///
/// # Examples
/// ```no_run
/// use polar_client_runtime::postgres::Postgres;
/// use polar_client_runtime::tokio_postgres::{Config, Error, NoTls};
///
/// fn database(url: &str) -> Result<Postgres, Error> {
///     let config: Config = url.parse()?;
///     Ok(Postgres::new(config, NoTls))
/// }
/// ```
#[derive(Clone)]
pub struct Postgres(Arc<Inner>);

struct Inner {
    connect: Connect,
    /// `None` before the first use, and after a timeout.
    open: Mutex<Option<Arc<Open>>>,
}

/// An open connection.
struct Open {
    client: Client,
    /// Requests, on another connection, that the database cancels the statement that runs on this one.
    cancel: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
}

type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<Open, PostgresError>> + Send + Sync>;

impl Postgres {
    /// Creates a connection with this configuration, without opening it yet.
    ///
    /// `tls` is `tokio_postgres::NoTls`, or a TLS connector of the crate `tokio-postgres-rustls` or
    /// `postgres-native-tls`.
    #[must_use]
    pub fn new<T>(mut config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(TIMEOUT);
        }
        let connect = move || -> BoxFuture<'static, _> {
            let (config, tls) = (config.clone(), tls.clone());
            Box::pin(async move {
                let (client, connection) = config.connect(tls.clone()).await?;
                // The task ends when the client is dropped, or when the connection fails. Statements return that error.
                tokio::spawn(connection);
                let token = client.cancel_token();
                let cancel = move || -> BoxFuture<'static, _> {
                    let (token, tls) = (token.clone(), tls.clone());
                    Box::pin(async move {
                        let _ = tokio::time::timeout(TIMEOUT, token.cancel_query(tls)).await;
                    })
                };
                Ok(Open {
                    client,
                    cancel: Box::new(cancel),
                })
            })
        };
        Self(Arc::new(Inner {
            connect: Box::new(connect),
            open: Mutex::new(None),
        }))
    }

    /// Executes a statement, and returns the number of changed rows.
    pub(crate) async fn execute(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, PostgresError> {
        let open = self.open().await?;
        let running = open.client.execute_typed(statement, parameters);
        self.within_timeout(&open, running).await
    }

    /// Executes a statement, and returns its rows.
    pub(crate) async fn query(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let open = self.open().await?;
        let running = open.client.query_typed(statement, parameters);
        self.within_timeout(&open, running).await
    }

    /// Waits for a statement until the timeout, and then cancels it. Otherwise the statement would occupy its
    /// connection, and a process of the database, as long as it waits.
    async fn within_timeout<T>(
        &self,
        open: &Arc<Open>,
        running: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, PostgresError> {
        if let Ok(outcome) = tokio::time::timeout(TIMEOUT, running).await {
            return Ok(outcome?);
        }
        tokio::spawn((open.cancel)());
        // The next statement opens a new connection. Another one may have done so already.
        let mut current = self.0.open.lock().await;
        if current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, open))
        {
            *current = None;
        }
        Err(PostgresError::Timeout)
    }

    /// Returns the connection, and opens it if necessary.
    async fn open(&self) -> Result<Arc<Open>, PostgresError> {
        // Outside of a runtime, tokio would panic.
        if Handle::try_current().is_err() {
            return Err(PostgresError::NoRuntime);
        }
        let opening = async {
            let mut current = self.0.open.lock().await;
            if let Some(open) = current.as_ref().filter(|open| !open.client.is_closed()) {
                return Ok(Arc::clone(open));
            }
            let open = Arc::new((self.0.connect)().await?);
            *current = Some(Arc::clone(&open));
            Ok(open)
        };
        match tokio::time::timeout(TIMEOUT, opening).await {
            Ok(outcome) => outcome,
            Err(_) => Err(PostgresError::Timeout),
        }
    }
}

/// Omits the configuration, which contains a password.
impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// The error of a statement on a [`Postgres`] connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum PostgresError {
    /// The database could not be reached, or it rejected the statement.
    Database(tokio_postgres::Error),
    /// The database did not respond within 30 seconds. The statement is canceled.
    Timeout,
    /// The connection was used outside of a tokio runtime.
    NoRuntime,
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Timeout => f.write_str("the database did not respond within 30 seconds"),
            Self::NoRuntime => {
                f.write_str("the database can be used on a tokio runtime only, and there is none")
            }
        }
    }
}

impl Error for PostgresError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Database(error) => error.source(),
            Self::Timeout | Self::NoRuntime => None,
        }
    }
}
