//! Emits the root of a version group: `mod.rs`, which declares and re-exports the modules of its other files.

pub(super) mod several_versions;
pub(super) mod version;
