//! Static facts about an operation.

mod access;

pub use access::Access;

/// An operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation ID, which error messages contain: `customers:list`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path relative to the server's URL, with `{name}` for parameters. Trailing slashes are significant.
    pub path: &'static str,
    /// The credentials that it accepts.
    pub access: Access,
    /// Whether it is safe to retry.
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

    /// Returns the name as it is sent.
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

    /// Returns whether servers require a `Content-Length` even without a body.
    pub(in crate::client) fn has_body(self) -> bool {
        matches!(self, Self::Patch | Self::Post | Self::Put)
    }
}

/// Whether a request is safe to retry when its outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Idempotent: a retry has the same effect.
    Safe,
    /// Not idempotent: a retry may perform the operation again.
    Unsafe,
    /// Idempotent if the body has an idempotency key at this path, in every item of lists on the way (which the path
    /// does not name). [`Request::safety`](crate::client::Request::safety) evaluates that.
    Keyed(&'static [&'static str]),
}
