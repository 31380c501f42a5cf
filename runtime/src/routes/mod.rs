//! Routes for axum that redirect visitors to a checkout or to the customer portal.
//!
//! Each route creates a session with the API and redirects to it. Two rules protect against manipulated URLs:
//!
//! - **The program identifies the customer**, with a function that is passed to `identified_by`. A query that selects
//!   another customer is rejected. Anonymous visitors cannot select a customer.
//! - **The program and the API determine the target of the redirect.** Success and return URLs are set by the program.
//!   The URL of the session comes from the API, and must use `https` or refer to this machine. The query cannot change
//!   any of these URLs.

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
