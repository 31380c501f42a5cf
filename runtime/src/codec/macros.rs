//! Macros that implement traits and methods for generated types. They only forward to functions of this crate.

/// Implements [`Decode`](crate::codec::Decode), [`Encode`](crate::codec::Encode), `Debug`, `PartialEq`,
/// `serde::Serialize` and `serde::Deserialize` for structs that implement [`Model`](crate::codec::Model).
///
/// `page` marks a struct that is a [`Page`](crate::client::Page): it is also decoded from a plain array.
///
/// Structs that are also sent have their constraints ([`Limit`](crate::codec::Limit)) in braces, and get a method
/// `validate`.
#[macro_export]
macro_rules! model {
    ($name:ident { $($key:literal = [$($limit:expr),*]),* $(,)? }) => {
        $crate::model!(@ $name [$(($key, [$($limit),*]))*]);
        $crate::__validate!($name);
    };
    (page $name:ident) => {
        impl $crate::codec::Decode for $name {
            #[inline]
            fn decode(node: $crate::codec::Node<'_, '_>) -> Self {
                $crate::client::decode_page(node, |node| node.model())
            }
        }

        $crate::__encode_model!($name []);
        $crate::__codec_traits!($name);
        $crate::__equal!($name);
    };
    ($($name:ident),* $(,)?) => {
        $($crate::model!(@ $name []);)*
    };
    (@ $name:ident $limits:tt) => {
            impl $crate::codec::Decode for $name {
                #[inline]
                fn decode(node: $crate::codec::Node<'_, '_>) -> Self {
                    node.model()
                }
            }

            $crate::__encode_model!($name $limits);
            $crate::__codec_traits!($name);
            $crate::__equal!($name);
    };
}

/// Implements [`Decode`](crate::codec::Decode), [`Encode`](crate::codec::Encode), `Debug`, `PartialEq`,
/// `serde::Serialize` and `serde::Deserialize` for enums that implement [`Union`](crate::codec::Union). `Debug` shows
/// the variant's name and content.
///
/// `page` marks an enum that is a [`Page`](crate::client::Page): it is also decoded from a plain array.
#[macro_export]
macro_rules! union {
    (page $name:ident) => {
        impl $crate::codec::Decode for $name {
            #[inline]
            fn decode(node: $crate::codec::Node<'_, '_>) -> Self {
                $crate::client::decode_page(node, |node| node.union(::core::stringify!($name)))
            }
        }

        $crate::__encode_union!($name);
    };
    ($($name:ident),* $(,)?) => {
        $(
            impl $crate::codec::Decode for $name {
                #[inline]
                fn decode(node: $crate::codec::Node<'_, '_>) -> Self {
                    node.union(::core::stringify!($name))
                }
            }

            $crate::__encode_union!($name);
        )*
    };
}

/// Implements [`Encode`](crate::codec::Encode), `Display`, `Debug`, `PartialEq` and `serde::Serialize` for structs that
/// implement [`UnknownVariant`](crate::codec::UnknownVariant), and the methods `raw` and `into_raw`.
#[macro_export]
macro_rules! unknown {
    ($name:ident) => {
        impl $name {
            /// Returns the value as it was received, as JSON.
            #[must_use]
            #[inline]
            pub fn raw(&self) -> &$crate::types::JsonValue {
                &self.raw
            }

            /// Converts to the value as it was received, as JSON.
            #[must_use]
            #[inline]
            pub fn into_raw(self) -> $crate::types::JsonValue {
                self.raw
            }
        }

        impl $crate::codec::Encode for $name {
            #[inline]
            fn view(&self) -> $crate::codec::View<'_> {
                $crate::codec::View::Json(&self.raw)
            }
        }

        /// Formats the value as JSON.
        impl ::core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.raw, f)
            }
        }

        $crate::encode_traits!($name);
        $crate::__equal!($name);
    };
}

/// Implements `From` the content of a union variant: `from_variant! { Price::Fixed(Box<ProductPriceFixed>) }`.
#[macro_export]
macro_rules! from_variant {
    ($union:ident :: $variant:ident (Box<$content:ty>)) => {
        impl ::core::convert::From<$content> for $union {
            #[inline]
            fn from(value: $content) -> Self {
                Self::$variant(::std::boxed::Box::new(value))
            }
        }
    };
    ($union:ident :: $variant:ident ($content:ty)) => {
        impl ::core::convert::From<$content> for $union {
            #[inline]
            fn from(value: $content) -> Self {
                Self::$variant(value)
            }
        }
    };
}

/// Implements further conversions for a string variant of a union: `from_string! { Value::Text }`.
#[macro_export]
macro_rules! from_string {
    ($union:ident :: $variant:ident) => {
        $crate::from_string!(@ $union $variant: &str, &::std::string::String, ::std::borrow::Cow<'_, str>);
    };
    (@ $union:ident $variant:ident: $($string:ty),*) => {
        $(
            impl ::core::convert::From<$string> for $union {
                #[inline]
                fn from(value: $string) -> Self {
                    Self::$variant(::std::string::String::from(value))
                }
            }
        )*
    };
}

/// Implements further conversions for a union variant that is a list of strings: `from_strings! { Value::Texts }`.
#[macro_export]
macro_rules! from_strings {
    ($union:ident :: $variant:ident) => {
        $crate::from_strings!(@ $union $variant: &[&str], ::std::vec::Vec<&str>);

        impl<const N: usize> ::core::convert::From<[&str; N]> for $union {
            #[inline]
            fn from(values: [&str; N]) -> Self {
                Self::from(values.as_slice())
            }
        }
    };
    (@ $union:ident $variant:ident: $($strings:ty),*) => {
        $(
            impl ::core::convert::From<$strings> for $union {
                #[inline]
                fn from(values: $strings) -> Self {
                    Self::$variant($crate::types::Strings::into_strings(values))
                }
            }
        )*
    };
}

/// Implements further conversions for an `i64` variant of a union: `from_integer! { Value::Integer }`.
///
/// `or Unknown` after the variant adds conversions from `u64`, `usize` and `isize`. A value that exceeds `i64` becomes
/// an unknown variant, which is sent unchanged.
#[macro_export]
macro_rules! from_integer {
    ($union:ident :: $variant:ident) => {
        $crate::from_integer!(@ $union $variant: i8, i16, i32, u8, u16, u32);
    };
    ($union:ident :: $variant:ident or Unknown) => {
        $crate::from_integer! { $union::$variant }
        $crate::from_integer!(@ $union $variant or Unknown: isize, u64, usize);
    };
    (@ $union:ident $variant:ident: $($integer:ty),*) => {
        $(
            impl ::core::convert::From<$integer> for $union {
                #[inline]
                fn from(value: $integer) -> Self {
                    Self::$variant(::core::convert::From::from(value))
                }
            }
        )*
    };
    (@ $union:ident $variant:ident or Unknown: $($integer:ty),*) => {
        $(
            /// Converts an integer. A value that exceeds `i64` becomes an unknown variant, which is sent unchanged.
            impl ::core::convert::From<$integer> for $union {
                #[inline]
                fn from(value: $integer) -> Self {
                    match ::core::convert::TryFrom::try_from(value) {
                        ::core::result::Result::Ok(value) => Self::$variant(value),
                        ::core::result::Result::Err(_) => Self::Unknown(::core::convert::From::from(value)),
                    }
                }
            }
        )*
    };
}

/// Implements further conversions for an `f64` variant of a union: `from_float! { Value::Number }`.
#[macro_export]
macro_rules! from_float {
    ($union:ident :: $variant:ident) => {
        /// Converts to `f64` without rounding: `0.1_f32` becomes `0.10000000149011612`.
        impl ::core::convert::From<f32> for $union {
            #[inline]
            fn from(value: f32) -> Self {
                Self::$variant(::core::convert::From::from(value))
            }
        }
    };
}

/// Implements the methods and traits of an enum of strings, whose last variant must be `Unknown(String)`: `VALUES`,
/// `as_str`, `is_unknown`, `Display`, `Debug`, `FromStr`, `From` strings and references, `AsRef<str>`,
/// [`StringEnum`](crate::types::StringEnum), [`Decode`](crate::codec::Decode), [`Encode`](crate::codec::Encode),
/// [`MapKey`](crate::codec::MapKey), `serde::Serialize` and `serde::Deserialize`.
///
/// ```
/// #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
/// pub enum Role { Owner, Member, Unknown(String) }
///
/// polar_client_runtime::string_enum! { Role { Owner = "owner", Member = "member" } }
///
/// assert_eq!(Role::from("owner"), Role::Owner);
/// assert_eq!(Role::VALUES, [Role::Owner, Role::Member]);
/// assert_eq!(Role::from("guest").as_str(), "guest");
/// ```
#[macro_export]
macro_rules! string_enum {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The known values, in the order of the OpenAPI description.
            pub const VALUES: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the value as the string that the API uses.
            #[must_use]
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(text) => text,
                }
            }

            /// Returns whether the value is unknown to this version of the crate.
            #[must_use]
            #[inline]
            pub fn is_unknown(&self) -> bool {
                ::core::matches!(self, Self::Unknown(_))
            }
        }

        impl ::core::convert::From<&str> for $name {
            #[inline]
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown(::std::string::String::from(text)),
                }
            }
        }

        impl ::core::convert::From<::std::string::String> for $name {
            #[inline]
            fn from(text: ::std::string::String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::core::convert::From<&&str> for $name {
            #[inline]
            fn from(text: &&str) -> Self {
                Self::from(*text)
            }
        }

        impl ::core::convert::From<&::std::string::String> for $name {
            #[inline]
            fn from(text: &::std::string::String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::core::convert::From<&$name> for $name {
            #[inline]
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        impl $crate::types::StringEnum for $name {}

        impl ::core::str::FromStr for $name {
            type Err = ::core::convert::Infallible;

            #[inline]
            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                ::core::result::Result::Ok(Self::from(text))
            }
        }

        impl ::core::convert::AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::codec::MapKey for $name {
            #[inline]
            fn from_key(key: &str) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self::from(key))
            }

            #[inline]
            fn to_key(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }

        impl $crate::codec::Decode for $name {
            #[inline]
            fn decode(node: $crate::codec::Node<'_, '_>) -> Self {
                Self::from(node.string())
            }
        }

        impl $crate::codec::Encode for $name {
            #[inline]
            fn view(&self) -> $crate::codec::View<'_> {
                $crate::codec::View::String(self.as_str())
            }
        }

        $crate::__codec_traits!($name);
    };
}

/// Implements [`Encode`](crate::codec::Encode) for a union.
#[doc(hidden)]
#[macro_export]
macro_rules! __encode_union {
    ($name:ident) => {
        impl $crate::codec::Encode for $name {
            #[inline]
            fn view(&self) -> $crate::codec::View<'_> {
                let (name, content) = $crate::codec::Union::view(self);
                $crate::codec::View::Variant { name, content }
            }
        }

        $crate::__codec_traits!($name);
        $crate::__equal!($name);
    };
}

/// Implements [`Encode`](crate::codec::Encode) for a struct.
#[doc(hidden)]
#[macro_export]
macro_rules! __encode_model {
    ($name:ident [$(($key:literal, [$($limit:expr),*]))*]) => {
        impl $crate::codec::Encode for $name {
            #[inline]
            fn view(&self) -> $crate::codec::View<'_> {
                #[allow(unused_imports, reason = "many types have no limits")]
                use $crate::codec::Limit::*;
                $crate::codec::View::Model {
                    outline: &$crate::codec::Outline {
                        name: ::core::stringify!($name),
                        limits: &[$(($key, &[$($limit),*])),*],
                    },
                    fields: self,
                }
            }
        }
    };
}

/// Implements the method `validate` for a type that is sent.
#[doc(hidden)]
#[macro_export]
macro_rules! __validate {
    ($name:ident) => {
        impl $name {
            /// Validates the value and all nested values against the constraints of the OpenAPI description: lengths,
            /// ranges, patterns and counts.
            ///
            /// Request bodies are validated before they are sent, so calling this method is optional.
            ///
            /// # Errors
            /// `Violations`: all violated constraints, each with the path of its field.
            #[inline]
            pub fn validate(&self) -> ::core::result::Result<(), $crate::codec::Violations> {
                $crate::codec::validate(self)
            }
        }
    };
}

/// Implements `PartialEq` by comparing the views. Derived implementations would take more memory to compile, and would
/// enlarge the library.
#[doc(hidden)]
#[macro_export]
macro_rules! __equal {
    ($name:ident) => {
        impl ::core::cmp::PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                $crate::codec::equal(self, other)
            }
        }
    };
}

/// Implements the traits that only need `Encode`.
#[doc(hidden)]
#[macro_export]
macro_rules! encode_traits {
    ($name:ident) => {
        impl ::core::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::codec::debug(self, f)
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            #[inline]
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::codec::serialize(self, serializer)
            }
        }
    };
}

/// Implements the traits that need `Decode` and `Encode`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_traits {
    ($name:ident) => {
        $crate::encode_traits!($name);

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            #[inline]
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::codec::deserialize(deserializer)
            }
        }
    };
}
