//! The customer of a usage event.

use std::fmt;

use uuid::Uuid;

/// A customer, and optionally the member of the customer who caused the usage.
///
/// Polar's IDs and your own IDs cannot be mixed: a member has the same kind of ID as the customer. Strings convert to
/// [`External`](Self::External), UUIDs to [`Id`](Self::Id).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Customer {
    /// By Polar's IDs.
    Id {
        /// The customer's ID.
        customer_id: Uuid,
        /// The member's ID.
        member_id: Option<Uuid>,
    },
    /// By the IDs of your own database.
    External {
        /// The customer's ID. It must not be empty.
        customer_id: String,
        /// The member's ID.
        member_id: Option<String>,
    },
}

impl Customer {
    /// Identifies a customer by the ID at Polar, such as a `CustomerId`.
    #[must_use]
    pub fn id(customer: impl Into<Uuid>) -> Self {
        Self::Id {
            customer_id: customer.into(),
            member_id: None,
        }
    }

    /// Identifies a member of a customer, both by their IDs at Polar. Sends no request.
    #[must_use]
    pub fn member(customer: impl Into<Uuid>, member: impl Into<Uuid>) -> Self {
        Self::Id {
            customer_id: customer.into(),
            member_id: Some(member.into()),
        }
    }

    /// Identifies a customer by an external ID.
    #[must_use]
    pub fn external(customer: impl Into<String>) -> Self {
        Self::External {
            customer_id: customer.into(),
            member_id: None,
        }
    }

    /// Identifies a member of a customer, both by their external IDs. Sends no request.
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
