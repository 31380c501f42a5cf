//! `Endpoint`: the operations that a mock can expect.

use super::reply::Reply;
use crate::client::Operation;
use crate::testing::sample::Sample;

/// An operation that a [`Mock`](super::Mock) can expect, named by the type of its request: `services::customers::Get`.
///
/// Generated code implements it.
pub trait Endpoint {
    /// The type of the response.
    type Output: Sample;

    /// The path, method and other facts of the operation.
    const OPERATION: &'static Operation;

    /// Returns the response of the API from which a client decodes this value.
    fn reply(output: &Self::Output) -> Reply;
}
