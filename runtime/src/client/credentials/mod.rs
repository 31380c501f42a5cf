//! Credentials and token providers.

mod credential;
mod token;

pub use credential::{
    AccountAccess, Anonymous, Credential, CustomerSession, MemberAccess, MemberSession,
    OpenIdAccess, OpenIdToken, OptionalAccess, OrganizationToken, PersonalAccess, PersonalToken,
    PortalAccess, RegistrationAccess, RegistrationToken,
};
pub(in crate::client) use token::{Bearer, Source};
pub use token::{Secret, TokenProvider, TokenResult};
