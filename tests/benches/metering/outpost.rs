//! A simulated Polar server that sends snapshots of balances, on a runtime with a thread of its own.

#[path = "../../../runtime/tests/outpost/polar.rs"]
#[allow(dead_code, reason = "tests of the runtime use more of it")]
mod polar;

use std::time::Duration;

use polar_client::metering::{Metering, MeteringBuilder, Source, UsageEvent};
use polar_client::outpost::OutpostOptions;
use polar_client::types::{Timestamp, Uuid};
use serde_json::json;

use crate::event;

/// Two meters: the first one counts the events, the second one sums up the values of their `number`.
pub(crate) const METERS: [Uuid; 2] = [
    Uuid::from_u128(0x4000_8000_0000_0000_0001),
    Uuid::from_u128(0x4000_8000_0000_0000_0002),
];

/// The length of the intervals in which events are counted, in microseconds.
const BUCKET: i64 = 300_000_000;

pub(crate) struct Outpost {
    polar: polar::Polar,
    /// A time after the snapshots: events with this timestamp are counted locally.
    pub(crate) timestamp: Timestamp,
    _runtime: tokio::runtime::Runtime,
}

impl Outpost {
    pub(crate) fn start() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let polar = runtime.block_on(polar::Polar::start());
        let [count, sum] = METERS;
        let filter = json!({ "property": "name", "operator": "eq", "value": "completion" });
        let filter = json!({ "conjunction": "and", "clauses": [filter] });
        polar.world().reducers = Some(json!([
            { "id": "count", "filter": filter, "aggregation": { "func": "count" }, "meter_ids": [count] },
            {
                "id": "sum", "filter": filter, "meter_ids": [sum],
                "aggregation": { "func": "sum", "property": "metadata.number" },
            },
        ]));
        // The snapshots include all events before `cold_until`. No process has counted an event since, so they are
        // complete.
        let now = Timestamp::from(std::time::SystemTime::now()).timestamp_micros();
        let cold_until = now - now.rem_euclid(BUCKET) + BUCKET;
        for meter in METERS {
            polar.keep(&json!({
                "customer_id": null, "external_customer_id": "u-1", "customer_exists": true,
                "meter_id": meter, "version": 1, "cold_until": cold_until,
                "count": 2, "sum": 5, "min": 1, "max": 4, "credited_units": 1_000_000,
            }));
        }
        Self {
            polar,
            timestamp: Timestamp::from_timestamp_micros(cold_until + 1_000_000).unwrap(),
            _runtime: runtime,
        }
    }

    /// Returns an event that is counted locally, because the snapshots do not include its timestamp.
    pub(crate) fn event(&self, number: u64) -> UsageEvent {
        event(number).timestamp(self.timestamp)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.polar.address)
    }

    /// Returns metering with local balances. Their state is in Redis at this URL, or in memory if it is `None`.
    pub(crate) fn metering(&self, redis: Option<&str>) -> MeteringBuilder {
        let options = OutpostOptions::new();
        let options = match redis {
            Some(url) => options.redis(url),
            None => options,
        };
        self.polar.metering().outpost(options)
    }

    /// Waits until both balances are read from the local state.
    pub(crate) async fn until_known(&self, metering: &Metering) {
        for meter in METERS {
            while !is_local(metering, meter).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn is_local(metering: &Metering, meter: Uuid) -> bool {
    let balance = metering.meter(meter, "u-1").await;
    balance.is_ok_and(|balance| balance.is_some_and(|it| it.source == Source::Local))
}
