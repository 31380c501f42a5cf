//! Clients, the requests they make and the calls that send them.

mod access;
#[cfg(feature = "blocking")]
mod blocking;
mod body;
mod builder;
mod call;
mod credential;
mod environment;
mod execute;
#[cfg(feature = "exports")]
mod export;
mod limiter;
mod macros;
mod message;
mod observe;
mod operation;
mod options;
mod paging;
mod reply;
mod request;
mod response;
mod retry;
mod server;
mod storage;
mod texts;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

pub use access::Access;
#[cfg(feature = "blocking")]
pub(crate) use blocking::wait;
pub use body::Body;
pub use builder::{ApiVersion, ClientBuilder};
pub use call::{Call, ResponseCall};
pub use credential::{
    AccountAccess, Anonymous, Credential, CustomerSession, MemberAccess, MemberSession,
    OpenIdAccess, OpenIdToken, OptionalAccess, OrganizationToken, PersonalAccess, PersonalToken,
    PortalAccess, RegistrationAccess, RegistrationToken,
};
#[cfg(feature = "webhooks")]
pub(crate) use environment::required as required_variable;
#[cfg(feature = "exports")]
pub use export::{Record, Records, Rows};
use limiter::Limiter;
pub use limiter::RateLimit;
pub use operation::{Method, Operation, Safety};
pub use options::CallOptions;
#[cfg(feature = "blocking")]
pub use paging::Blocking;
#[doc(hidden)]
pub use paging::decode_page;
pub use paging::{CollectAll, Extent, Items, Page, Pages};
pub(crate) use reply::is_html;
pub use request::Request;
pub(crate) use response::Inspect;
pub use response::{ByteStream, Response};
use retry::Budget;
pub use retry::RetryPolicy;
pub use server::Server;
pub(crate) use storage::{Address, Storage};
pub use token::{Secret, TokenProvider, TokenResult};

use crate::transport::{self, Clock, Transport};

/// How long a call may take, with all of its attempts, when nothing else was said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long one attempt may take when nothing else was said.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body that is read as a stream may take when nothing else was said.
pub const DEFAULT_STREAM_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The most bytes that a response may have when nothing else was said.
pub const DEFAULT_BODY_LIMIT: usize = 64 << 20;

/// How requests say who sends them, after what the application says.
const AGENT: &str = concat!("polar-client/", env!("CARGO_PKG_VERSION"));

/// What all clients of one server share.
struct Shared {
    transport: Arc<dyn Transport>,
    server: Server,
    version: &'static str,
    not_found: &'static [&'static str],
    agent: HeaderValue,
    options: CallOptions,
    clock: Clock,
    budget: Budget,
    limiter: Option<Limiter>,
}

/// A connection to one server with one credential. Cheap to clone: clones share their connections, and what they may spend
/// on repeats.
#[derive(Clone)]
pub struct Client<C> {
    shared: Arc<Shared>,
    credential: C,
}

impl<C: Credential> Client<C> {
    /// A client of the version's usual server, with the default transport and settings.
    ///
    /// A transport that cannot be set up is reported by the first call. To know at once, use [`ClientBuilder`].
    #[must_use]
    pub fn new<V: ApiVersion>(credential: C) -> Self {
        let shared = Shared {
            transport: transport::default_transport().unwrap_or_else(transport::broken),
            server: V::DEFAULT_SERVER,
            version: V::VERSION,
            not_found: V::NOT_FOUND,
            agent: HeaderValue::from_static(AGENT),
            options: CallOptions::new(),
            clock: Clock::default(),
            budget: Budget::default(),
            limiter: None,
        };
        Self::from_shared(shared, credential)
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
            .field("options", &self.shared.options)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
