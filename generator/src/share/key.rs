//! Identifies an element in all versions of the API.

use std::fmt;

/// Identifies an element in all versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A type, by its Rust name.
    Type(String),
    /// An operation, by its id.
    Operation(String),
    /// A service, by the methods that lead to it from the client: `["customers", "members"]`.
    Service(Vec<String>),
    /// The enum over all error codes.
    ErrorCodes,
    /// The servers.
    Servers,
    /// The enum over the events that webhooks deliver.
    Events,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(name) => write!(f, "`{name}`"),
            Self::Operation(id) => write!(f, "operation `{id}`"),
            Self::Service(path) => write!(f, "service `{}`", path.join(".")),
            Self::ErrorCodes => f.write_str("`ErrorCode`"),
            Self::Servers => f.write_str("the servers"),
            Self::Events => f.write_str("`webhooks::Event`"),
        }
    }
}
