//! The customer of a usage event.

use std::fmt;

use uuid::Uuid;

/// The customer of a usage event, and optionally the member of the customer who caused the usage.
///
/// A customer is identified by an ID at Polar or by an external ID, and a member by the same kind of ID. A UUID
/// converts to a customer with this ID at Polar, a string to one with this external ID.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Customer {
    /// Identified by IDs at Polar.
    Id {
        /// The customer's ID at Polar.
        customer_id: Uuid,
        /// The member's ID at Polar; `None` if the usage is not that of a member.
        member_id: Option<Uuid>,
    },
    /// Identified by external IDs: those of your own database.
    External {
        /// The customer's external ID. It must not be empty.
        customer_id: String,
        /// The member's external ID; `None` if the usage is not that of a member.
        member_id: Option<String>,
    },
}

impl Customer {
    /// Returns the customer with this ID at Polar, such as a `CustomerId`. Sends no request.
    #[must_use]
    pub fn id(customer: impl Into<Uuid>) -> Self {
        Self::Id {
            customer_id: customer.into(),
            member_id: None,
        }
    }

    /// Returns the member of a customer with these IDs at Polar. Sends no request.
    #[must_use]
    pub fn member(customer: impl Into<Uuid>, member: impl Into<Uuid>) -> Self {
        Self::Id {
            customer_id: customer.into(),
            member_id: Some(member.into()),
        }
    }

    /// Returns the customer with this external ID. Sends no request.
    #[must_use]
    pub fn external(customer: impl Into<String>) -> Self {
        Self::External {
            customer_id: customer.into(),
            member_id: None,
        }
    }

    /// Returns the member of a customer with these external IDs. Sends no request.
    #[must_use]
    pub fn external_member(customer: impl Into<String>, member: impl Into<String>) -> Self {
        Self::External {
            customer_id: customer.into(),
            member_id: Some(member.into()),
        }
    }
}

impl From<Uuid> for Customer {
    fn from(id: Uuid) -> Self {
        Self::id(id)
    }
}

impl From<String> for Customer {
    fn from(id: String) -> Self {
        Self::external(id)
    }
}

impl From<&str> for Customer {
    fn from(id: &str) -> Self {
        Self::external(id)
    }
}

impl From<&Self> for Customer {
    fn from(customer: &Self) -> Self {
        customer.clone()
    }
}

/// Shows IDs only.
impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Customer");
        match self {
            Self::Id {
                customer_id,
                member_id,
            } => shown
                .field("customer_id", customer_id)
                .field("member_id", member_id),
            Self::External {
                customer_id,
                member_id,
            } => shown
                .field("external_customer_id", customer_id)
                .field("external_member_id", member_id),
        };
        shown.finish()
    }
}
