//! The facts about an operation that do not change from request to request.

mod access;

pub use access::Access;

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation's name, which errors show: `customers:list`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path below the server's URL, with `{name}` where a parameter goes. Slashes at the end matter.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether the operation may be repeated.
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

    /// The name, as it is sent.
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

    /// Whether servers want to know the length of the body even if there is none.
    pub(in crate::client) fn has_body(self) -> bool {
        matches!(self, Self::Patch | Self::Post | Self::Put)
    }
}

/// Whether a request may be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Sending it twice does what sending it once does.
    Safe,
    /// Sending it twice could do something twice.
    Unsafe,
    /// Safe if the body has a key everywhere at the end of this path, by which the server knows what it already has. Lists
    /// on the way are not named. [`Request::safety`](crate::client::Request::safety) has looked.
    Keyed(&'static [&'static str]),
}
