//! Routes for axum that send visitors to a checkout or to the customer portal.
//!
//! Both create a session with the API and redirect to it. Two rules hold for them:
//!
//! - **Who the customer is, the program says**, with the function that a route is finished with. A query that names another
//!   customer is refused, and an anonymous visitor cannot name any.
//! - **Where a visitor goes, the program and the API say.** The success and return URLs are configured; the redirect goes to
//!   the URL of the session, if it is `https`, or on this machine. Nothing of the query becomes part of either.

mod checkout;
mod identity;
mod portal;
mod query;
mod redirect;
mod refusal;
mod session;

pub use checkout::CheckoutRoute;
pub use identity::Identity;
pub use portal::PortalRoute;
