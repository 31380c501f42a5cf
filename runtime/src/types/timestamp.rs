//! Parses and formats timestamps and dates (RFC 3339).

use std::str;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Timelike};

/// A point in time, in UTC. The API has a resolution of microseconds.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Parses a date and time. An offset is converted to UTC; without an offset, the time is in UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let (date, rest) = (bytes.get(..10)?, bytes.get(10..)?);
    let (b'T' | b't' | b' ', rest) = rest.split_first().map(|(first, rest)| (*first, rest))? else {
        return None;
    };
    let (time, offset) = parse_time(rest)?;
    let local = NaiveDateTime::new(parse_date_bytes(date)?, time);
    let utc = local.checked_sub_signed(parse_offset(offset)?)?;
    // If the offset moves the year beyond four digits, the timestamp would be formatted in a way that cannot be parsed.
    plain_year(utc.year()).map(|_| utc.and_utc())
}

/// Parses a date.
pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    parse_date_bytes(text.as_bytes())
}

fn parse_date_bytes(bytes: &[u8]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else {
        return None;
    };
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    NaiveDate::from_ymd_opt(year.try_into().ok()?, pair(m1, m2)?, pair(d1, d2)?)
}

/// Parses the time of day, and returns the remaining bytes.
fn parse_time(bytes: &[u8]) -> Option<(NaiveTime, &[u8])> {
    let ([h1, h2, b':', m1, m2, b':', s1, s2], mut rest) = bytes
        .split_first_chunk::<8>()
        .map(|(time, rest)| (*time, rest))?
    else {
        return None;
    };
    let mut nanos = 0;
    if let Some((b'.', fraction)) = rest.split_first() {
        let len = fraction
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, after) = fraction.split_at_checked(len)?;
        nanos = parse_fraction(digits)?;
        rest = after;
    }
    let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
    let time = match second {
        // chrono represents a leap second as second 59 with additional nanoseconds.
        60 => NaiveTime::from_hms_nano_opt(hour, minute, 59, nanos + 1_000_000_000),
        _ => NaiveTime::from_hms_nano_opt(hour, minute, second, nanos),
    };
    Some((time?, rest))
}

/// Parses one to nine digits as nanoseconds.
fn parse_fraction(digits: &[u8]) -> Option<u32> {
    let scale = 10_u32.pow(9_u32.checked_sub(u32::try_from(digits.len()).ok()?)?);
    if digits.is_empty() {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
            * scale,
    )
}

fn parse_offset(bytes: &[u8]) -> Option<TimeDelta> {
    let (sign, hours, minutes) = match *bytes {
        [] | [b'Z' | b'z'] => return Some(TimeDelta::zero()),
        [b'+', h1, h2, b':', m1, m2] => (1, pair(h1, h2)?, pair(m1, m2)?),
        [b'-', h1, h2, b':', m1, m2] => (-1, pair(h1, h2)?, pair(m1, m2)?),
        _ => return None,
    };
    let valid = hours < 24 && minutes < 60;
    valid.then(|| TimeDelta::seconds(sign * i64::from(hours * 3600 + minutes * 60)))
}

/// Parses two decimal digits.
fn pair(tens: u8, ones: u8) -> Option<u32> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

/// A short string on the stack. Dates whose year has more than four digits are stored on the heap.
pub(crate) struct Text {
    bytes: [u8; 30],
    len: usize,
    long: String,
}

impl Text {
    const EMPTY: Self = Self {
        bytes: [0; 30],
        len: 0,
        long: String::new(),
    };

    pub(crate) fn as_str(&self) -> &str {
        if !self.long.is_empty() {
            return &self.long;
        }
        self.bytes
            .get(..self.len)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Writes the last `digits` decimal digits of a number.
    fn push_number(&mut self, value: u32, digits: usize) {
        let Some(places) = self.bytes.get_mut(self.len..self.len + digits) else {
            return;
        };
        let mut rest = value;
        for place in places.iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.len += digits;
    }

    fn push_date(&mut self, year: u32, date: impl Datelike) {
        self.push_number(year, 4);
        self.push(b'-');
        self.push_number(date.month(), 2);
        self.push(b'-');
        self.push_number(date.day(), 2);
    }
}

/// Formats a timestamp in UTC with the fractional digits that the API writes: none or six. Nine digits are written if
/// the timestamp has nanoseconds.
pub(crate) fn format(time: Timestamp) -> Text {
    let Some(year) = plain_year(time.year()) else {
        return Text {
            long: time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            ..Text::EMPTY
        };
    };
    // Convert to UTC only once, because chrono would add the offset for each component.
    let time = time.naive_utc();
    let mut text = Text::EMPTY;
    text.push_date(year, time);
    // chrono represents a leap second as second 59 with additional nanoseconds.
    let (carry, nanos) = (
        time.nanosecond() / 1_000_000_000,
        time.nanosecond() % 1_000_000_000,
    );
    for (mark, value) in [
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second() + carry),
    ] {
        text.push(mark);
        text.push_number(value, 2);
    }
    let (value, digits) = match nanos {
        0 => (0, 0),
        _ if nanos % 1_000 == 0 => (nanos / 1_000, 6),
        _ => (nanos, 9),
    };
    if digits > 0 {
        text.push(b'.');
        text.push_number(value, digits);
    }
    text.push(b'Z');
    text
}

/// Formats a date.
pub(crate) fn format_date(date: NaiveDate) -> Text {
    let Some(year) = plain_year(date.year()) else {
        return Text {
            long: date.to_string(),
            ..Text::EMPTY
        };
    };
    let mut text = Text::EMPTY;
    text.push_date(year, date);
    text
}

/// Returns the year if it has four digits.
fn plain_year(year: i32) -> Option<u32> {
    u32::try_from(year).ok().filter(|year| *year <= 9999)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use chrono::DateTime;

    use super::*;

    fn round(text: &str) -> Option<String> {
        parse(text).map(|time| format(time).as_str().to_owned())
    }

    #[test]
    fn every_form_of_a_timestamp_is_read() {
        for (text, written) in [
            ("2026-11-21T18:22:49.476450Z", "2026-11-21T18:22:49.476450Z"),
            ("2026-11-21T18:22:49Z", "2026-11-21T18:22:49Z"),
            ("2026-11-21t18:22:49z", "2026-11-21T18:22:49Z"),
            ("2026-11-21 18:22:49+00:00", "2026-11-21T18:22:49Z"),
            ("2026-11-21T18:22:49", "2026-11-21T18:22:49Z"),
            ("2026-11-21T18:22:49.5", "2026-11-21T18:22:49.500000Z"),
            (
                "2026-11-21T18:22:49.000000001Z",
                "2026-11-21T18:22:49.000000001Z",
            ),
            ("2026-11-21T18:22:49.000000Z", "2026-11-21T18:22:49Z"),
            ("2026-11-21T01:30:00+02:30", "2026-11-20T23:00:00Z"),
            ("2026-12-31T23:30:00-00:45", "2027-01-01T00:15:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(round(text).as_deref(), Some(written), "{text}");
        }
    }

    #[test]
    fn strings_that_are_no_timestamps_are_rejected() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T",
            "2026-11-21T18:22",
            "2026-11-21T18:22:49.",
            "2026-11-21T18:22:49.Z",
            "2026-11-21T18:22:49.0000000001Z",
            "2026-11-21T18:22:49ZZ",
            "2026-11-21T18:22:49+0000",
            "2026-11-21T18:22:49+24:00",
            "2026-11-21T24:00:00Z",
            "2026-11-21T18:22:61Z",
            "2025-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "26-11-21T18:22:49Z",
            "2026-11-21T18:22:4９Z",
            "2026/11/21T18:22:49Z",
            "+026-11-21T18:22:49Z",
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert_eq!(round(text), None, "{text}");
        }
    }

    #[test]
    fn writing_agrees_with_chrono() {
        for (seconds, nanos) in [
            (0, 0),
            (1_795_285_369, 476_450_000),
            (-62_135_596_800, 1),
            (253_402_300_799, 999_999_999),
            (253_402_300_800, 0),
            (-62_167_219_201, 5),
        ] {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            assert_eq!(
                format(time).as_str(),
                time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
            );
            assert_eq!(
                format_date(time.date_naive()).as_str(),
                time.date_naive().to_string()
            );
        }
    }
}
