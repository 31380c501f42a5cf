//! Reservations: units of a meter that are taken before the work that uses them.

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

/// Reserved units of a customer's meter. Other callers cannot reserve them. Returned by [`Metering::reserve`].
///
/// After the work, [`settle`](Self::settle) tracks the actual usage and releases the units. Dropping the reservation
/// releases them without tracking anything.
#[must_use = "the units are released when this is dropped"]
pub struct Reservation {
    metering: Metering,
    units: Decimal,
    hold: Hold,
}

impl Reservation {
    /// Returns the number of reserved units.
    #[must_use]
    pub fn units(&self) -> &Decimal {
        &self.units
    }

    /// Tracks the event with the actual usage, then releases the reserved units.
    ///
    /// The event may use more or fewer units than were reserved. It is counted before the units are released, so they
    /// are not available in between.
    ///
    /// # Cancellation
    /// If the future is dropped, the event may or may not be tracked: see [`Metering::track`]. If it is not tracked,
    /// the units are released at once. Otherwise they are released when the event is counted.
    ///
    /// # Errors
    /// Those of [`Metering::track`]. The units are released.
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

/// The error of a reservation: why units were not reserved.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReserveError {
    /// Fewer units are available than requested.
    Insufficient {
        /// The number of available units: the balance minus the reserved units. May be negative.
        available: Decimal,
    },
    /// The number of units is zero, negative, or larger than the largest double. With Redis, it may have at most 15
    /// digits before and nine digits after the decimal point.
    InvalidUnits,
    /// The local balance is unknown: there is no Outpost, no snapshot of the customer, or no connection to Polar or
    /// Redis.
    Unknown,
    /// The meter computes a minimum, maximum or average. Only meters that count or sum have units to reserve.
    Unsupported,
    /// The local balance is incomplete, and reading the balance from the API failed.
    Api(Error),
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient { available } => {
                write!(f, "units were not reserved: only {available} are available")
            }
            Self::InvalidUnits => {
                f.write_str("units were not reserved: the number is not positive, too large, or has too many digits")
            }
            Self::Unknown => f.write_str(
                "units were not reserved: the local balance is unknown; configure an Outpost, or try again later",
            ),
            Self::Unsupported => {
                f.write_str("units were not reserved: the meter computes neither a count nor a sum")
            }
            Self::Api(_) => f.write_str("units were not reserved: the balance could not be read from the API"),
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
    /// Reserves units of a customer's meter, if that many are available.
    ///
    /// The balance is checked and reduced in one atomic step, so concurrent callers together never reserve more than
    /// the balance.
    ///
    /// It requires an Outpost, whose local balance it uses. After a start, the local balance may lack usage of earlier
    /// processes. Until a snapshot of Polar includes that, the API is requested as well, and the smaller of the two
    /// balances applies.
    ///
    /// # Errors
    /// Returns [`ReserveError::Insufficient`] if too few units are available, and the other variants if that cannot be
    /// determined. In the latter case, it is up to you whether to do the work.
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
    /// Reserves units of a meter of this customer, if that many are available: see [`Metering::reserve`].
    ///
    /// # Errors
    /// Those of [`Metering::reserve`].
    pub async fn reserve(
        &self,
        meter: impl Into<Uuid>,
        units: impl Into<Decimal>,
    ) -> Result<Reservation, ReserveError> {
        self.metering().reserve(meter, units, self.bound_to()).await
    }
}
