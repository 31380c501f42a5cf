//! Transports: how requests reach the server.
//!
//! A [`Transport`] sends requests and returns responses, both as types of the `http` crate. Layers are transports that
//! wrap other transports, for example to sign, log or record: see
//! [`ClientBuilder::layer`](crate::client::ClientBuilder::layer).

mod body;
mod default;
mod interface;
#[cfg(feature = "reqwest")]
mod reqwest;
mod timer;

#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestTransport;
pub use crate::error::{TransportError, TransportErrorKind};
pub use crate::time::Instant;
pub use body::Body;
pub(crate) use body::{Chunks, ReadError};
pub(crate) use default::{broken, default_transport};
pub use interface::{BoxFuture, Timeout, Transport};
pub use timer::Timer;
pub(crate) use timer::{Clock, Deadline};
