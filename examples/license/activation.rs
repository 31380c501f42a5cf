//! Activates the key for this computer, and deactivates it.

use std::error::Error as StdError;
use std::process::ExitCode;
use std::{env, fs};

use polar_client::ids::OrganizationId;
use polar_client::v2026_10::ErrorCode;
use polar_client::v2026_10::models::{
    LicenseKeyActivate, LicenseKeyDeactivate, LicenseKeyValidate,
};
use polar_client::v2026_10::services::customer_portal::license_keys::LicenseKeys;
use polar_client::{Anonymous, Error};

use crate::file::{load, path, save};
use crate::license::{License, detail};

pub(crate) async fn activate(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
    key: &str,
) -> Result<ExitCode, Box<dyn StdError>> {
    if load()?.is_some() {
        println!("already activated, please deactivate first");
        return Ok(ExitCode::FAILURE);
    }
    // The label is shown in the customer portal, where it distinguishes computers.
    let label = env::var("HOSTNAME").unwrap_or_else(|_| "a computer".to_owned());
    let request = LicenseKeyActivate::new(key, organization, label);
    let activated = match keys.activate(request).await {
        Ok(it) => Ok(License::new(key, Some(it.id), it.license_key.expires_at)),
        Err(error) => {
            let unlimited = unlimited(keys, organization, key, &error).await;
            unlimited.ok_or(error)
        }
    };
    let license = match activated {
        Ok(license) => license,
        Err(error) => {
            match (error.code(), detail(&error)) {
                (Some(ErrorCode::ResourceNotFound), _) => println!("there is no such key"),
                (Some(ErrorCode::NotPermitted), Some(detail)) => {
                    println!("not activated: {detail}")
                }
                _ => println!("not activated, please try again later: {error}"),
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Err(error) = save(&license) {
        println!(
            "not activated, {} cannot be written: {error}",
            path().display()
        );
        // Without the ID, the activation could not be released later, and would still count.
        if let Err(error) = release(keys, organization, &license).await {
            let id = license.activation_id.unwrap_or_default();
            println!("please remove the activation {id} in the customer portal: {error}");
        }
        return Ok(ExitCode::FAILURE);
    }
    println!("activated");
    Ok(ExitCode::SUCCESS)
}

/// Returns the license for a key without an activation limit, which cannot be activated. The limit is checked, because
/// a key with a limit would otherwise be accepted on any number of computers.
async fn unlimited(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
    key: &str,
    error: &Error,
) -> Option<License> {
    if error.code() != Some(ErrorCode::NotPermitted) {
        return None;
    }
    let request = LicenseKeyValidate::new(key, organization);
    let valid = keys.validate(request).await.ok()?;
    let is_unlimited = valid.status == "granted" && valid.limit_activations.is_none();
    is_unlimited.then(|| License::new(key, None, valid.expires_at))
}

pub(crate) async fn deactivate(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
) -> Result<ExitCode, Box<dyn StdError>> {
    let Some(license) = load()? else {
        println!("not activated");
        return Ok(ExitCode::FAILURE);
    };
    if let Err(error) = release(keys, organization, &license).await {
        println!("not deactivated, please try again later: {error}");
        return Ok(ExitCode::FAILURE);
    }
    fs::remove_file(path())?;
    println!("deactivated");
    Ok(ExitCode::SUCCESS)
}

/// Releases the activation of a license, if it has one.
async fn release(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
    license: &License,
) -> Result<(), Box<dyn StdError>> {
    let Some(id) = license.activation()? else {
        return Ok(());
    };
    let request = LicenseKeyDeactivate::new(license.key.as_str(), organization, id);
    match keys.deactivate(request).await {
        // If the activation no longer exists, the key is already deactivated.
        Err(error) if error.code() != Some(ErrorCode::ResourceNotFound) => Err(error.into()),
        _ => Ok(()),
    }
}
