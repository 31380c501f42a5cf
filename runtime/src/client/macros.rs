//! The macros that generated code closes its operations with.

/// Implements `with`, `send` and its relatives, and `IntoFuture` for a request value, a struct around a
/// [`Request`](crate::client::Request).
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

        impl $name {
            /// Sends the request and gives the text as bytes.
            pub fn send_bytes(self) -> $crate::client::Call<$crate::__private::Bytes> {
                $crate::client::Call::<$crate::__private::Bytes>::bytes(self.0)
            }

            /// Sends the request and gives the text piece by piece, as it arrives. It may be of any size.
            pub fn send_stream(self) -> $crate::client::Call<$crate::client::ByteStream> {
                $crate::client::Call::<$crate::client::ByteStream>::stream(self.0)
            }
        }
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
            /// Sets how this request is sent: timeouts, retries, headers, token.
            #[inline]
            pub fn with(mut self, options: $crate::client::CallOptions) -> Self {
                self.0.options(options);
                self
            }

            /// Sends the request. Awaiting the value itself does the same.
            #[inline]
            pub fn send(self) -> $crate::client::Call<$output> {
                $crate::client::Call::<$output>::$form(self.0)
            }

            /// Sends the request and gives the status and headers of the response too.
            #[inline]
            pub fn send_with_response(self) -> $crate::client::ResponseCall<$output> {
                self.send().with_response()
            }

            $crate::__send_blocking!($output);
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

#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __send_blocking {
    ($output:ty) => {
        /// Sends the request and waits on this thread, which must not be one of an async runtime.
        #[inline]
        pub fn send_blocking(self) -> ::core::result::Result<$output, $crate::Error> {
            self.send().wait()
        }
    };
}

#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __send_blocking {
    ($output:ty) => {};
}
