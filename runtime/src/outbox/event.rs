//! Events as they are read from the table: JSON without a generated type.

use crate::codec::{self, Encode, View};
use crate::ingest::{Counts, Event, IngestResponse};
use crate::types::{JsonObject, Timestamp};

const EXTERNAL_ID: &str = "external_id";

/// An event that was read from the table. The two properties that an ingester may set are separate fields.
pub(super) struct StoredEvent {
    external_id: Option<String>,
    timestamp: Option<Timestamp>,
    others: JsonObject,
}

impl StoredEvent {
    /// Parses the JSON of an event. Returns `None` if the external ID or the timestamp is missing or invalid.
    pub(super) fn parse(json: &str) -> Option<Self> {
        let mut others: JsonObject = codec::from_slice(json.as_bytes()).ok()?;
        let external_id = others.remove(EXTERNAL_ID)?.as_str()?.to_owned();
        let timestamp = others.remove(Self::TIME)?;
        Some(Self {
            external_id: Some(external_id),
            timestamp: Some(timestamp.as_str()?.parse().ok()?),
            others,
        })
    }
}

impl Encode for StoredEvent {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl codec::Record for StoredEvent {
    fn write(&self, writer: &mut codec::FieldWriter<'_>) {
        writer.fields(&[
            (Self::TIME, codec::optional(&self.timestamp)),
            (EXTERNAL_ID, codec::optional(&self.external_id)),
        ]);
        self.others.write(writer);
    }
}

impl Event for StoredEvent {
    type Response = IngestResponse;
    const LIST: &'static str = "events";
    const TIME: &'static str = "timestamp";

    fn external_id(&mut self) -> &mut Option<String> {
        &mut self.external_id
    }

    fn timestamp(&mut self) -> &mut Option<Timestamp> {
        &mut self.timestamp
    }

    fn counts(response: &IngestResponse) -> Counts {
        response.counts()
    }
}
