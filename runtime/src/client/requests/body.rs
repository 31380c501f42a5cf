//! Arguments for request bodies.

use crate::codec::Encode;

/// A value that can be sent as a `T`: a `T`, a reference to a `T`, or a variant of the union `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as `{T}`",
    label = "expected a `{T}`, or a reference to one",
    note = "where `{T}` is a union, its variants can be passed, too, by value or by reference"
)]
pub trait Body<T>: Encode {}

impl<T: Encode> Body<T> for T {}

impl<T: Encode> Body<T> for &T {}
