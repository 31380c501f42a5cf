//! Credentials. Which one an operation needs is in the types, so that the wrong one does not compile.

use std::fmt;
use std::sync::Arc;

use crate::codec::REDACTED;

/// Something that a request can identify itself with. Implemented by the types of this module only.
pub trait Credential: sealed::Token + Clone + fmt::Debug + Send + Sync + 'static {}

/// Credentials that act for an account: an organization or a user of the dashboard.
pub trait AccountAccess: Credential {}

/// Credentials that act for a customer in the customer portal.
pub trait PortalAccess: Credential {}

/// Credentials that act for one member of a customer.
pub trait MemberAccess: PortalAccess {}

mod sealed {
    use std::sync::Arc;

    pub trait Token {
        /// The bearer token, if there is one.
        fn token(&self) -> Option<Arc<str>>;
    }
}

/// No credential, for the operations that need none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anonymous;

impl sealed::Token for Anonymous {
    fn token(&self) -> Option<Arc<str>> {
        None
    }
}

impl Credential for Anonymous {}

macro_rules! bearer {
    ($(#[$docs:meta])* $name:ident: $($access:ident),+) => {
        $(#[$docs])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the token as it was issued. It is not checked before it is sent.
            #[must_use]
            pub fn new(token: impl Into<String>) -> Self {
                Self(Arc::from(token.into()))
            }
        }

        impl From<&str> for $name {
            fn from(token: &str) -> Self {
                Self(Arc::from(token))
            }
        }

        impl From<String> for $name {
            fn from(token: String) -> Self {
                Self(Arc::from(token))
            }
        }

        /// Does not show the token.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({REDACTED})", stringify!($name))
            }
        }

        impl sealed::Token for $name {
            fn token(&self) -> Option<Arc<str>> {
                Some(Arc::clone(&self.0))
            }
        }

        impl Credential for $name {}

        $(impl $access for $name {})+
    };
}

bearer! {
    /// An organization access token, a personal access token, or a token obtained through OpenID Connect.
    AccessToken: AccountAccess
}

bearer! {
    /// The token of a customer session, for the customer portal.
    CustomerSession: PortalAccess
}

bearer! {
    /// The token of a member session: the customer portal as one member of the customer sees it.
    MemberSession: PortalAccess, MemberAccess
}
