//! Argument types of setters for lists and maps.

/// Values that convert to a list of `T`: an array, `Vec` or iterator whose items convert to `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of `{T}`",
    label = "expected an array, a `Vec` or an iterator of values that convert to `{T}`",
    note = "a single value is a list, too, in brackets: `[value]`"
)]
pub trait Items<T> {
    /// Converts to a list.
    fn into_list(self) -> Vec<T>;
}

impl<T, I> Items<T> for I
where
    I: IntoIterator,
    I::Item: Into<T>,
{
    fn into_list(self) -> Vec<T> {
        self.into_iter().map(Into::into).collect()
    }
}

/// Values that convert to a list of strings: an array, `Vec`, slice or iterator of `&str` or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of strings",
    label = "expected an array, a slice, a `Vec` or an iterator of `&str` or `String`",
    note = "a single string is a list, too, in brackets: `[\"text\"]`"
)]
pub trait Strings {
    /// Converts to a list.
    fn into_strings(self) -> Vec<String>;
}

impl<I> Strings for I
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    fn into_strings(self) -> Vec<String> {
        let strings = self.into_iter();
        strings.map(|string| string.as_ref().to_owned()).collect()
    }
}

/// The entries of an object. If a key is repeated, all of its entries are encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs<V>(Vec<(String, V)>);

impl<V> Pairs<V> {
    pub(crate) fn as_slice(&self) -> &[(String, V)] {
        &self.0
    }
}

impl<V> FromIterator<(String, V)> for Pairs<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Values that convert to a map from strings to `V`: an array of pairs, a map, or an iterator of pairs.
///
/// All values of an array have the same type. To mix types, convert the first value explicitly, and the others with
/// `into()`: `[("plan", MetadataValue::from("pro")), ("seats", 5.into())]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a map of strings to `{V}`",
    label = "expected an array, a map or an iterator of pairs: `[(\"key\", value)]`",
    note = "the values convert to `{V}`"
)]
pub trait Entries<V> {
    /// Converts to a map of the requested type.
    fn into_map<M: FromIterator<(String, V)>>(self) -> M;
}

impl<V, I, K, W> Entries<V> for I
where
    I: IntoIterator<Item = (K, W)>,
    K: Into<String>,
    W: Into<V>,
{
    fn into_map<M: FromIterator<(String, V)>>(self) -> M {
        self.into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect()
    }
}
