//! What the setters of lists and maps take: everything that can be iterated over and converts.

/// Anything that makes a list of `T`: `[a, b]`, a `Vec`, an iterator, of values that convert to `T`.
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
