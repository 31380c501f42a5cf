//! What may be passed where an operation takes a body.

use crate::codec::Encode;

/// A value that can be sent as a `T`: a `T`, a reference to one, or one of the variants of a `T` that is a union.
pub trait Body<T>: Encode {}

impl<T: Encode> Body<T> for T {}

impl<T: Encode> Body<T> for &T {}
