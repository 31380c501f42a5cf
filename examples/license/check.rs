//! Asks the API whether the key is still good.

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
            return Ok(LicenseStatus::Unverified("the file of the license is damaged").tell());
        }
    };
    let mut question = LicenseKeyValidate::new(license.key.as_str(), organization);
    question.activation_id = license.activation()?;
    // Asking does not count as a use here, so it may be repeated.
    let question = keys
        .validate(question)
        .with(CallOptions::new().assume_safe());
    let status = license.judge(question.await, now());
    let code = status.tell();
    // What the API said is true even if it cannot be kept.
    if let Err(error) = save(&license) {
        eprintln!("{} cannot be written: {error}", path().display());
    }
    Ok(code)
}

impl LicenseStatus {
    /// Tells the user, and the program that started this one.
    fn tell(&self) -> ExitCode {
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
