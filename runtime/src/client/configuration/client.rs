//! Clients, which create requests.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use uuid::Uuid;

use super::options::CallOptions;
use super::server::Server;
use super::shared::{CRATE_USER_AGENT, Shared};
use crate::client::credentials::Credential;
use crate::client::policies::Budget;
use crate::transport::{self, Clock};

/// An API version. Implemented by generated code.
pub trait ApiVersion: 'static {
    /// The value of the `Polar-Version` header, such as `2026-10`.
    const VERSION: &'static str;

    /// The default server.
    const DEFAULT_SERVER: Server;

    /// All servers of the API version.
    const SERVERS: &'static [Server];

    /// The error classes that the OpenAPI description documents for the status 404.
    const NOT_FOUND: &'static [&'static str];

    /// The client type of the API version.
    type Polar<C: Credential>;

    /// Converts a client to the client type of the API version.
    fn wrap<C: Credential>(client: Client<C>) -> Self::Polar<C>;
}

/// A client for one server, with one credential. Cheap to clone: clones share connections, rate limit and retry budget.
#[derive(Clone)]
pub struct Client<C> {
    pub(in crate::client) shared: Arc<Shared>,
    pub(in crate::client) credential: C,
    /// The organization to act for, unless a request sets another one.
    pub(in crate::client) organization: Option<Uuid>,
}

impl<C: Credential> Client<C> {
    /// Creates a client for the version's default server, with the default transport and configuration.
    ///
    /// If the default transport cannot be created, the first call fails. To get that error earlier, use
    /// [`ClientBuilder`](crate::client::ClientBuilder).
    #[must_use]
    pub fn new<V: ApiVersion>(credential: C) -> Self {
        Self::of_server::<V>(V::DEFAULT_SERVER, credential)
    }

    /// Creates a client for this server, with the default transport and configuration.
    #[must_use]
    pub fn of_server<V: ApiVersion>(server: Server, credential: C) -> Self {
        let shared = Shared {
            transport: transport::default_transport().unwrap_or_else(transport::broken),
            server,
            version: V::VERSION,
            not_found: V::NOT_FOUND,
            agent: HeaderValue::from_static(CRATE_USER_AGENT),
            options: CallOptions::new(),
            clock: Clock::default(),
            budget: Budget::default(),
            limiter: None,
            #[cfg(feature = "redis")]
            shared_limiter: None,
            #[cfg(feature = "opentelemetry")]
            metrics: Default::default(),
        };
        Self::from_shared(shared, credential)
    }

    /// Returns a client with another credential. Both clients share connections, rate limit and retry budget.
    #[must_use]
    pub fn with_credential<D: Credential>(&self, credential: D) -> Client<D> {
        Client {
            shared: Arc::clone(&self.shared),
            credential,
            organization: self.organization,
        }
    }

    /// Returns a client that acts for this organization. Both clients share connections, rate limit and retry budget.
    #[must_use]
    pub fn organization(&self, id: Uuid) -> Self {
        Self {
            organization: Some(id),
            ..self.clone()
        }
    }

    /// Returns the server of the client.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.shared.server
    }

    pub(super) fn from_shared(shared: Shared, credential: C) -> Self {
        Self {
            shared: Arc::new(shared),
            credential,
            organization: None,
        }
    }
}

/// Omits the credential.
impl<C: fmt::Debug> fmt::Debug for Client<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.shared.server)
            .field("version", &self.shared.version)
            .field("options", &self.shared.options)
            .field("organization", &self.organization)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
