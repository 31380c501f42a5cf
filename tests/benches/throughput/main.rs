//! How fast the generated crate decodes and encodes, beside the same types with serde's derives, those types with
//! unions as one writes them by hand to get them right, and `serde_json::Value`.
//!
//! ```text
//! cargo bench -p polar-tests --bench throughput
//! ```
//!
//! Emits the derived types and a page of 100 sample values of each measured type, which exercises every variant of the
//! unions in it, then builds and runs `program.rs` with both crates.

#[path = "../derive_shape/mod.rs"]
mod derive_shape;
mod sample;

use std::fs;

use derive_shape::{Outcome, Workspace, run};
use sample::Sampler;

/// The pages that `program.rs` measures.
const PAGES: [&str; 5] = [
    "CustomerSubscriptionList",
    "ProductList",
    "OrderList",
    "EventList",
    "OrganizationList",
];

fn main() -> Outcome<()> {
    let api = derive_shape::api()?;
    let workspace = Workspace::emit(&api)?;
    let pages = workspace.folder.join("pages");
    fs::create_dir_all(&pages)?;
    for name in PAGES {
        let page = Sampler::new(&api).page(name)?;
        fs::write(pages.join(format!("{name}.json")), page.to_string())?;
    }
    run(workspace
        .cargo(&["run", "--release", "--quiet", "--no-default-features"])
        .args(["--bin", "throughput", "--"])
        .arg(pages))
}
