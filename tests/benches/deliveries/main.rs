//! Measures how many webhook deliveries one core verifies and decodes, compared with `standardwebhooks` and serde's
//! derives.
//!
//! ```text
//! cargo bench -p polar-tests --bench deliveries
//! ```
//!
//! Emits the derived types, then builds and runs `program.rs` with both crates, on the recorded deliveries.

#[path = "../derive_shape/mod.rs"]
mod derive_shape;

use std::path::Path;

use derive_shape::{Outcome, Workspace, run};

fn main() -> Outcome<()> {
    let workspace = Workspace::emit(&derive_shape::api()?)?;
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded/webhooks.jsonl");
    run(workspace
        .cargo(&["run", "--release", "--quiet", "--no-default-features"])
        .args(["--bin", "deliveries", "--"])
        .arg(recorded))
}
