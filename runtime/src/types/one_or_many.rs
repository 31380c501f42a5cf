//! Filters that take one value or several.

/// One or more values of a filter: an item passes if it has any of them. No values at all filter nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(Vec<T>);

impl<T> OneOrMany<T> {
    pub(crate) fn as_vec(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(value: T) -> Self {
        Self(vec![value])
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T, const N: usize> From<[T; N]> for OneOrMany<T> {
    fn from(values: [T; N]) -> Self {
        Self(values.into())
    }
}

impl<T: Clone> From<&[T]> for OneOrMany<T> {
    fn from(values: &[T]) -> Self {
        Self(values.to_vec())
    }
}

impl From<&str> for OneOrMany<String> {
    fn from(value: &str) -> Self {
        Self(vec![value.to_owned()])
    }
}
