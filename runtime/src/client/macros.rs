//! The macros that generated code closes its operations with.

/// Implements `send` and `IntoFuture` for a request value, a struct around a [`Request`](crate::client::Request).
///
/// After the arrow stands what the operation answers: `json T`; `optional T` for a `T` or nothing; `empty`; or `text`.
#[macro_export]
macro_rules! operation {
    ($name:ident => json $output:ty) => {
        $crate::__operation!($name, json, $output);
    };
    ($name:ident => optional $output:ty) => {
        $crate::__operation!($name, optional, ::core::option::Option<$output>);
    };
    ($name:ident => empty) => {
        $crate::__operation!($name, empty, ());
    };
    ($name:ident => text) => {
        $crate::__operation!($name, text, ::std::string::String);
    };
}

/// Lets a variant of a union, or a reference to it, be passed where an operation sends the union.
#[macro_export]
macro_rules! variant_body {
    ($union:ty: $variant:ty) => {
        impl $crate::client::Body<$union> for $variant {}
        impl $crate::client::Body<$union> for &$variant {}
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __operation {
    ($name:ident, $form:ident, $output:ty) => {
        impl $name {
            /// Sends the request. Awaiting the value itself does the same.
            #[inline]
            pub fn send(self) -> $crate::client::Call<$output> {
                $crate::client::Call::<$output>::$form(self.0)
            }
        }

        impl ::core::future::IntoFuture for $name {
            type Output = ::core::result::Result<$output, $crate::Error>;
            type IntoFuture = $crate::client::Call<$output>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }
    };
}
