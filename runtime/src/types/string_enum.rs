//! Enums whose values are strings.

/// An enum whose values are strings, with an unknown variant for any other string: so that any string converts to it.
///
/// [`string_enum!`](crate::string_enum) implements it.
pub trait StringEnum: for<'a> From<&'a str> {}
