//! Measures one thread decoding and encoding pages: megabytes of JSON a second, the best of many tries, the median of
//! several rounds, both crates in turns.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use polar_client::codec;
use polar_client::v2026_10::models as ours;
use serde_json::Value;

const ROUNDS: usize = 5;
const TRIES: usize = 80;

/// One page and what is done with it.
struct Page {
    name: &'static str,
    bytes: usize,
    /// Decode and encode, ours and derived.
    tasks: [Box<dyn Fn()>; 4],
}

macro_rules! page {
    ($folder:expr, $name:ident) => {{
        let name = stringify!($name);
        let json = fs::read($folder.join(format!("{name}.json")))?;
        let one: ours::$name = codec::from_slice(&json)?;
        let other: derive_shape::$name = serde_json::from_slice(&json)?;
        check(name, "polar-client", &json, &codec::to_vec(&one))?;
        check(name, "derives", &json, &serde_json::to_vec(&other)?)?;
        let (first, second) = (json.clone(), json.clone());
        Page {
            name,
            bytes: json.len(),
            tasks: [
                Box::new(move || drop(black_box(codec::from_slice::<ours::$name>(&first)))),
                Box::new(move || {
                    drop(black_box(serde_json::from_slice::<derive_shape::$name>(
                        &second,
                    )))
                }),
                Box::new(move || drop(black_box(codec::to_vec(&one)))),
                Box::new(move || drop(black_box(serde_json::to_vec(&other)))),
            ],
        }
    }};
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("expected the folder of the pages")?;
    let folder = Path::new(&folder);
    let pages = [
        page!(folder, CustomerSubscriptionList),
        page!(folder, ProductList),
        page!(folder, OrderList),
        page!(folder, OrganizationList),
    ];
    println!(
        "{:<26}{:>8}{:>10}{:>10}{:>8}{:>10}{:>10}{:>8}",
        "MB/s", "MB", "decode", "derives", "ratio", "encode", "derives", "ratio"
    );
    for page in &pages {
        let [decode, derived_decode, encode, derived_encode] = page.measure();
        println!(
            "{:<26}{:>8.2}{decode:>10.0}{derived_decode:>10.0}{:>8.2}{encode:>10.0}{derived_encode:>10.0}{:>8.2}",
            page.name,
            page.bytes as f64 / 1e6,
            decode / derived_decode,
            encode / derived_encode,
        );
    }
    Ok(())
}

/// Nothing may get lost, or the crate that loses it would win. Says so of the derives, which read some unions wrongly.
fn check(page: &str, who: &str, json: &[u8], written: &[u8]) -> Result<(), Box<dyn Error>> {
    let given: Value = serde_json::from_slice(json)?;
    let written: Value = serde_json::from_slice(written)?;
    let items = |page: &Value| page["items"].as_array().cloned().unwrap_or_default();
    let differing = items(&given)
        .iter()
        .zip(items(&written))
        .filter(|(given, written)| *given != written)
        .count();
    match (who, differing) {
        _ if given == written => Ok(()),
        ("derives", _) => {
            println!("{page}: the derives change {differing} items");
            Ok(())
        }
        _ => Err(format!("{page}: {who} changes {differing} items").into()),
    }
}

impl Page {
    /// Megabytes a second of each task.
    fn measure(&self) -> [f64; 4] {
        let mut rounds = [(); 4].map(|()| Vec::new());
        for _ in 0..ROUNDS {
            for (best, times) in self.best().iter().zip(&mut rounds) {
                times.push(*best);
            }
        }
        rounds.map(|mut times| {
            times.sort();
            self.bytes as f64 / 1e6 / times[ROUNDS / 2].as_secs_f64()
        })
    }

    /// The shortest time of each task. They take turns, so that a slow moment of the machine is nobody's alone.
    fn best(&self) -> [Duration; 4] {
        let mut best = [Duration::MAX; 4];
        for _ in 0..TRIES {
            for (task, best) in self.tasks.iter().zip(&mut best) {
                let started = Instant::now();
                task();
                *best = started.elapsed().min(*best);
            }
        }
        best
    }
}
