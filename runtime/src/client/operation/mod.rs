//! Static descriptions of operations.

mod access;

pub use access::Access;

/// The static description of an operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation ID, such as `customers:list`. Error messages contain it.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path relative to the server's URL, with `{name}` for path parameters. A trailing slash is significant.
    pub path: &'static str,
    /// The credentials that the operation accepts.
    pub access: Access,
    /// Whether the operation is idempotent.
    pub safety: Safety,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Method {
    Delete,
    Get,
    Patch,
    Post,
    Put,
}

impl Method {
    pub(crate) fn to_http(self) -> http::Method {
        match self {
            Self::Delete => http::Method::DELETE,
            Self::Get => http::Method::GET,
            Self::Patch => http::Method::PATCH,
            Self::Post => http::Method::POST,
            Self::Put => http::Method::PUT,
        }
    }

    /// Returns the name of the method, such as `GET`.
    #[cfg(feature = "opentelemetry")]
    pub(in crate::client) const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    /// Returns whether servers expect a `Content-Length` header even if there is no body.
    pub(in crate::client) fn has_body(self) -> bool {
        matches!(self, Self::Patch | Self::Post | Self::Put)
    }
}

/// Whether an operation is safe to retry when it is unknown whether the server has processed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// A retry has the same effect as a single execution.
    Idempotent,
    /// A retry may perform the operation again.
    NotIdempotent,
    /// Idempotent if the body contains an idempotency key at this path of object keys. If the path leads through a
    /// list, every item must contain a key. [`Request::safety`](crate::client::Request::safety) evaluates it.
    Keyed(&'static [&'static str]),
}
