//! Macros that describe the operations and types of generated code for tests. Without the feature `test-util`, they
//! expand to nothing.

/// Implements `Endpoint` for a request type, so that tests can identify its operation.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! __endpoint {
    ($name:ident, $form:ident, $output:ty, $operation:ident) => {
        impl $crate::testing::Endpoint for $name {
            type Output = $output;
            const OPERATION: &'static $crate::client::Operation = &$operation;

            #[inline]
            fn reply(output: &$output) -> $crate::testing::Reply {
                $crate::testing::Reply::$form(output)
            }
        }
    };
    ($name:ident, $form:ident, $output:ty) => {};
}

/// Defines the list of the operations in the services of this folder.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! operations {
    ($name:ident { $($($path:ident)::+),* $(,)? }) => {
        static $name: &[&$crate::client::Operation] =
            &[$(<super::services::$($path)::+ as $crate::testing::Endpoint>::OPERATION),*];
    };
}

/// Defines the schemas of the file `schemas.json` in this folder, with the schemas of other folders that it refers to.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! schemas {
    ($name:ident { $($above:path),* $(,)? }) => {
        pub(crate) static $name: $crate::testing::Schemas = $crate::testing::Schemas::new(
            ::core::include_str!("schemas.json"),
            OPERATIONS,
            &[$(&$above),*],
        );
    };
}

/// Implements `Sample` for the response types in the models of this folder.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! samples {
    ($schemas:ident { $($name:ident),* $(,)? }) => {
        $(
            impl $crate::testing::Sample for super::models::$name {
                #[inline]
                fn schema() -> $crate::testing::Schema {
                    $crate::testing::Schema::named(::core::stringify!($name), &$schemas)
                }
            }
        )*
    };
}

/// Implements `Described` for an API version: its schemas.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! schemas_of {
    ($version:ident) => {
        impl $crate::testing::Described for super::$version {
            const SCHEMAS: &'static $crate::testing::Schemas = &SCHEMAS;
        }
    };
}

/// Implements `sample` for the webhook events of an API version.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! sampled_events {
    ($event:ident) => {
        impl super::webhooks::$event {
            /// Returns a sample event of this type, for tests. If the OpenAPI description does not list the type,
            /// returns an unknown event.
            #[must_use]
            #[inline]
            pub fn sample(event_type: impl ::core::convert::AsRef<str>) -> Self {
                $crate::testing::sample_event(&SCHEMAS, event_type.as_ref())
            }
        }
    };
}

/// Expands to nothing without the feature `test-util`.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __endpoint {
    ($($anything:tt)*) => {};
}

/// Expands to nothing without the feature `test-util`.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! operations {
    ($($anything:tt)*) => {};
}

/// Expands to nothing without the feature `test-util`.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! schemas {
    ($($anything:tt)*) => {};
}

/// Expands to nothing without the feature `test-util`.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! samples {
    ($($anything:tt)*) => {};
}

/// Expands to nothing without the feature `test-util`.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! schemas_of {
    ($($anything:tt)*) => {};
}

/// Expands to nothing without the feature `test-util`.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! sampled_events {
    ($($anything:tt)*) => {};
}
