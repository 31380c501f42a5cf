//! Measures how fast the generated crate decodes and encodes, compared with the same types with serde's derives, those
//! types with unions written as by hand, and `serde_json::Value`.
//!
//! ```text
//! cargo bench -p polar-tests --bench throughput
//! ```
//!
//! Emits the derived types, and a page of 100 sample values for each measured type with all variants of its unions.
//! Then builds and runs `program.rs` with both crates.

#[path = "../derive_shape/mod.rs"]
mod derive_shape;
mod sample;

use std::fs;

use derive_shape::{Outcome, Workspace, run};
use sample::Sampler;

/// The page types that `program.rs` measures.
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
