//! Makes many calls to a failing server. Every call ends with a result, no non-idempotent call is performed twice, and
//! no call hangs.
//!
//! The long variant is `cargo test -p polar-tests --test client soak:: -- --ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use polar_client::transport::BoxFuture;
use polar_client::types::Uuid;
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::LicenseKeyDeactivate;
use polar_client::{
    Error, OrganizationToken, RateLimit, RetryPolicy, Server, TokenProvider, TokenResult,
};
use server::FaultyServer;

const TASKS: usize = 64;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// Shorter than two attempts, so that it ends calls without a response.
const DEADLINE: Duration = Duration::from_millis(1500);

/// One in this many tasks uses a client with a rate limit and a token provider.
const TASKS_PER_LIMITED_CLIENT: usize = 8;

/// How much longer than its deadline a call may take. The value is large because calls are slow on a busy machine: it
/// only detects calls that hang.
const MAX_DELAY: Duration = Duration::from_secs(20);

/// The outcomes of the calls.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, usize>,
    /// The keys of calls whose error states that nothing was sent.
    not_sent: Vec<String>,
    slowest: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls() {
    soak(1_000, 0x5eed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn twenty_thousand_calls() {
    // The first run fills pools and caches; growth in the second one would be a leak.
    soak(5_000, 1).await;
    let before = memory();
    soak(20_000, 2).await;
    let after = memory();
    println!("resident memory: {before} kB after 5,000 calls, {after} kB after 20,000 more");
    assert!(after < before + 16 * 1024, "{before} kB, then {after} kB");
}

async fn soak(calls: usize, seed: u64) {
    let server = FaultyServer::start(seed).await;
    let builder = || {
        Polar::builder()
            .server(Server::custom(&server.url).unwrap())
            .timeout(DEADLINE)
            .attempt_timeout(ATTEMPT_TIMEOUT)
            .retry(RetryPolicy::new().base_delay(Duration::from_millis(20)))
    };
    let polar = builder().access_token("polar_oat_soak").build().unwrap();
    let limited = builder()
        .access_token(OrganizationToken::provided_by(SlowTokens))
        .rate_limit(RateLimit::per_minute(600))
        .build()
        .unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| match task % TASKS_PER_LIMITED_CLIENT {
            0 => limited.clone(),
            _ => polar.clone(),
        })
        .map(|polar| tokio::spawn(work(polar, Arc::clone(&next), calls)))
        .collect();
    let mut tally = Tally::default();
    for task in tasks {
        let part = task.await.unwrap();
        tally.slowest = tally.slowest.max(part.slowest);
        tally.not_sent.extend(part.not_sent);
        for (outcome, count) in part.outcomes {
            *tally.outcomes.entry(outcome).or_default() += count;
        }
    }
    println!(
        "{calls} calls in {:.1?}, the slowest in {:.2?}",
        start.elapsed(),
        tally.slowest
    );
    println!("outcomes: {:#?}", tally.outcomes);
    check(&server, &tally, calls);
}

/// A token provider with a delay.
#[derive(Clone)]
struct SlowTokens;

impl TokenProvider for SlowTokens {
    fn token(&self) -> BoxFuture<'_, TokenResult> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok("polar_oat_fetched".into())
        })
    }
}

/// Makes calls until all tasks together have made `calls` of them. Every second call is not idempotent.
async fn work(polar: Polar, next: Arc<AtomicUsize>, calls: usize) -> Tally {
    let mut tally = Tally::default();
    loop {
        let call = next.fetch_add(1, Ordering::Relaxed);
        if call >= calls {
            return tally;
        }
        let start = Instant::now();
        let key = format!("call-{call}");
        let outcome = match call % 2 {
            0 => {
                let info = polar.customer_seats().get_claim_info(&key).await;
                info.map(|_| ())
            }
            _ => {
                let body =
                    LicenseKeyDeactivate::new(key.clone(), Uuid::from_u128(1), Uuid::from_u128(2));
                polar.license_keys().deactivate(body).await
            }
        };
        tally.slowest = tally.slowest.max(start.elapsed());
        if let Err(error) = &outcome
            && call % 2 == 1
            && !error.may_have_been_sent()
        {
            tally.not_sent.push(key.clone());
        }
        *tally.outcomes.entry(name(&outcome, call)).or_default() += 1;
    }
}

/// Returns a short name for the outcome.
fn name(outcome: &Result<(), Error>, call: usize) -> String {
    let kind = if call.is_multiple_of(2) {
        "safe"
    } else {
        "unsafe"
    };
    let what = match outcome {
        Ok(_) => "answered".to_owned(),
        Err(Error::Api(error)) => format!("status {}", error.status().as_u16()),
        Err(error @ Error::Timeout { .. }) if !error.may_have_been_sent() => "not sent".to_owned(),
        Err(Error::Timeout { .. }) => "timeout".to_owned(),
        Err(Error::Connection { source, .. }) => format!("connection {:?}", source.kind()),
        Err(Error::Decode { .. }) => "undecodable".to_owned(),
        Err(error) => panic!("not among the ways in which the server misbehaves: {error:?}"),
    };
    format!("{kind}: {what}")
}

fn check(server: &FaultyServer, tally: &Tally, calls: usize) {
    let total: usize = tally.outcomes.values().sum();
    assert_eq!(total, calls, "a call was lost");
    assert!(tally.slowest < DEADLINE + MAX_DELAY, "{:?}", tally.slowest);
    let seen = server.seen();
    let odd = |key: &str| key.ends_with(['1', '3', '5', '7', '9']);
    let unsafe_calls: Vec<_> = seen.iter().filter(|(key, _)| odd(key)).collect();
    let twice: Vec<_> = unsafe_calls
        .iter()
        .filter(|(_, seen)| seen.done > 1)
        .collect();
    assert!(twice.is_empty(), "performed twice: {}", twice.len());
    // A call that was not sent was not performed.
    let done = |key: &&String| seen.get(*key).is_some_and(|seen| seen.done > 0);
    let wrong: Vec<_> = tally.not_sent.iter().filter(done).collect();
    assert!(
        wrong.is_empty(),
        "done, but reported as not sent: {wrong:?}"
    );
    // Every call with a successful response was performed.
    let done = unsafe_calls
        .iter()
        .filter(|(_, seen)| seen.done == 1)
        .count();
    let answered = tally.outcomes["unsafe: answered"];
    assert!(done >= answered, "{done} done, {answered} answered");
    let max_attempts = seen.values().map(|seen| seen.arrived).max();
    assert_eq!(max_attempts, Some(3));
    // Most calls that are safe to retry succeed, although a third of the responses fail.
    let safe = tally.outcomes["safe: answered"];
    assert!(safe * 10 > calls / 2 * 8, "{safe} of {}", calls / 2);
}

/// Returns the resident memory of this process in kB; 0 if it is unknown.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
