//! What is known about the key, and what a response, or the lack of one, means for it.

use std::error::Error as StdError;
use std::time::SystemTime;

use polar_client::Error;
use polar_client::ids::ActivationId;
use polar_client::types::Timestamp;
use polar_client::v2026_10::ErrorCode;
use polar_client::v2026_10::models::ValidatedLicenseKey;
use serde::{Deserialize, Serialize};

/// How many seconds the last good answer counts without another one.
const GRACE: i64 = 14 * DAY;

pub(crate) const DAY: i64 = 24 * 60 * 60;

/// A clock that was set back by less than this was only put right.
const TOLERANCE: i64 = 2 * 60 * 60;

/// What is kept between two starts of the program. Times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
pub(crate) struct License {
    pub(crate) key: String,
    /// None where the key is good for any number of computers, and is not activated for each.
    pub(crate) activation_id: Option<String>,
    /// When the API last said that the key is good.
    pub(crate) confirmed: i64,
    /// Why the key is not good, if the API has said so since.
    pub(crate) refused: Option<String>,
    /// When the key expires, as far as was known then.
    pub(crate) expires: Option<i64>,
    /// The latest time at which the program was started.
    pub(crate) latest: i64,
}

/// What the program goes by.
pub(crate) enum LicenseStatus {
    /// The API says that the key is good.
    Valid,
    /// The API could not be asked, and the last good answer still counts, for so many seconds.
    Grace(i64),
    /// The API did not respond conclusively, and this may help. The key may still be valid.
    Unverified(&'static str),
    /// The API says that the key is not good, or said so when it was last asked.
    Invalid(String),
}

const OFFLINE: LicenseStatus = LicenseStatus::Unverified("please connect to the internet");

impl License {
    /// One that the API has just found good.
    pub(crate) fn new(
        key: &str,
        activation: Option<ActivationId>,
        expires: Option<Timestamp>,
    ) -> Self {
        Self {
            key: key.to_owned(),
            activation_id: activation.map(|id| id.to_string()),
            confirmed: now(),
            refused: None,
            expires: expires.map(|time| time.timestamp()),
            latest: now(),
        }
    }

    pub(crate) fn activation(&self) -> Result<Option<ActivationId>, Box<dyn StdError>> {
        let id = self.activation_id.as_ref();
        Ok(id.map(|id| id.parse()).transpose()?)
    }

    /// What a response, or the lack of one, means for the license.
    pub(crate) fn judge(
        &mut self,
        answer: Result<ValidatedLicenseKey, Error>,
        now: i64,
    ) -> LicenseStatus {
        match answer {
            Ok(key) if key.status == "granted" => {
                self.confirmed = now;
                self.refused = None;
                self.expires = key.expires_at.map(|time| time.timestamp());
                self.latest = now;
                LicenseStatus::Valid
            }
            Ok(key) if ["revoked", "disabled"].contains(&&*key.status) => {
                self.refuse(&format!("the key is {}", key.status))
            }
            // `code()` is none for answers that are not the API's, and for a version that is gone: those are no answers.
            Err(error) if error.code() == Some(ErrorCode::ResourceNotFound) => {
                self.refuse(detail(&error).unwrap_or("there is no such key"))
            }
            // Nothing was said about the key, or nothing that this program understands.
            Ok(_) | Err(_) => self.without_answer(now),
        }
    }

    /// Records that the API rejected the key, which also applies while the API is unreachable.
    pub(crate) fn refuse(&mut self, reason: &str) -> LicenseStatus {
        self.refused = Some(reason.to_owned());
        LicenseStatus::Invalid(reason.to_owned())
    }

    pub(crate) fn without_answer(&mut self, now: i64) -> LicenseStatus {
        if let Some(reason) = &self.refused {
            return LicenseStatus::Invalid(reason.clone());
        }
        // Setting the clock back does not make the grace longer: it is over until there is a response.
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

/// How the API explains an error.
pub(crate) fn detail(error: &Error) -> Option<&str> {
    error.api().and_then(|answer| answer.detail())
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
