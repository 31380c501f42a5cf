//! The operations that a mock can expect.

use super::reply::Reply;
use crate::client::Operation;
use crate::testing::sample::Sample;

/// An operation, named by the type of its request: `services::customers::Get`.
pub trait Endpoint {
    /// The type of its response.
    type Output: Sample;

    /// The operation.
    const OPERATION: &'static Operation;

    /// Returns the API's response that is decoded to this value.
    fn reply(output: &Self::Output) -> Reply;
}
