//! What may be passed where an operation takes a body.

use crate::codec::Encode;

/// A value that can be sent as a `T`: a `T`, a reference to one, or one of the variants of a `T` that is a union.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as `{T}`",
    label = "expected a `{T}`, or a reference to one",
    note = "where `{T}` is a union, its variants can be passed, too, by value or by reference"
)]
pub trait Body<T>: Encode {}

impl<T: Encode> Body<T> for T {}

impl<T: Encode> Body<T> for &T {}
