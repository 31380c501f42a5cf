//! What a mock knows of an operation.

use super::reply::Reply;
use crate::client::Operation;
use crate::testing::sample::Sample;

/// An operation, named by the type of its request: `services::customers::Get`.
pub trait Endpoint {
    /// What the operation returns.
    type Output: Sample;

    /// The operation.
    const OPERATION: &'static Operation;

    /// The response of the API that is decoded to this value.
    fn reply(output: &Self::Output) -> Reply;
}
