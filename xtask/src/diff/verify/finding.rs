//! Findings of cargo-semver-checks and public-api.

use polar_codegen::compare::Semver;

use super::package::NAME;

/// A change that a tool detected in the emitted code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// The pair of contracts whose module contains the change.
    pub(super) pair: String,
    /// The type of the API that changed, if the tool names one.
    pub(super) ty: Option<String>,
    /// The release that the change requires.
    pub(super) semver: Semver,
    /// The message of the tool.
    pub(super) text: String,
}

/// Returns the module that a message mentions, as a path (`compared::orders::models`) or as a file
/// (`src/orders/models`).
pub(super) fn module_in(text: &str) -> Option<&str> {
    let path = after(text, &format!("{NAME}::"));
    path.or_else(|| after(text, "src/"))
}

/// Returns the type that a public item belongs to, if it is a type of `models`.
pub(super) fn type_in(item: &str) -> Option<&str> {
    let module = module_in(item)?;
    let own = format!("{NAME}::{module}::models::");
    let (before, _) = item.split_once(&own)?;
    // Types after the first one are part of the item's signature.
    let is_first = !before.contains(NAME);
    after(item, &own).filter(|_| is_first)
}

/// Returns the identifier that follows `start`.
fn after<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_is_read_from_paths_and_files() {
        let path = "struct compared::orders_back::models::Order, previously in src/x.rs:1";
        assert_eq!(module_in(path), Some("orders_back"));
        let file =
            "field region of struct Order, previously in file src/orders_back/models/orders.rs:65";
        assert_eq!(module_in(file), Some("orders_back"));
        assert_eq!(module_in("nothing"), None);
    }

    #[test]
    fn the_type_is_that_of_the_item_itself() {
        let method = "pub fn compared::a::models::Order::new(compared::a::models::Status) -> Self";
        assert_eq!(type_in(method), Some("Order"));
        let operation =
            "pub fn compared::a::services::Orders<C>::get(&self, compared::a::models::Id)";
        assert_eq!(type_in(operation), None);
    }
}
