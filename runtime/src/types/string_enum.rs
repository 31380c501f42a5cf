//! Enums whose values are strings.

/// An enum of strings that any string converts to: an unknown string becomes the variant `Unknown`.
///
/// The macro [`string_enum!`](crate::string_enum) implements this trait.
pub trait StringEnum: for<'a> From<&'a str> {}
