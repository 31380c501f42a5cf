//! The state of the license, and how responses and outages change it.

use std::error::Error as StdError;
use std::time::SystemTime;

use polar_client::Error;
use polar_client::ids::ActivationId;
use polar_client::types::Timestamp;
use polar_client::v2026_10::ErrorCode;
use polar_client::v2026_10::models::ValidatedLicenseKey;
use serde::{Deserialize, Serialize};

/// The grace period in seconds: how long after the last successful validation the license is valid without another one.
const GRACE: i64 = 14 * DAY;

pub(crate) const DAY: i64 = 24 * 60 * 60;

/// By how many seconds the clock may be set back, as adjustments do. If it is set back further, the grace period ends.
const TOLERANCE: i64 = 2 * 60 * 60;

/// The state that is stored between two runs of the program. Times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
pub(crate) struct License {
    pub(crate) key: String,
    /// `None` if the key has no activation limit, and is not activated.
    pub(crate) activation_id: Option<String>,
    /// The time of the last successful validation.
    pub(crate) confirmed: i64,
    /// The reason why the key is invalid, if the API has rejected it since the last successful validation.
    pub(crate) rejected: Option<String>,
    /// The time at which the key expires, as of the last successful validation. `None` if it does not expire.
    pub(crate) expires: Option<i64>,
    /// The latest time of the clock that the program has seen. An earlier time means that the clock was set back.
    pub(crate) latest: i64,
}

/// The status of the license.
pub(crate) enum LicenseStatus {
    /// The API has validated the key.
    Valid,
    /// The API cannot be reached, and the grace period has not ended. Contains the remaining seconds.
    Grace(i64),
    /// It is unknown whether the key is valid. The string tells the user what to do.
    Unverified(&'static str),
    /// The API has rejected the key, now or in its last response. Contains the reason.
    Invalid(String),
}

const OFFLINE: LicenseStatus = LicenseStatus::Unverified("please connect to the internet");

impl License {
    /// Creates a license that the API has just validated.
    pub(crate) fn new(
        key: &str,
        activation: Option<ActivationId>,
        expires: Option<Timestamp>,
    ) -> Self {
        Self {
            key: key.to_owned(),
            activation_id: activation.map(|id| id.to_string()),
            confirmed: now(),
            rejected: None,
            expires: expires.map(|time| time.timestamp()),
            latest: now(),
        }
    }

    pub(crate) fn activation(&self) -> Result<Option<ActivationId>, Box<dyn StdError>> {
        let id = self.activation_id.as_ref();
        Ok(id.map(|id| id.parse()).transpose()?)
    }

    /// Updates the license with the result of a validation.
    pub(crate) fn update(
        &mut self,
        result: Result<ValidatedLicenseKey, Error>,
        now: i64,
    ) -> LicenseStatus {
        match result {
            Ok(key) if key.status == "granted" => {
                self.confirmed = now;
                self.rejected = None;
                self.expires = key.expires_at.map(|time| time.timestamp());
                self.latest = now;
                LicenseStatus::Valid
            }
            Ok(key) if ["revoked", "disabled"].contains(&&*key.status) => {
                self.reject(&format!("the key is {}", key.status))
            }
            // `code()` is `None` for responses of proxies, and if the API version was retired. Such responses say
            // nothing about the key.
            Err(error) if error.code() == Some(ErrorCode::ResourceNotFound) => {
                self.reject(detail(&error).unwrap_or("there is no such key"))
            }
            // Errors that say nothing about the key, and statuses that this program does not know.
            Ok(_) | Err(_) => self.without_response(now),
        }
    }

    /// Records that the API rejected the key. The license then stays invalid while the API cannot be reached.
    pub(crate) fn reject(&mut self, reason: &str) -> LicenseStatus {
        self.rejected = Some(reason.to_owned());
        LicenseStatus::Invalid(reason.to_owned())
    }

    pub(crate) fn without_response(&mut self, now: i64) -> LicenseStatus {
        if let Some(reason) = &self.rejected {
            return LicenseStatus::Invalid(reason.clone());
        }
        // If the clock was set back, the grace period cannot be measured, so the license is unverified until the API
        // responds.
        let was_set_back = now < self.latest.saturating_sub(TOLERANCE);
        self.latest = self.latest.max(now);
        if was_set_back {
            return OFFLINE;
        }
        let end = self.confirmed.saturating_add(GRACE);
        let end = self.expires.map_or(end, |expires| end.min(expires));
        match end.saturating_sub(self.latest) {
            left if left > 0 => LicenseStatus::Grace(left),
            _ => OFFLINE,
        }
    }
}

/// Returns the API's explanation of an error.
pub(crate) fn detail(error: &Error) -> Option<&str> {
    error.api().and_then(|error| error.detail())
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
