//! A small contract, and two changed copies: one with a minor change, and one with a breaking change.

use std::fs;
use std::path::Path;

/// Returns the contract without the keys that only corrections may use.
pub(crate) fn base() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs/compare/base.yaml");
    let text = fs::read_to_string(path).unwrap();
    text.replace(
        "        profile: { $ref: '#/components/schemas/Profile' }\n",
        "",
    )
}

/// Returns the contract with an additional enum value, which is a minor change.
pub(crate) fn grown() -> String {
    base().replace("enum: [open, paid, void]", "enum: [open, paid, void, sent]")
}

/// Returns the contract without one enum value, which is a breaking change.
pub(crate) fn shrunk() -> String {
    base().replace("enum: [open, paid, void]", "enum: [open, paid]")
}
