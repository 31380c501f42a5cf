//! Measures how many deliveries one thread verifies and decodes per second: the best of many tries, and the median of
//! several rounds. Both implementations are measured alternately.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use derive_shape::DeliveredEvent;
use http::{HeaderMap, HeaderName, HeaderValue};
use polar_client::v2026_10::webhooks::Webhooks;
use serde_json::Value;

const ROUNDS: usize = 5;
const TRIES: usize = 80;

/// The aim: the minimum ratio to the reference.
const MIN_RATIO: f64 = 1.5;

/// A recorded delivery, signed again with the current time, because `standardwebhooks` compares the time with the
/// clock.
struct Delivery {
    ours: Webhooks,
    reference: standardwebhooks::Webhook,
    headers: HeaderMap,
    body: String,
}

impl Delivery {
    fn read(line: &str) -> Result<Self, Box<dyn Error>> {
        let recorded: Value = serde_json::from_str(line)?;
        let text = |key: &str| recorded[key].as_str().ok_or("a text is missing");
        let (secret, body) = (text("secret")?, text("body")?.to_owned());
        let id = recorded["headers"]["webhook-id"].as_str().ok_or("no id")?;
        let ours = Webhooks::new(secret);
        let mut headers = HeaderMap::new();
        for (name, value) in ours.sign(id, SystemTime::now(), &body)? {
            headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value)?);
        }
        let reference = standardwebhooks::Webhook::from_bytes(secret.as_bytes().to_vec())?;
        Ok(Self {
            ours,
            reference,
            headers,
            body,
        })
    }

    fn by_ours(&self) -> bool {
        black_box(self.ours.verify(&self.headers, &self.body)).is_ok()
    }

    fn by_reference(&self) -> bool {
        let verified = self.reference.verify(self.body.as_bytes(), &self.headers);
        let event = serde_json::from_str::<DeliveredEvent>(&self.body);
        verified.is_ok() && black_box(event).is_ok()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("expected the recorded deliveries")?;
    let text = fs::read_to_string(file)?;
    let mut deliveries = text.lines().map(Delivery::read).collect::<Result<Vec<_>, _>>()?;
    let recorded = deliveries.len();
    // Excludes deliveries that the derives reject although servers send them.
    deliveries.retain(|it| it.by_ours() && it.by_reference());
    if deliveries.is_empty() {
        return Err("neither reads any delivery that the other one reads".into());
    }
    let bytes: usize = deliveries.iter().map(|it| it.body.len()).sum();
    println!(
        "{} of {recorded} recorded deliveries, {} bytes each:",
        deliveries.len(),
        bytes / deliveries.len()
    );
    let [reference, ours] = measure([
        &|| deliveries.iter().all(Delivery::by_reference),
        &|| deliveries.iter().all(Delivery::by_ours),
    ]);
    let per_second = |time: Duration| deliveries.len() as f64 / time.as_secs_f64();
    println!("reference, a second   ours   ratio   aim");
    println!(
        "{:>19.0}{:>7.0}{:>8.2}{MIN_RATIO:>6.1}",
        per_second(reference),
        per_second(ours),
        per_second(ours) / per_second(reference)
    );
    Ok(())
}

/// Returns the median of the shortest times of each task.
fn measure(tasks: [&dyn Fn() -> bool; 2]) -> [Duration; 2] {
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let mut best = [Duration::MAX; 2];
        for _ in 0..TRIES {
            for (task, best) in tasks.iter().zip(&mut best) {
                let started = Instant::now();
                assert!(task());
                *best = started.elapsed().min(*best);
            }
        }
        for (best, times) in best.into_iter().zip(&mut rounds) {
            times.push(best);
        }
    }
    rounds.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    })
}
