//! Macros by which generated code describes its operations and types for tests. Without the feature `test-util`, they
//! expand to nothing.

/// Describes the operation of a request.
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

/// Lists the operations whose requests are defined in the services of this folder.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! operations {
    ($name:ident { $($($path:ident)::+),* $(,)? }) => {
        static $name: &[&$crate::client::Operation] =
            &[$(<super::services::$($path)::+ as $crate::testing::Endpoint>::OPERATION),*];
    };
}

/// Defines the schemas in the `schemas.json` of this folder, and those that they refer to.
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

/// Lists the response types of the models of this folder.
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

/// Sets the API version of the schemas.
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

/// Sets the events of the schemas.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! sampled_events {
    ($event:ident) => {
        impl super::webhooks::$event {
            /// Returns an event of a type with the sample of its payload, for tests; for a type that the OpenAPI
            /// description does not list, an unknown event.
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
