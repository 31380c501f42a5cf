//! Describes the state of a version: deprecated, current or next.

use crate::names;
use crate::versions::{State, Versions};

/// Returns the state as a phrase for lists: `deprecated; Polar stops serving it in January 2027`.
pub(in crate::emit) fn phrase(state: &State) -> String {
    match state {
        State::Deprecated { removed } => {
            format!(
                "deprecated; Polar stops serving it in {}",
                names::month(removed)
            )
        }
        State::Current => "current; it no longer changes".to_owned(),
        State::Next => "next; Polar may still change it, until it becomes current".to_owned(),
    }
}

/// Returns the state as sentences for the docs of the version's module.
pub(in crate::emit) fn sentences(versions: &Versions, version: &str) -> String {
    let state = versions.iter().find(|(listed, _)| *listed == version);
    let default = versions.default_version();
    let sentences = match state.map(|(_, state)| state) {
        Some(State::Deprecated { removed }) => format!(
            "**Deprecated.** Polar stops serving this version in {}, and then every call fails. Move to {}: the \
             [crate's documentation](crate#moving-to-the-next-version) describes the steps.",
            names::month(removed),
            current(versions),
        ),
        Some(State::Current) => "This is the current version, which no longer changes.".to_owned(),
        Some(State::Next) => {
            "This is the next version: Polar may change it until it becomes the current one."
                .to_owned()
        }
        None => String::new(),
    };
    let feature = names::version_feature(version);
    match version == default {
        true => format!("{sentences} Its feature `{feature}` is enabled by default."),
        false => format!("{sentences} It requires the feature `{feature}`."),
    }
}

fn current(versions: &Versions) -> String {
    let mut versions = versions.iter();
    let current = versions.find(|(_, state)| **state == State::Current);
    current.map_or_else(
        || "a newer version".to_owned(),
        |(version, _)| format!("`{}`", names::version_module(version)),
    )
}
