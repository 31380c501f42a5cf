//! The types of credentials. Each operation accepts only some of them, which the compiler checks.

use std::fmt;
use std::sync::Arc;

use super::token::{Bearer, Secret, Source, TokenProvider};
use crate::secrets::REDACTED;

/// A credential of a client, such as an access token. Only the types of this module implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a credential",
    label = "expected a credential",
    note = "credentials are `OrganizationToken`, `PersonalToken`, `OpenIdToken`, `CustomerSession`, `MemberSession`, `RegistrationToken` and `Anonymous`: `CustomerSession::new(\"polar_cst_...\")`"
)]
pub trait Credential: sealed::Token + Clone + fmt::Debug + Send + Sync + 'static {}

/// Credentials that act for an organization or for a user of the dashboard.
#[diagnostic::on_unimplemented(
    message = "the operation takes an organization or personal access token, not `{Self}`",
    label = "the client acts with `{Self}`",
    note = "`Polar::new(token)` acts with an `OrganizationToken`; `polar.with_credential(PersonalToken::new(token))` with a `PersonalToken`, `OpenIdToken` likewise"
)]
pub trait AccountAccess: Credential {}

/// Credentials that act for a user of the dashboard.
#[diagnostic::on_unimplemented(
    message = "the operation takes the token of a person, not `{Self}`",
    label = "the client acts with `{Self}`",
    note = "use `polar.with_credential(PersonalToken::new(token))`, or an `OpenIdToken`"
)]
pub trait PersonalAccess: AccountAccess + OptionalAccess {}

/// Credentials that were obtained through OpenID Connect.
#[diagnostic::on_unimplemented(
    message = "the operation takes a token obtained through OpenID Connect, not `{Self}`",
    label = "the client acts with `{Self}`",
    note = "use `polar.with_credential(OpenIdToken::new(token))`"
)]
pub trait OpenIdAccess: AccountAccess {}

/// No credential, or a credential that acts for a user of the dashboard.
#[diagnostic::on_unimplemented(
    message = "the operation takes no credential or the token of a person, not `{Self}`",
    label = "the client acts with `{Self}`",
    note = "use `polar.with_credential(Anonymous)`, a `PersonalToken` or an `OpenIdToken`"
)]
pub trait OptionalAccess: Credential {}

/// Credentials that act for a customer in the customer portal.
#[diagnostic::on_unimplemented(
    message = "the operation takes a customer or member session, not `{Self}`",
    label = "the customer portal is used with `{Self}`",
    note = "use `polar.customer_portal(CustomerSession::new(token))`, or a `MemberSession`; `polar.customer_sessions().create(..)` returns such a token"
)]
pub trait PortalAccess: Credential {}

/// Credentials that act for a member of a customer in the customer portal.
#[diagnostic::on_unimplemented(
    message = "the operation takes a member session, not `{Self}`",
    label = "the customer portal is used with `{Self}`",
    note = "use `polar.customer_portal(MemberSession::new(token))`"
)]
pub trait MemberAccess: PortalAccess {}

/// Credentials that manage the registration of an OAuth2 client.
#[diagnostic::on_unimplemented(
    message = "the operation takes the registration access token of an OAuth2 client, not `{Self}`",
    label = "the client acts with `{Self}`",
    note = "use `polar.with_credential(RegistrationToken::new(token))`, with the token that the registration returned"
)]
pub trait RegistrationAccess: Credential {}

mod sealed {
    use super::super::token::Bearer;

    pub trait Token {
        /// Returns the bearer token, if there is one.
        fn token(&self) -> Option<Bearer>;
    }
}

/// No credential, for operations that need none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anonymous;

impl sealed::Token for Anonymous {
    fn token(&self) -> Option<Bearer> {
        None
    }
}

impl Credential for Anonymous {}

impl OptionalAccess for Anonymous {}

macro_rules! bearer {
    ($(#[$docs:meta])* $name:ident: $($access:ident),+) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name(Source);

        impl $name {
            /// Creates the credential from a token as it was issued. If an operation does not accept this kind of
            /// token, which is detected by the prefix, calls fail before anything is sent.
            #[must_use]
            pub fn new(token: impl Into<Secret>) -> Self {
                Self(Source::Fixed(token.into()))
            }

            /// Creates the credential from a token provider, which is called before each request.
            #[must_use]
            pub fn provided_by(provider: impl TokenProvider) -> Self {
                Self(Source::Provider(Arc::new(provider)))
            }
        }

        impl From<&str> for $name {
            fn from(token: &str) -> Self {
                Self::new(token)
            }
        }

        impl From<String> for $name {
            fn from(token: String) -> Self {
                Self::new(token)
            }
        }

        /// Omits the token.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({REDACTED})", stringify!($name))
            }
        }

        impl sealed::Token for $name {
            fn token(&self) -> Option<Bearer> {
                Some(Bearer(self.0.clone()))
            }
        }

        impl Credential for $name {}

        $(impl $access for $name {})+
    };
}

bearer! {
    /// An organization access token: `polar_oat_...`.
    OrganizationToken: AccountAccess
}

bearer! {
    /// A personal access token: `polar_pat_...`. It acts for a user, in all organizations of that user.
    PersonalToken: AccountAccess, OptionalAccess, PersonalAccess
}

bearer! {
    /// A token obtained through OpenID Connect: `polar_at_u_...` for a user, `polar_at_o_...` for an organization.
    OpenIdToken: AccountAccess, OptionalAccess, PersonalAccess, OpenIdAccess
}

bearer! {
    /// The token of a customer session: `polar_cst_...`. It acts for a customer in the customer portal.
    CustomerSession: PortalAccess
}

bearer! {
    /// The token of a member session: `polar_mst_...`. It acts for one member of a customer in the customer portal.
    MemberSession: PortalAccess, MemberAccess
}

bearer! {
    /// The registration access token of an OAuth2 client: `polar_crt_...`.
    ///
    /// The API returns it when the client is registered. It can read, replace and delete that registration (RFC 7592).
    RegistrationToken: RegistrationAccess
}
