//! Types of request bodies that are encoded and never decoded.

use super::Encode;

/// An enum in request bodies that is encoded as the content of its variant.
pub trait Choice {
    /// Returns the variant's name and content.
    fn view(&self) -> (&'static str, &dyn Encode);
}

/// Implements [`Encode`], `Debug`, `PartialEq`, `serde::Serialize` and `validate` for request-only structs that
/// implement [`Record`](crate::codec::Record). Their constraints ([`Limit`](crate::codec::Limit)) are in braces.
#[macro_export]
macro_rules! input {
    ($name:ident { $($key:literal = [$($limit:expr),*]),* $(,)? }) => {
        $crate::__encode_model!($name [$(($key, [$($limit),*]))*]);
        $crate::encode_traits!($name);
        $crate::__equal!($name);
        $crate::__validate!($name);
    };
    ($($name:ident),* $(,)?) => {
        $($crate::input!($name {});)*
    };
}

/// Implements [`Encode`], `Debug`, `PartialEq`, `serde::Serialize` and `validate` for request-only enums that implement
/// [`Choice`].
#[macro_export]
macro_rules! choice {
    ($($name:ident),* $(,)?) => {
        $(
            impl $crate::codec::Encode for $name {
                #[inline]
                fn view(&self) -> $crate::codec::View<'_> {
                    let (name, content) = $crate::codec::Choice::view(self);
                    $crate::codec::View::Variant { name, content }
                }
            }

            $crate::encode_traits!($name);
            $crate::__equal!($name);
            $crate::__validate!($name);
        )*
    };
}
