//! Calls with a credential that the operation does not take: none of them compiles.
//!
//! Each is the same as one that compiles, but for the credential.
//!
//! ```
//! use polar_client::v2026_10::Polar;
//! use polar_client::{Anonymous, CustomerSession, MemberSession, OpenIdToken, PersonalToken};
//!
//! fn calls(organization: &Polar, body: polar_client::v2026_10::models::CheckoutConfirmStripe) {
//!     let _ = organization.orders().list();
//!     let _ = organization.checkouts().client_get("secret");
//!     let anonymous = organization.with_credential(Anonymous);
//!     let _ = anonymous.checkouts().client_get("secret");
//!     let _ = anonymous.checkouts().client_confirm("secret", body);
//!     let person = organization.with_credential(PersonalToken::new("polar_pat_"));
//!     let _ = person.organizations().list();
//!     let _ = person.oauth2().clients().get_client("id");
//!     let user = organization.with_credential(OpenIdToken::new("polar_at_u_"));
//!     let _ = user.oauth2().userinfo();
//!     let customer = organization.customer_portal(CustomerSession::new("polar_cst_"));
//!     let _ = customer.orders().list();
//!     let member = organization.customer_portal(MemberSession::new("polar_mst_"));
//!     let _ = (member.orders().list(), member.members().list_members());
//! }
//! ```
//!
//! Without a credential, nothing of an organization:
//! ```compile_fail,E0599
//! let _ = polar_client::v2026_10::Polar::anonymous().orders().list();
//! ```
//!
//! What acts for a person is not for an organization:
//! ```compile_fail,E0599
//! fn call(organization: &polar_client::v2026_10::Polar) {
//!     let _ = organization.oauth2().clients().get_client("id");
//! }
//! ```
//!
//! Nor is what was signed in for, not even for a personal access token:
//! ```compile_fail,E0599
//! use polar_client::{PersonalToken, v2026_10::Polar};
//! let _ = Polar::anonymous().with_credential(PersonalToken::new("")).oauth2().userinfo();
//! ```
//!
//! An organization has no orders of its own in the portal:
//! ```compile_fail,E0599
//! use polar_client::{OrganizationToken, v2026_10::Polar};
//! let _ = Polar::anonymous().customer_portal(OrganizationToken::new("")).orders().list();
//! ```
//!
//! A customer is no organization:
//! ```compile_fail,E0599
//! use polar_client::{CustomerSession, v2026_10::Polar};
//! let _ = Polar::anonymous().with_credential(CustomerSession::new("")).orders().list();
//! ```
//!
//! A customer session does not do where a member session is needed:
//! ```compile_fail,E0599
//! use polar_client::{CustomerSession, v2026_10::Polar};
//! let _ = Polar::anonymous().customer_portal(CustomerSession::new("")).members().list_members();
//! ```
//!
//! Credentials are not text:
//! ```compile_fail,E0277
//! let _ = polar_client::v2026_10::Polar::anonymous().customer_portal("polar_cst_");
//! ```
