//! Enums whose values are strings.

/// An enum of strings with an unknown variant, so that any string converts to it.
///
/// [`string_enum!`](crate::string_enum) implements it.
pub trait StringEnum: for<'a> From<&'a str> {}
