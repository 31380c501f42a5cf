//! Requests, and their conversion to HTTP requests.

mod body;
mod form;
mod message;
mod request;
mod strings;

pub use body::Body;
pub(in crate::client) use form::Form;
pub(in crate::client) use message::message;
pub use request::Request;
