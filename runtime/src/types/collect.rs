//! What the setters of lists and maps take: everything that can be iterated over and converts.

/// Anything that makes a list of `T`: `[a, b]`, a `Vec`, an iterator, of values that convert to `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of `{T}`",
    label = "expected an array, a `Vec` or an iterator of values that convert to `{T}`",
    note = "a single value is a list, too, in brackets: `[value]`"
)]
pub trait Items<T> {
    /// The list.
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

/// Anything that makes a list of strings: `["a", "b"]`, a `Vec`, a slice, an iterator, of `&str` or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of strings",
    label = "expected an array, a slice, a `Vec` or an iterator of `&str` or `String`",
    note = "a single string is a list, too, in brackets: `[\"text\"]`"
)]
pub trait Strings {
    /// The list.
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

/// The entries of an object that may say a key more than once: each is written.
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

/// Anything that makes a map to `V`: `[("key", value)]`, a map, an iterator, of pairs that convert.
///
/// The values of an array have one type. Where they are of several, the first one says which:
/// `[("plan", MetadataValue::from("pro")), ("seats", 5.into())]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a map of strings to `{V}`",
    label = "expected an array, a map or an iterator of pairs: `[(\"key\", value)]`",
    note = "the values convert to `{V}`"
)]
pub trait Entries<V> {
    /// The map, of whatever type is wanted.
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
