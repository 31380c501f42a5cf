//! Validates the key with the API.

use std::error::Error as StdError;
use std::process::ExitCode;

use polar_client::ids::OrganizationId;
use polar_client::v2026_10::models::LicenseKeyValidate;
use polar_client::v2026_10::services::customer_portal::license_keys::LicenseKeys;
use polar_client::{Anonymous, CallOptions};

use crate::file::{load, path, save};
use crate::license::{DAY, LicenseStatus, now};

pub(crate) async fn check(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
) -> Result<ExitCode, Box<dyn StdError>> {
    let mut license = match load() {
        Ok(Some(license)) => license,
        Ok(None) => {
            println!("not activated");
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => {
            eprintln!("{error}");
            return Ok(LicenseStatus::Unverified("the license file is damaged").report());
        }
    };
    let mut request = LicenseKeyValidate::new(license.key.as_str(), organization);
    request.activation_id = license.activation()?;
    // A validation can be retried, because it does not count as a use of the key here.
    let options = CallOptions::new().assume_idempotent();
    let result = keys.validate(request).with(options).await;
    let status = license.update(result, now());
    let code = status.report();
    // The result is reported even if it cannot be stored.
    if let Err(error) = save(&license) {
        eprintln!("{} cannot be written: {error}", path().display());
    }
    Ok(code)
}

impl LicenseStatus {
    /// Reports the status to the user, and to the calling program by the exit code.
    fn report(&self) -> ExitCode {
        match self {
            Self::Valid => {
                println!("valid");
                ExitCode::SUCCESS
            }
            Self::Grace(left) => {
                let days = (left - 1) / DAY + 1;
                println!("valid, unconfirmed for up to {days} more days");
                ExitCode::SUCCESS
            }
            Self::Unverified(advice) => {
                println!("unverified, {advice}");
                ExitCode::from(2)
            }
            Self::Invalid(reason) => {
                println!("invalid: {reason}");
                ExitCode::from(3)
            }
        }
    }
}
