//! Routes for axum that redirect visitors to a checkout or to the customer portal.
//!
//! Both create a session with the API and redirect to it, by two rules:
//!
//! - **The program identifies the customer**, with the function that the route is built with. A query that names
//!   another customer is rejected, and an anonymous visitor cannot name any.
//! - **The program and the API determine the target.** Success and return URLs are configured. The redirect goes to the
//!   URL of the session, which must be `https` or on this machine. Neither contains anything from the query.

mod checkout;
mod identity;
mod portal;
mod query;
mod redirect;
mod rejection;
mod session;

pub use checkout::CheckoutRoute;
pub use identity::Identity;
pub use portal::PortalRoute;
