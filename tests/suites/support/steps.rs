//! A small contract, and the same after a minor and after a breaking change.

use std::fs;
use std::path::Path;

/// Returns the contract, without what only corrections say.
pub(crate) fn base() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs/compare/base.yaml");
    let text = fs::read_to_string(path).unwrap();
    text.replace(
        "        profile: { $ref: '#/components/schemas/Profile' }\n",
        "",
    )
}

/// Returns the contract with one more enum value, a minor change.
pub(crate) fn grown() -> String {
    base().replace("enum: [open, paid, void]", "enum: [open, paid, void, sent]")
}

/// Returns the contract with one enum value less, a breaking change.
pub(crate) fn shrunk() -> String {
    base().replace("enum: [open, paid, void]", "enum: [open, paid]")
}
