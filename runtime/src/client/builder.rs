//! How clients are set up.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{Anonymous, Client, Credential, DEFAULT_TIMEOUT, OrganizationToken, Server, Shared};
use crate::Error;
use crate::transport::{self, Transport};

/// One version of the API: what its generated client tells this crate about itself.
pub trait ApiVersion: 'static {
    /// The version, as sent in the `Polar-Version` header: `2026-10`.
    const VERSION: &'static str;

    /// The server that is used unless another is named.
    const DEFAULT_SERVER: Server;

    /// The client that users hold.
    type Polar<C: Credential>;

    /// Makes that client.
    fn wrap<C: Credential>(client: Client<C>) -> Self::Polar<C>;
}

/// Sets up a client of the API version `V`.
pub struct ClientBuilder<C, V> {
    credential: C,
    server: Server,
    timeout: Duration,
    transport: Option<Arc<dyn Transport>>,
    version: PhantomData<fn() -> V>,
}

impl<V: ApiVersion> ClientBuilder<Anonymous, V> {
    /// The defaults: the version's usual server, no credential, a timeout of 30 seconds, and the transport of this crate.
    #[must_use]
    pub fn new() -> Self {
        Self {
            credential: Anonymous,
            server: V::DEFAULT_SERVER,
            timeout: DEFAULT_TIMEOUT,
            transport: None,
            version: PhantomData,
        }
    }
}

impl<V: ApiVersion> Default for ClientBuilder<Anonymous, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Credential, V: ApiVersion> ClientBuilder<C, V> {
    /// Talks to this server.
    #[must_use]
    pub fn server(mut self, server: Server) -> Self {
        self.server = server;
        self
    }

    /// Acts for the organization that this access token belongs to.
    #[must_use]
    pub fn access_token(
        self,
        token: impl Into<OrganizationToken>,
    ) -> ClientBuilder<OrganizationToken, V> {
        self.credential(token.into())
    }

    /// Acts with this credential: [`PersonalToken`](super::PersonalToken), [`OpenIdToken`](super::OpenIdToken), a session.
    #[must_use]
    pub fn credential<D: Credential>(self, credential: D) -> ClientBuilder<D, V> {
        ClientBuilder {
            credential,
            server: self.server,
            timeout: self.timeout,
            transport: self.transport,
            version: PhantomData,
        }
    }

    /// Ends a call with [`Error::Timeout`] when its response has not arrived after this time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends requests this way instead of with the transport of this crate.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// [`Error::Configuration`] when no transport was given and this crate's cannot be set up.
    pub fn build(self) -> Result<V::Polar<C>, Error> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => transport::default_transport().map_err(|error| Error::Configuration {
                message: error.to_string(),
            })?,
        };
        let shared = Shared {
            transport,
            server: self.server,
            version: V::VERSION,
            timeout: self.timeout,
        };
        Ok(V::wrap(Client::from_shared(shared, self.credential)))
    }
}

impl<C: fmt::Debug, V: ApiVersion> fmt::Debug for ClientBuilder<C, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("version", &V::VERSION)
            .field("server", &self.server)
            .field("timeout", &self.timeout)
            .field("transport", &self.transport)
            .field("credential", &self.credential)
            .finish()
    }
}
