//! What a mock knows of an operation.

use super::answer::Answer;
use crate::client::Operation;

/// An operation, named by the type of its request: `services::customers::Get`.
pub trait Endpoint {
    /// What the operation answers.
    type Output;

    /// The operation.
    const OPERATION: &'static Operation;

    /// The answer of the API that becomes this value.
    fn answer(output: &Self::Output) -> Answer;
}
