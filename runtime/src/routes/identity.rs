//! The identity of a visitor.

use std::fmt;

use uuid::Uuid;

use super::query::{CUSTOMER_EMAIL, CUSTOMER_EXTERNAL_ID, CUSTOMER_ID, CUSTOMER_NAME, Query};
use super::rejection::Rejection;
use crate::types::JsonObject;

/// The customer that a visitor is logged in as.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Identity {
    customer: Customer,
    email: Option<String>,
    name: Option<String>,
    member: Option<Member>,
}

#[derive(Clone, PartialEq, Eq)]
enum Customer {
    Id(Uuid),
    External(String),
}

#[derive(Clone, PartialEq, Eq)]
enum Member {
    Id(Uuid),
    External(String),
}

impl Identity {
    /// Identifies a customer by the ID in your own database. A checkout creates the customer if none has this ID.
    pub fn external_id(id: impl Into<String>) -> Self {
        Self::new(Customer::External(id.into()))
    }

    /// Identifies a customer by the ID at Polar.
    pub fn customer_id(id: impl Into<Uuid>) -> Self {
        Self::new(Customer::Id(id.into()))
    }

    fn new(customer: Customer) -> Self {
        Self {
            customer,
            email: None,
            name: None,
            member: None,
        }
    }

    /// Prefills the email address of a checkout. The email address of an existing customer cannot be changed there.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Prefills the name of a checkout.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the member of the customer, by the ID at Polar. The portal requires a member if the customer is a team.
    pub fn member_id(mut self, id: impl Into<Uuid>) -> Self {
        self.member = Some(Member::Id(id.into()));
        self
    }

    /// Sets the member of the customer, by the ID in your own database. The portal requires a member if the customer is
    /// a team.
    pub fn external_member_id(mut self, id: impl Into<String>) -> Self {
        self.member = Some(Member::External(id.into()));
        self
    }

    /// Rejects a query for another customer. Also rejects a query that cannot be compared with this identity, for
    /// example because it contains another kind of ID.
    pub(super) fn check(&self, query: &Query) -> Result<(), Rejection> {
        let is_other = |name, matches: &dyn Fn(&str) -> bool| {
            let given = query.one(name)?;
            Ok(given.is_some_and(|given| !matches(given)))
        };
        let id = |given: &str| matches!(&self.customer, Customer::Id(id) if given.parse().is_ok_and(|given: Uuid| given == *id));
        let external =
            |given: &str| matches!(&self.customer, Customer::External(id) if given == id);
        let email = |given: &str| {
            let own = self.email.as_deref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(given))
        };
        let others = [
            is_other(CUSTOMER_ID, &id)?,
            is_other(CUSTOMER_EXTERNAL_ID, &external)?,
            is_other(CUSTOMER_EMAIL, &email)?,
        ];
        match others.contains(&true) {
            true => Err(Rejection::OTHER_CUSTOMER),
            false => Ok(()),
        }
    }

    /// Writes the customer to the body of a request.
    pub(super) fn write_customer(&self, body: &mut JsonObject) {
        let (key, value) = match &self.customer {
            Customer::Id(id) => ("customer_id", id.to_string()),
            Customer::External(id) => ("external_customer_id", id.clone()),
        };
        body.insert(key.to_owned(), value.into());
    }

    /// Writes the customer and prefilled fields to the body of a checkout.
    pub(super) fn write_checkout(
        &self,
        query: &Query,
        body: &mut JsonObject,
    ) -> Result<(), Rejection> {
        self.write_customer(body);
        if let Some(email) = &self.email {
            body.insert("customer_email".to_owned(), email.clone().into());
        }
        let name = match &self.name {
            Some(name) => Some(name.as_str()),
            None => query.one(CUSTOMER_NAME)?,
        };
        if let Some(name) = name {
            body.insert("customer_name".to_owned(), name.into());
        }
        Ok(())
    }

    /// Writes the customer and the member to the body of a session.
    pub(super) fn write_session(&self, body: &mut JsonObject) {
        self.write_customer(body);
        let member = self.member.as_ref().map(|member| match member {
            Member::Id(id) => ("member_id", id.to_string()),
            Member::External(id) => ("external_member_id", id.clone()),
        });
        if let Some((key, value)) = member {
            body.insert(key.to_owned(), value.into());
        }
    }
}

/// Omits email address and name.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, id) = match &self.customer {
            Customer::Id(id) => ("customer_id", id.to_string()),
            Customer::External(id) => ("external_id", id.clone()),
        };
        f.debug_struct("Identity")
            .field(key, &id)
            .finish_non_exhaustive()
    }
}
