//! Clients, the requests they make and the calls that send them.

mod access;
mod body;
mod builder;
mod call;
mod credential;
mod execute;
mod macros;
mod operation;
mod paging;
mod request;
mod server;
mod texts;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use access::Access;
pub use body::Body;
pub use builder::{ApiVersion, ClientBuilder};
pub use call::Call;
pub use credential::{
    AccountAccess, Anonymous, Credential, CustomerSession, MemberAccess, MemberSession,
    OpenIdAccess, OpenIdToken, OptionalAccess, OrganizationToken, PersonalAccess, PersonalToken,
    PortalAccess,
};
pub use operation::{Method, Operation, Safety};
pub use paging::{CollectAll, Extent, Items, Page, Pages};
pub use request::Request;
pub use server::Server;

use crate::transport::{self, Transport};

/// How long a call may take when nothing else was said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// What all clients of one server share.
struct Shared {
    transport: Arc<dyn Transport>,
    server: Server,
    version: &'static str,
    timeout: Duration,
}

/// A connection to one server with one credential. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct Client<C> {
    shared: Arc<Shared>,
    credential: C,
}

impl<C: Credential> Client<C> {
    /// A client of the version's usual server, with the default transport and timeout.
    ///
    /// A transport that cannot be set up is reported by the first call. To know at once, use [`ClientBuilder`].
    #[must_use]
    pub fn new<V: ApiVersion>(credential: C) -> Self {
        Self::from_shared(
            Shared {
                transport: transport::default_transport().unwrap_or_else(transport::broken),
                server: V::DEFAULT_SERVER,
                version: V::VERSION,
                timeout: DEFAULT_TIMEOUT,
            },
            credential,
        )
    }

    /// The same client with another credential. It shares this one's connections.
    #[must_use]
    pub fn with_credential<D: Credential>(&self, credential: D) -> Client<D> {
        Client {
            shared: Arc::clone(&self.shared),
            credential,
        }
    }

    /// Begins a request for an operation.
    #[must_use]
    pub fn request(&self, operation: &'static Operation) -> Request {
        Request::new(Arc::clone(&self.shared), self.credential.token(), operation)
    }

    /// The server that the client talks to.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.shared.server
    }

    fn from_shared(shared: Shared, credential: C) -> Self {
        Self {
            shared: Arc::new(shared),
            credential,
        }
    }
}

/// Shows everything but the credential.
impl<C: fmt::Debug> fmt::Debug for Client<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.shared.server)
            .field("version", &self.shared.version)
            .field("timeout", &self.shared.timeout)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
