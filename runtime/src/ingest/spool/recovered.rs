//! What a spool found in its folder when it was opened.

use std::path::PathBuf;

/// The state of a [`Spool`](super::Spool)'s folder when it was opened: stored events, and damage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered {
    /// The number of undelivered events of earlier processes. They are sent before new events.
    pub events: u64,
    /// The number of [rejected events](super::RejectedEvent). They are sent only if you
    /// [retry](crate::ingest::Ingester::retry_rejected) them.
    pub rejected: u64,
    /// The damage of the file; `None` if the file was intact or new.
    pub damage: Option<Damage>,
}

/// How many events a damaged file of a [`Spool`](super::Spool) lost, and where that file is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The minimum number of lost events, including rejected ones. `None` if the file does not show how many events it
    /// contained.
    pub lost: Option<u64>,
    /// The path of the damaged file. It is kept until another file is damaged and replaces it.
    pub file: PathBuf,
}
