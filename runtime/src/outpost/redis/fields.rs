//! Parses states and messages of Redis.

use std::collections::HashMap;

use crate::outpost::number::Number;
use crate::outpost::state::{Credit, Stored};
use crate::outpost::statistics::Statistics;
use crate::types::JsonValue;

/// A message on the channel on which changes are published.
#[derive(Debug, PartialEq)]
pub(super) enum Update {
    Bucket(String, Stored),
    State(String, Stored),
}

impl Stored {
    /// Parses a list in which each field is followed by its value. Ignores unknown fields. Returns `None` if a value is
    /// invalid.
    pub(super) fn read<'a>(fields: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut stored = Self::default();
        let mut fields = fields.into_iter();
        while let Some(field) = fields.next() {
            stored.set(field, fields.next()?)?;
        }
        Some(stored)
    }

    fn set(&mut self, field: &str, value: &str) -> Option<()> {
        let Self { revision, state } = self;
        match field.split_once(':') {
            None => match field {
                "epoch" => value.clone_into(&mut revision.epoch),
                "revision" => revision.number = value.parse().ok()?,
                "cold_until" => state.cold_until = Some(value.parse().ok()?),
                "snapshot_version" => state.version = Some(value.parse().ok()?),
                _ => {}
            },
            Some(("cold", name)) => set_statistic(&mut state.cold, name, value)?,
            Some(("bucket", rest)) => {
                let (start, name) = rest.split_once(':')?;
                let bucket = state.buckets.entry(start.parse().ok()?).or_default();
                set_statistic(bucket, name, value)?;
            }
            Some(("credited", meter)) => {
                credit(&mut state.credits, meter).units = Number::parse(value)?
            }
            Some(("credited_version", meter)) => {
                credit(&mut state.credits, meter).version = Some(value.parse().ok()?);
            }
            Some(_) => {}
        }
        Some(())
    }
}

fn credit<'a>(credits: &'a mut HashMap<String, Credit>, meter: &str) -> &'a mut Credit {
    credits.entry(meter.to_owned()).or_default()
}

fn set_statistic(statistics: &mut Statistics, name: &str, value: &str) -> Option<()> {
    let number = Number::parse(value)?;
    match name {
        "count" => statistics.count = value.parse().ok()?,
        "sum" => statistics.sum = number,
        "min" => statistics.min = Some(number),
        "max" => statistics.max = Some(number),
        _ => {}
    }
    Some(())
}

impl Update {
    /// Parses a message. Returns `None` if it is not part of the protocol.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let message: JsonValue = serde_json::from_slice(payload).ok()?;
        let customer = message.get("customer")?.as_str()?.to_owned();
        let stored = |key: &str| {
            let fields = message.get(key)?.as_array()?.iter();
            let fields: Vec<&str> = fields.map(JsonValue::as_str).collect::<Option<_>>()?;
            Stored::read(fields)
        };
        match message.get("bucket") {
            Some(_) => stored("bucket").map(|stored| Self::Bucket(customer, stored)),
            None => stored("state").map(|stored| Self::State(customer, stored)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::outpost::state::Revision;

    #[test]
    fn a_message_of_a_bucket_is_read() {
        let message = br#"{"customer":"external:u-1:r","bucket":["epoch","ab","revision","7",
            "bucket:300000000:count","2","bucket:300000000:sum","0.3","bucket:300000000:min","1e-1"]}"#;
        let Some(Update::Bucket(customer, stored)) = Update::parse(message) else {
            unreachable!("the message is one of a bucket");
        };
        assert_eq!(customer, "external:u-1:r");
        let revision = Revision {
            epoch: "ab".to_owned(),
            number: 7,
        };
        assert_eq!(stored.revision, revision);
        let bucket = stored.state.buckets[&300_000_000];
        assert_eq!(
            (bucket.count, bucket.sum),
            (2, Number::parse("0.3").unwrap())
        );
        assert_eq!((bucket.min, bucket.max), (Number::parse("0.1"), None));
    }

    #[test]
    fn what_is_no_state_is_not_read() {
        assert_eq!(Stored::read(["epoch"]), None);
        assert_eq!(Stored::read(["revision", "many"]), None);
        assert_eq!(Stored::read(["cold:sum", "inf"]), None);
        assert_eq!(Stored::read(["bucket:x:sum", "1"]), None);
        assert!(Stored::read(["new", "x", "new:field", "x"]).is_some());
        for message in [
            "",
            "[]",
            "{}",
            r#"{"customer":"x"}"#,
            r#"{"customer":"x","state":[1,2]}"#,
        ] {
            assert_eq!(Update::parse(message.as_bytes()), None, "{message}");
        }
    }
}
