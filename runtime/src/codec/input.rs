//! Types that are only sent: they are encoded, and never decoded.

use super::Encode;

/// An enum of which a value is sent as one of its variants.
pub trait Choice {
    /// The content of the variant.
    fn view(&self) -> &dyn Encode;
}

/// Implements [`Encode`], `Debug` and `serde::Serialize` for structs that are only sent and implement
/// [`Record`](crate::codec::Record).
#[macro_export]
macro_rules! input {
    ($($name:ident),* $(,)?) => {
        $(
            impl $crate::codec::Encode for $name {
                #[inline]
                fn view(&self) -> $crate::codec::View<'_> {
                    $crate::codec::View::Model { name: ::core::stringify!($name), fields: self }
                }
            }

            $crate::__encode_traits!($name);
        )*
    };
}

/// Implements [`Encode`], `Debug` and `serde::Serialize` for enums that are [`Choice`]s.
#[macro_export]
macro_rules! choice {
    ($($name:ident),* $(,)?) => {
        $(
            impl $crate::codec::Encode for $name {
                #[inline]
                fn view(&self) -> $crate::codec::View<'_> {
                    $crate::codec::Encode::view($crate::codec::Choice::view(self))
                }
            }

            $crate::__encode_traits!($name);
        )*
    };
}
