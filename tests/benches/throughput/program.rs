//! Measures how much JSON one thread decodes and encodes, in megabytes per second: the best of many tries, and the
//! median of several rounds. All implementations are measured alternately.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use polar_client::codec;
use polar_client::v2026_10::models as ours;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const ROUNDS: usize = 5;
const TRIES: usize = 80;

/// The names of the implementations, in the order of their tasks. The first one is the generated crate.
const CONTENDERS: [&str; 4] = ["ours", "by hand", "derives", "Value"];
const TASKS: usize = 2 * CONTENDERS.len();

/// A page, with the tasks that are measured: each implementation decodes it, then each encodes it.
struct Page {
    name: &'static str,
    bytes: usize,
    tasks: [Box<dyn Fn()>; TASKS],
}

macro_rules! page {
    ($folder:expr, $name:ident) => {{
        let name = stringify!($name);
        let json = fs::read($folder.join(format!("{name}.json")))?;
        let page: ours::$name = codec::from_slice(&json)?;
        check(name, "ours", &json, &codec::to_vec(&page))?;
        let [by_hand_decode, by_hand_encode] =
            serde_tasks::<by_hand::$name>(name, "by hand", &json)?;
        let [derives_decode, derives_encode] =
            serde_tasks::<derive_shape::$name>(name, "derives", &json)?;
        let [value_decode, value_encode] = serde_tasks::<Value>(name, "Value", &json)?;
        Page {
            name,
            bytes: json.len(),
            tasks: [
                Box::new(move || drop(black_box(codec::from_slice::<ours::$name>(&json)))),
                by_hand_decode,
                derives_decode,
                value_decode,
                Box::new(move || drop(black_box(codec::to_vec(&page)))),
                by_hand_encode,
                derives_encode,
                value_encode,
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
        page!(folder, EventList),
        page!(folder, OrganizationList),
    ];
    let measured = pages.map(|page| (page.name, page.bytes, page.measure()));
    for (what, first) in [("decode", 0), ("encode", CONTENDERS.len())] {
        print!("{:<26}{:>6}", format!("{what}, MB/s"), "MB");
        CONTENDERS.iter().for_each(|name| print!("{name:>9}"));
        println!("   ours to by hand, to derives");
        for (name, bytes, speeds) in &measured {
            let speeds = &speeds[first..][..CONTENDERS.len()];
            print!("{name:<26}{:>6.2}", *bytes as f64 / 1e6);
            speeds.iter().for_each(|speed| print!("{speed:>9.0}"));
            println!(
                "   {:.2} {:.2}",
                speeds[0] / speeds[1],
                speeds[0] / speeds[2]
            );
        }
    }
    Ok(())
}

/// Returns the tasks of decoding and encoding with serde.
fn serde_tasks<T: Serialize + DeserializeOwned + 'static>(
    page: &str,
    who: &str,
    json: &[u8],
) -> Result<[Box<dyn Fn()>; 2], Box<dyn Error>> {
    let value: T = serde_json::from_slice(json)?;
    check(page, who, json, &serde_json::to_vec(&value)?)?;
    let json = json.to_vec();
    Ok([
        Box::new(move || drop(black_box(serde_json::from_slice::<T>(&json)))),
        Box::new(move || drop(black_box(serde_json::to_vec(&value)))),
    ])
}

/// Checks that nothing is lost, which would be an unfair advantage. For the derives, which decode some unions wrongly,
/// a loss is only printed.
fn check(page: &str, who: &str, json: &[u8], written: &[u8]) -> Result<(), Box<dyn Error>> {
    let given: Value = serde_json::from_slice(json)?;
    let written: Value = serde_json::from_slice(written)?;
    match (first_difference("", &given, &written), who) {
        (None, _) => Ok(()),
        (Some(at), "derives") => {
            println!("{page}: the derives change {at}, and maybe more");
            Ok(())
        }
        (Some(at), _) => Err(format!("{page}: {who} changes {at}").into()),
    }
}

/// Returns the place of the first difference.
fn first_difference(at: &str, given: &Value, written: &Value) -> Option<String> {
    match (given, written) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => a
            .iter()
            .find_map(|(key, value)| first_difference(&format!("{at}/{key}"), value, b.get(key)?)),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| first_difference(&format!("{at}/{index}"), a, b)),
        _ => (given != written).then(|| at.to_owned()),
    }
}

impl Page {
    /// Measures each task, in megabytes per second.
    fn measure(&self) -> [f64; TASKS] {
        let mut rounds = [(); TASKS].map(|()| Vec::new());
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

    /// Returns the shortest time of each task. They take turns, so that a slow moment of the machine affects all of
    /// them.
    ///
    /// Each task first runs once without being measured. Otherwise its time would include effects of the previous task:
    /// freed memory that the allocator has to merge, and caches with other data.
    fn best(&self) -> [Duration; TASKS] {
        let mut best = [Duration::MAX; TASKS];
        for _ in 0..TRIES {
            for (task, best) in self.tasks.iter().zip(&mut best) {
                task();
                let started = Instant::now();
                task();
                *best = started.elapsed().min(*best);
            }
        }
        best
    }
}
