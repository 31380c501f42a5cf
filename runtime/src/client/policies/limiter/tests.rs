//! Tests of the rate limit, with a simulated clock.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use super::*;

/// Returns the times at which requests are sent, for requests that arrive at `times`. All in milliseconds after the
/// start.
fn slots(limiter: &Limiter, start: Instant, times: &[u64]) -> Vec<u128> {
    let slot = |millis: &u64| {
        let mut now = start + Duration::from_millis(*millis);
        let place = limiter.enter(now, Duration::MAX).unwrap();
        while let Err(slot) = limiter.take(place.ticket, now) {
            now = slot;
        }
        (now - start).as_millis()
    };
    times.iter().map(slot).collect()
}

#[test]
fn turns_come_evenly_after_a_burst() {
    // 2 requests at once, and 18 more within the first minute.
    let limiter = Limiter::new(RateLimit::per_minute(20));
    let start = Instant::now() + MINUTE;
    assert_eq!(slots(&limiter, start, &[0, 0, 0, 0]), [0, 0, 3157, 6315]);
    assert_eq!(
        slots(&limiter, start, &[60_000; 3]),
        [60_000, 60_000, 63_157]
    );
}

#[test]
fn no_minute_has_more_than_the_limit() {
    for limit in [1, 2, 19, 20, 100, 500] {
        let limiter = Limiter::new(RateLimit::per_minute(limit));
        let start = Instant::now() + MINUTE;
        let slots = slots(&limiter, start, &vec![0; limit as usize * 3]);
        for (index, first) in slots.iter().enumerate() {
            let within = slots[index..].iter().filter(|slot| **slot < first + 60_000);
            assert!(within.count() <= limit as usize, "{limit}");
        }
    }
}

#[test]
fn a_request_that_cannot_wait_takes_no_turn() {
    let limiter = Limiter::new(RateLimit::per_minute(1));
    let now = Instant::now() + MINUTE;
    let patient = MINUTE + Duration::from_millis(1);
    assert!(limiter.enter(now, Duration::ZERO).is_none());
    let first = limiter.enter(now, patient).unwrap();
    assert_eq!(limiter.take(first.ticket, now), Ok(()));
    // At exactly that time, no time is left.
    assert!(limiter.enter(now, MINUTE).is_none());
    let second = limiter.enter(now, patient);
    assert!(second.is_some());
    assert!(limiter.enter(now, patient).is_none());
    drop(second);
    assert!(limiter.enter(now, patient).is_some());
}

#[test]
fn a_missed_turn_is_replaced_and_delays_no_other() {
    let limiter = Limiter::new(RateLimit::per_minute(1));
    let now = Instant::now() + MINUTE;
    let hour = MINUTE * 60;
    let places: Vec<_> = (0..3).map(|_| limiter.enter(now, hour).unwrap()).collect();
    let take = |index: usize, minutes| {
        let slot = limiter.take(places[index].ticket, now + MINUTE * minutes);
        slot.map_err(|slot| (slot - now).as_secs() / 60)
    };
    // The first request is polled after the second one was sent.
    assert_eq!(take(1, 1), Ok(()));
    assert_eq!(take(0, 1), Err(3));
    assert_eq!(take(2, 2), Ok(()));
    assert_eq!(take(0, 3), Ok(()));
}

#[test]
fn a_late_request_delays_the_following_ones() {
    let limiter = Limiter::new(RateLimit::per_minute(1));
    let now = Instant::now() + MINUTE;
    let (first, second) = (
        limiter.enter(now, MINUTE).unwrap(),
        limiter.enter(now, MINUTE * 2).unwrap(),
    );
    let late = now + MINUTE / 4;
    assert_eq!(limiter.take(first.ticket, late), Ok(()));
    assert_eq!(
        limiter.take(second.ticket, now + MINUTE),
        Err(late + MINUTE)
    );
}

#[test]
fn a_pause_is_for_all() {
    let limiter = Limiter::new(RateLimit::per_minute(600));
    let now = Instant::now() + MINUTE;
    let before = limiter.enter(now, MINUTE).unwrap();
    limiter.pause(now, MINUTE, MINUTE);
    assert_eq!(limiter.take(before.ticket, now), Err(now + MINUTE));
    let after = limiter.enter(now, MINUTE * 2).unwrap();
    let interval = limiter.limit.interval;
    assert_eq!(
        limiter.take(after.ticket, now),
        Err(now + MINUTE + interval)
    );
}

#[test]
fn after_a_pause_that_was_cut_short_one_request_goes_ahead() {
    let limiter = Limiter::new(RateLimit::per_minute(600));
    let (now, hour) = (Instant::now() + MINUTE, MINUTE * 60);
    let interval = limiter.limit.interval;
    let early = limiter.enter(now, hour).unwrap();
    assert_eq!(limiter.take(early.ticket, now), Ok(()));
    limiter.pause(now, hour * 24, MINUTE);
    // Rejected because the pause is as long as `max_wait`. The intervals between probes do not count.
    assert!(limiter.enter(now, MINUTE).is_none());
    let max_wait = MINUTE + Duration::from_secs(1);
    let places = [(); 3].map(|()| limiter.enter(now, max_wait).unwrap());
    let take = |index: usize, time| limiter.take(places[index].ticket, time);
    assert_eq!(take(0, now), Err(now + MINUTE));
    let start = now + MINUTE;
    assert_eq!(take(0, start), Ok(()));
    // The response to a request from before the pause does not end the pause.
    limiter.passed(now, start);
    assert_eq!(take(1, start), Err(start + MINUTE));
    // The probe got no response, so another request becomes the probe.
    assert_eq!(take(1, start + MINUTE), Ok(()));
    assert_eq!(take(2, start + MINUTE), Err(start + MINUTE * 2));
    let now = start + MINUTE + Duration::from_millis(1);
    limiter.passed(start + MINUTE, now);
    assert_eq!(take(2, now), Err(start + MINUTE + interval));
    // There is no burst after a pause, and no gaps after a successful probe.
    let slots = slots(&limiter, start + MINUTE, &[1; 2]);
    assert!(slots[1] - slots[0] >= interval.as_millis());
}

#[test]
fn a_probe_that_is_told_to_wait_briefly_ends_the_gaps() {
    let limiter = Limiter::new(RateLimit::per_minute(600));
    let (now, hour) = (Instant::now() + MINUTE, MINUTE * 60);
    let second = Duration::from_secs(1);
    let interval = limiter.limit.interval;
    limiter.pause(now, hour * 24, MINUTE);
    let places = [(); 5].map(|()| limiter.enter(now, hour).unwrap());
    let take = |index: usize, time| limiter.take(places[index].ticket, time);
    // The shorter pause of an earlier request does not shorten the longer one.
    limiter.pause(now, second, MINUTE);
    assert_eq!(take(0, now), Err(now + MINUTE));
    let start = now + MINUTE;
    assert_eq!(take(0, start), Ok(()));
    assert_eq!(take(1, start), Err(start + MINUTE));
    limiter.pause(start, second, MINUTE);
    assert_eq!(take(1, start), Err(start + second));
    assert_eq!(take(2, start), Err(start + second + interval));
    let max_wait = second + interval * 5;
    let last = limiter.enter(start, max_wait).unwrap();
    assert_eq!(
        limiter.take(last.ticket, start),
        Err(start + second + interval * 4)
    );
    assert_eq!(take(1, start + second), Ok(()));
    assert_eq!(take(2, start + second), Err(start + second + interval));
}

#[test]
fn absurd_pauses_are_no_panic() {
    let now = Instant::now() + MINUTE;
    for (retry_after, max_pause) in [
        (Duration::MAX, MINUTE),
        (Duration::MAX, Duration::ZERO),
        (MINUTE, Duration::ZERO),
        (Duration::ZERO, Duration::ZERO),
    ] {
        let limiter = Limiter::new(RateLimit::per_minute(600));
        limiter.pause(now, retry_after, max_pause);
        let place = limiter.enter(now, MINUTE * 2).unwrap();
        assert_eq!(limiter.take(place.ticket, now + MINUTE), Ok(()));
        limiter.passed(now + MINUTE, now + MINUTE);
    }
}
