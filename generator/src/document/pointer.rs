//! The current place while a tree is traversed. It is formatted as a JSON pointer only for messages, because most places
//! have no problem.

use std::fmt;

use crate::error::escape_pointer;

/// A place in a tree: a key or an index, and the place of its parent.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    pub(super) fn key(&'a self, key: &'a str) -> Self {
        At::Key(self, key)
    }

    /// Returns whether a schema at this place has a name: that of a component or property.
    pub(super) fn is_named(&self) -> bool {
        matches!(
            self,
            At::Key(
                At::Key(At::Key(At::Root, "components"), "schemas") | At::Key(_, "properties"),
                _
            )
        )
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        At::Index(self, index)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Key(parent, key) => {
                write!(f, "{parent}/{}", escape_pointer(key))
            }
            At::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped() {
        let paths = At::Root.key("paths");
        let path = paths.key("/v1/a~b/");
        assert_eq!(path.index(3).to_string(), "/paths/~1v1~1a~0b~1/3");
    }
}
