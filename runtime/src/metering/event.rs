//! `UsageEvent`: an event of a customer.

use uuid::Uuid;

use super::customer::Customer;
use super::metadata::{Cost, Llm, Metadata, MetadataValue};
use crate::codec::{FieldWriter, Model, Object, optional};
use crate::ingest::{Counts, Event, IngestResponse};
use crate::types::Timestamp;

/// A usage event: what a customer did or used, for meters to count.
///
/// ```
/// use polar_client_runtime::metering::UsageEvent;
///
/// let event = UsageEvent::new("image", "user-1").metadata("pixels", 1_048_576);
/// assert_eq!(event.name, "image");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct UsageEvent {
    /// The name, which meters filter by. At most 128 characters.
    pub name: String,
    /// The customer who caused the usage.
    pub customer: Customer,
    /// The time at which the usage happened. `None` stands for the time of the call to `track`.
    pub timestamp: Option<Timestamp>,
    /// The external ID, by which the server deduplicates events. `None` stands for a random UUID.
    pub external_id: Option<String>,
    /// The parent event: its ID at Polar or its external ID. `None` if there is no parent.
    pub parent_id: Option<String>,
    /// The ID of the organization. Required if the access token is not one of an organization; otherwise `None`.
    pub organization_id: Option<Uuid>,
    /// Additional values, which meters aggregate and filter by.
    pub metadata: Metadata,
}

impl UsageEvent {
    /// Creates an event with a name and a customer. Pass a string for an external ID of the customer, or a UUID for an
    /// ID at Polar.
    #[must_use]
    pub fn new(name: impl Into<String>, customer: impl Into<Customer>) -> Self {
        Self {
            name: name.into(),
            customer: customer.into(),
            timestamp: None,
            external_id: None,
            parent_id: None,
            organization_id: None,
            metadata: Metadata::default(),
        }
    }

    /// Sets an entry of the metadata, which meters aggregate and filter by.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        self.metadata.values.insert(key.into(), value.into());
        self
    }

    /// Sets what the usage cost you: the metadata entry `_cost`.
    #[must_use]
    pub fn cost(mut self, cost: Cost) -> Self {
        self.metadata.cost = Some(cost);
        self
    }

    /// Sets the call of a language model that the event is about: the metadata entry `_llm`.
    #[must_use]
    pub fn llm(mut self, llm: Llm) -> Self {
        self.metadata.llm = Some(llm);
        self
    }

    /// Sets the time at which the usage happened.
    #[must_use]
    pub fn timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Sets the external ID, by which the server deduplicates events.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// Sets the parent event, by its ID at Polar or its external ID.
    #[must_use]
    pub fn parent_id(mut self, id: impl Into<String>) -> Self {
        self.parent_id = Some(id.into());
        self
    }

    /// Sets the organization. Required if the access token is not one of an organization.
    #[must_use]
    pub fn organization_id(mut self, id: impl Into<Uuid>) -> Self {
        self.organization_id = Some(id.into());
        self
    }
}

impl Model for UsageEvent {
    fn read(o: &mut Object<'_, '_>) -> Self {
        let (timestamp, name) = (o.field("timestamp"), o.field("name"));
        let (organization_id, external_id) = (o.field("organization_id"), o.field("external_id"));
        let (parent_id, metadata) = (o.field("parent_id"), o.field("metadata"));
        let metadata: Option<Metadata> = metadata;
        let customer_id: Option<Uuid> = o.field("customer_id");
        let customer = match customer_id {
            Some(customer_id) => Customer::Id {
                customer_id,
                member_id: o.field("member_id"),
            },
            None => Customer::External {
                customer_id: o.field("external_customer_id"),
                member_id: o.field("external_member_id"),
            },
        };
        Self {
            name,
            customer,
            timestamp,
            external_id,
            parent_id,
            organization_id,
            metadata: metadata.unwrap_or_default(),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[
            ("timestamp", optional(&self.timestamp)),
            ("name", &self.name),
            ("organization_id", optional(&self.organization_id)),
            ("external_id", optional(&self.external_id)),
            ("parent_id", optional(&self.parent_id)),
        ]);
        if !self.metadata.is_empty() {
            o.fields(&[("metadata", &self.metadata)]);
        }
        match &self.customer {
            Customer::Id {
                customer_id,
                member_id,
            } => o.fields(&[
                ("customer_id", customer_id),
                ("member_id", optional(member_id)),
            ]),
            Customer::External {
                customer_id,
                member_id,
            } => o.fields(&[
                ("external_customer_id", customer_id),
                ("external_member_id", optional(member_id)),
            ]),
        }
    }
}

// The server would accept an event with an empty customer ID, and count it for no customer.
crate::model! {
    UsageEvent { "name" = [MaxLength(128)], "external_customer_id" = [MinLength(1)], "external_member_id" = [MinLength(1)] }
}

impl Event for UsageEvent {
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
