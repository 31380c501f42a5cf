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

/// With one more value of an enum, which is minor.
pub(crate) fn grown() -> String {
    base().replace("enum: [open, paid, void]", "enum: [open, paid, void, sent]")
}

/// With one value less, which is breaking.
pub(crate) fn shrunk() -> String {
    base().replace("enum: [open, paid, void]", "enum: [open, paid]")
}
