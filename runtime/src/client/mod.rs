//! Clients, requests and calls.

#[cfg(feature = "blocking")]
mod blocking;
mod configuration;
mod credentials;
mod execution;
#[cfg(feature = "exports")]
mod export;
mod macros;
mod operation;
mod paging;
mod policies;
mod requests;
mod responses;
mod test_macros;

#[cfg(feature = "blocking")]
pub use blocking::Blocking;
#[cfg(feature = "blocking")]
pub(crate) use blocking::wait;
#[cfg(feature = "webhooks")]
pub(crate) use configuration::required_variable;
pub use configuration::{
    ApiVersion, CallOptions, Client, ClientBuilder, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BODY_LIMIT,
    DEFAULT_STREAM_TIMEOUT, DEFAULT_TIMEOUT, Server,
};
pub use credentials::{
    AccountAccess, Anonymous, Credential, CustomerSession, MemberAccess, MemberSession,
    OpenIdAccess, OpenIdToken, OptionalAccess, OrganizationToken, PersonalAccess, PersonalToken,
    PortalAccess, RegistrationAccess, RegistrationToken, Secret, TokenProvider, TokenResult,
};
pub(crate) use execution::{Address, Storage};
pub use execution::{Call, ResponseCall};
#[cfg(feature = "outpost")]
pub(crate) use execution::{Connection, upgrade};
#[cfg(feature = "exports")]
pub use export::{Record, Records, Rows};
pub use operation::{Access, Method, Operation, Safety};
#[doc(hidden)]
pub use paging::decode_page;
pub use paging::{CollectAll, Extent, Items, Page, Pages};
#[cfg(feature = "redis")]
pub use policies::SharedRateLimit;
pub use policies::{RateLimit, RetryPolicy};
pub use requests::{Body, Request};
pub use responses::{ByteStream, Response};
pub(crate) use responses::{Inspect, is_html};
