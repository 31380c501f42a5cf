//! Units of a meter that are taken before the work that uses them.

use std::error::Error as StdError;
use std::fmt;

use uuid::Uuid;

use super::balance;
use super::customer::Customer;
use super::customer_metering::CustomerMetering;
use super::event::UsageEvent;
use super::handle::Metering;
use crate::Error;
use crate::ingest::NotQueued;
use crate::outpost::{Hold, HoldError, Identity, Number, Outpost};
use crate::types::Decimal;

/// Units of a meter that other callers cannot take meanwhile.
///
/// [`settle`](Self::settle) tracks what was used and returns the rest. Dropping the reservation returns all of it.
#[must_use = "the units are given back when this is dropped"]
pub struct Reservation {
    metering: Metering,
    units: Decimal,
    hold: Hold,
}

impl Reservation {
    /// Returns the units that are reserved.
    #[must_use]
    pub fn units(&self) -> &Decimal {
        &self.units
    }

    /// Tracks the event that says what was used, and gives the reserved units back when it is counted: at no time are more
    /// units available than without it. The event may use more or fewer units than were reserved.
    ///
    /// Dropping the future means for the event what it means for [`Metering::track`]. The units are given back either way:
    /// at once if the event is not tracked, or when it is counted.
    ///
    /// # Errors
    /// Those of [`Metering::track`]. The units are given back then.
    pub async fn settle(self, event: impl Into<UsageEvent>) -> Result<(), NotQueued<UsageEvent>> {
        self.metering.track_held(event.into(), self.hold).await
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("units", &self.units)
            .finish_non_exhaustive()
    }
}

/// Why units were not reserved.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReserveError {
    /// The balance is too small.
    Insufficient {
        /// The units that are available: the balance without those that are reserved. May be negative.
        available: Decimal,
    },
    /// The units are zero, negative or larger than a double can be; with Redis, also if they have more than nine decimals
    /// or more than 15 digits before them.
    InvalidUnits,
    /// The balance is not known locally: there is no Outpost, no snapshot, or no connection to the state.
    Unknown,
    /// The meter computes a minimum, a maximum or an average, which units cannot be taken of.
    Unsupported,
    /// The API was asked for the balance and failed.
    Api(Error),
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient { available } => {
                write!(f, "units were not reserved: {available} are available")
            }
            Self::InvalidUnits => {
                f.write_str("units were not reserved: their number is not positive, too large or too precise")
            }
            Self::Unknown => f.write_str(
                "units were not reserved: the balance is not known locally; attach an Outpost, or try again",
            ),
            Self::Unsupported => {
                f.write_str("units were not reserved: the meter neither counts nor sums up")
            }
            Self::Api(_) => f.write_str("units were not reserved: the balance could not be read"),
        }
    }
}

impl StdError for ReserveError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }
}

impl Metering {
    /// Reserves units of a customer's meter, if the balance has them: checks and takes them in one step. Callers that
    /// reserve at the same time never get more than the balance together.
    ///
    /// The balance is the local one. Until that covers everything before this process started, the API is asked as well, and
    /// the smaller balance counts. A balance that is not known is an error: decide what to do then.
    ///
    /// # Errors
    /// [`ReserveError::Insufficient`] with what is available, and the other variants where the balance cannot be told.
    pub async fn reserve(
        &self,
        meter: impl Into<Uuid>,
        units: impl Into<Decimal>,
        customer: impl Into<Customer>,
    ) -> Result<Reservation, ReserveError> {
        let (meter, units, customer) = (meter.into(), units.into(), customer.into());
        let outpost = self.outpost().ok_or(ReserveError::Unknown)?;
        let number = Number::parse(units.as_str()).filter(|number| *number > Number::ZERO);
        let number = number.ok_or(ReserveError::InvalidUnits)?;
        let hold = self.hold(outpost, meter, number, &customer).await?;
        Ok(Reservation {
            metering: self.clone(),
            units,
            hold,
        })
    }

    async fn hold(
        &self,
        outpost: &Outpost,
        meter: Uuid,
        units: Number,
        customer: &Customer,
    ) -> Result<Hold, ReserveError> {
        let identity = Identity::from(customer);
        match outpost.reserve(&identity, meter, units, None).await {
            Err(HoldError::Incomplete) => {}
            outcome => return outcome.map_err(ReserveError::from),
        }
        let response = balance::fetch(self.meters(), meter, customer).await;
        let balance = response.map_err(ReserveError::Api)?;
        let ceiling = balance.and_then(|balance| Number::parse(balance.balance.as_str()));
        let ceiling = ceiling.ok_or(ReserveError::Unknown)?;
        let hold = outpost.reserve(&identity, meter, units, Some(ceiling));
        Ok(hold.await?)
    }
}

impl From<HoldError> for ReserveError {
    fn from(shortage: HoldError) -> Self {
        match shortage {
            HoldError::Balance(available) => Self::Insufficient {
                available: available.into(),
            },
            HoldError::Unsupported => Self::Unsupported,
            #[cfg(feature = "redis")]
            HoldError::InvalidUnits => Self::InvalidUnits,
            HoldError::Incomplete | HoldError::Unknown => Self::Unknown,
        }
    }
}

impl CustomerMetering {
    /// Reserves units of a meter of the customer: see [`Metering::reserve`].
    ///
    /// # Errors
    /// [`ReserveError::Insufficient`] with what is available, and the other variants where the balance cannot be told.
    pub async fn reserve(
        &self,
        meter: impl Into<Uuid>,
        units: impl Into<Decimal>,
    ) -> Result<Reservation, ReserveError> {
        self.metering().reserve(meter, units, self.bound_to()).await
    }
}
