//! What is known about the key, and how a response or an outage changes it.

use std::error::Error as StdError;
use std::time::SystemTime;

use polar_client::Error;
use polar_client::ids::ActivationId;
use polar_client::types::Timestamp;
use polar_client::v2026_10::ErrorCode;
use polar_client::v2026_10::models::ValidatedLicenseKey;
use serde::{Deserialize, Serialize};

/// The grace period in seconds. It starts with the last successful validation.
const GRACE: i64 = 14 * DAY;

pub(crate) const DAY: i64 = 24 * 60 * 60;

/// The tolerance in seconds. A clock that is set back by less was only adjusted.
const TOLERANCE: i64 = 2 * 60 * 60;

/// The state that is stored between two runs of the program. Times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
pub(crate) struct License {
    pub(crate) key: String,
    /// `None` if the key has no activation limit, and is not activated.
    pub(crate) activation_id: Option<String>,
    /// The time of the last successful validation.
    pub(crate) confirmed: i64,
    /// Why the key is invalid, if the API has reported so since.
    pub(crate) rejected: Option<String>,
    /// The expiry of the key, as of the last validation.
    pub(crate) expires: Option<i64>,
    /// The latest time at which the program ran.
    pub(crate) latest: i64,
}

/// The status of the license.
pub(crate) enum LicenseStatus {
    /// The API has validated the key.
    Valid,
    /// The API is unreachable, and the grace period is not over. Contains the remaining seconds.
    Grace(i64),
    /// The API's response is not conclusive. The key may still be valid; the string tells the user what may help.
    Unverified(&'static str),
    /// The API reports that the key is invalid, or did so in its last response.
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
            // `code()` is `None` for responses from elsewhere and for a retired version, which say nothing about the
            // key.
            Err(error) if error.code() == Some(ErrorCode::ResourceNotFound) => {
                self.reject(detail(&error).unwrap_or("there is no such key"))
            }
            // The response says nothing about the key, or nothing that this program supports.
            Ok(_) | Err(_) => self.without_response(now),
        }
    }

    /// Records that the API rejected the key, which also applies while the API is unreachable.
    pub(crate) fn reject(&mut self, reason: &str) -> LicenseStatus {
        self.rejected = Some(reason.to_owned());
        LicenseStatus::Invalid(reason.to_owned())
    }

    pub(crate) fn without_response(&mut self, now: i64) -> LicenseStatus {
        if let Some(reason) = &self.rejected {
            return LicenseStatus::Invalid(reason.clone());
        }
        // If the clock was set back, the grace period counts as over, until the API responds.
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
