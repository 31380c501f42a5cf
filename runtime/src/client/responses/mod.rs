//! Successful responses.

mod reply;
mod response;
mod span;
mod stream;

pub(in crate::client) use reply::Reply;
pub(crate) use reply::is_html;
pub use response::Response;
pub(in crate::client) use span::CallSpan;
#[cfg(feature = "tracing")]
pub(in crate::client) use span::record;
pub use stream::ByteStream;
pub(crate) use stream::Inspect;
