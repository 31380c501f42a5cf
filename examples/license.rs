//! A license check for a desktop program: no token, and no trouble while the network or the API is down.
//!
//! ```sh
//! export LICENSE_ORGANIZATION=<the id of the organization that sells the program>
//! cargo run --example license -- activate <key>
//! cargo run --example license -- check         # at each start of the program
//! cargo run --example license -- deactivate    # before the program moves to another computer
//! ```
//!
//! Only the API's own word about the key makes a license invalid: a key that is revoked or disabled, or an answer that says
//! that there is no such key. Whatever else happens (no network, an overloaded server, a page of a proxy, a version of the
//! API that is gone) says nothing about the key, and the last good answer goes on to count for a while.
//!
//! A check ends with 0 for a license that counts, 2 for one that cannot be verified, 3 for one that is invalid, and 1 for
//! none or an error.
//!
//! `POLAR_SERVER` names another server, `LICENSE_FILE` another file than `license.json`. That file is no secret and not
//! protected: those who want to cheat will, and this is about not bothering those who do not.

use std::error::Error as StdError;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

use polar_client::ids::{ActivationId, OrganizationId};
use polar_client::types::Timestamp;
use polar_client::v2026_10::models::{
    LicenseKeyActivate, LicenseKeyDeactivate, LicenseKeyValidate, ValidatedLicenseKey,
};
use polar_client::v2026_10::services::customer_portal::license_keys::LicenseKeys;
use polar_client::v2026_10::{ErrorCode, Polar, server};
use polar_client::{Anonymous, CallOptions, Error, Server};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// How many seconds the last good answer counts without another one.
const GRACE: i64 = 14 * DAY;

const DAY: i64 = 24 * 60 * 60;

/// A clock that was set back by less than this was only put right.
const TOLERANCE: i64 = 2 * 60 * 60;

/// What is kept between two starts of the program. Times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct License {
    key: String,
    /// None where the key is good for any number of computers, and is not activated for each.
    activation_id: Option<String>,
    /// When the API last said that the key is good.
    confirmed: i64,
    /// Why the key is not good, if the API has said so since.
    refused: Option<String>,
    /// When the key expires, as far as was known then.
    expires: Option<i64>,
    /// The latest time at which the program was started.
    latest: i64,
}

/// What the program goes by.
enum Verdict {
    /// The API says that the key is good.
    Valid,
    /// The API could not be asked, and the last good answer still counts, for so many seconds.
    Grace(i64),
    /// There is no answer that counts, and this may help. Nobody says that the key is bad.
    Unverified(&'static str),
    /// The API says that the key is not good, or said so when it was last asked.
    Invalid(String),
}

const OFFLINE: Verdict = Verdict::Unverified("please connect to the internet");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn StdError>> {
    let organization: OrganizationId = env::var("LICENSE_ORGANIZATION")?.parse()?;
    let keys = client()?.customer_portal(Anonymous).license_keys();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["activate", key] => activate(&keys, organization, key).await,
        ["check"] => check(&keys, organization).await,
        ["deactivate"] => deactivate(&keys, organization).await,
        _ => Err("usage: license activate KEY | check | deactivate".into()),
    }
}

/// A client that needs no token, for a program that does not let its user wait.
fn client() -> Result<Polar<Anonymous>, Error> {
    let server = match env::var("POLAR_SERVER").as_deref() {
        Ok("sandbox") => server::SANDBOX,
        Ok(url) if url != "production" => Server::custom(url)?,
        _ => server::PRODUCTION,
    };
    Polar::builder()
        .app("license-example", "1.0")
        .server(server)
        .timeout(Duration::from_secs(10))
        .attempt_timeout(Duration::from_secs(4))
        .build()
}

async fn activate(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
    key: &str,
) -> Result<ExitCode, Box<dyn StdError>> {
    if load()?.is_some() {
        println!("already activated, please deactivate first");
        return Ok(ExitCode::FAILURE);
    }
    // What helps the customer to tell computers apart in the portal.
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
            file().display()
        );
        // Nobody would know of the activation any more, and it counts.
        if let Err(error) = give_back(keys, organization, &license).await {
            let id = license.activation_id.unwrap_or_default();
            println!("please remove the activation {id} in the customer portal: {error}");
        }
        return Ok(ExitCode::FAILURE);
    }
    println!("activated");
    Ok(ExitCode::SUCCESS)
}

/// The license for a key that cannot be activated since it has no limit of activations. A key that has one would be good
/// here too, and on any number of computers, if this did not look at the limit.
async fn unlimited(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
    key: &str,
    error: &Error,
) -> Option<License> {
    if error.code() != Some(ErrorCode::NotPermitted) {
        return None;
    }
    let question = LicenseKeyValidate::new(key, organization);
    let answer = keys.validate(question).await.ok()?;
    let is_good = answer.status == "granted" && answer.limit_activations.is_none();
    is_good.then(|| License::new(key, None, answer.expires_at))
}

async fn check(
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
            return Ok(Verdict::Unverified("the file of the license is damaged").tell());
        }
    };
    let mut question = LicenseKeyValidate::new(license.key.as_str(), organization);
    question.activation_id = license.activation()?;
    // Asking does not count as a use here, so it may be repeated.
    let question = keys
        .validate(question)
        .with(CallOptions::new().assume_safe());
    let verdict = license.judge(question.await, now());
    let code = verdict.tell();
    // What the API said is true even if it cannot be kept.
    if let Err(error) = save(&license) {
        eprintln!("{} cannot be written: {error}", file().display());
    }
    Ok(code)
}

async fn deactivate(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
) -> Result<ExitCode, Box<dyn StdError>> {
    let Some(license) = load()? else {
        println!("not activated");
        return Ok(ExitCode::FAILURE);
    };
    if let Err(error) = give_back(keys, organization, &license).await {
        println!("not deactivated, please try again later: {error}");
        return Ok(ExitCode::FAILURE);
    }
    fs::remove_file(file())?;
    println!("deactivated");
    Ok(ExitCode::SUCCESS)
}

/// Ends the activation, if there is one.
async fn give_back(
    keys: &LicenseKeys<Anonymous>,
    organization: OrganizationId,
    license: &License,
) -> Result<(), Box<dyn StdError>> {
    let Some(id) = license.activation()? else {
        return Ok(());
    };
    let request = LicenseKeyDeactivate::new(license.key.as_str(), organization, id);
    match keys.deactivate(request).await {
        // An activation that is gone has done its part.
        Err(error) if error.code() != Some(ErrorCode::ResourceNotFound) => Err(error.into()),
        _ => Ok(()),
    }
}

impl Verdict {
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

impl License {
    /// One that the API has just found good.
    fn new(key: &str, activation: Option<ActivationId>, expires: Option<Timestamp>) -> Self {
        Self {
            key: key.to_owned(),
            activation_id: activation.map(|id| id.to_string()),
            confirmed: now(),
            refused: None,
            expires: expires.map(|time| time.timestamp()),
            latest: now(),
        }
    }

    fn activation(&self) -> Result<Option<ActivationId>, Box<dyn StdError>> {
        let id = self.activation_id.as_ref();
        Ok(id.map(|id| id.parse()).transpose()?)
    }

    /// What an answer, or the lack of one, means for the license.
    fn judge(&mut self, answer: Result<ValidatedLicenseKey, Error>, now: i64) -> Verdict {
        match answer {
            Ok(key) if key.status == "granted" => {
                self.confirmed = now;
                self.refused = None;
                self.expires = key.expires_at.map(|time| time.timestamp());
                self.latest = now;
                Verdict::Valid
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

    /// The API says that the key is not good, which still counts when it cannot be asked any more.
    fn refuse(&mut self, reason: &str) -> Verdict {
        self.refused = Some(reason.to_owned());
        Verdict::Invalid(reason.to_owned())
    }

    fn without_answer(&mut self, now: i64) -> Verdict {
        if let Some(reason) = &self.refused {
            return Verdict::Invalid(reason.clone());
        }
        // Setting the clock back does not make the grace longer: it is over until there is an answer.
        let was_set_back = now < self.latest.saturating_sub(TOLERANCE);
        self.latest = self.latest.max(now);
        if was_set_back {
            return OFFLINE;
        }
        let end = self.confirmed.saturating_add(GRACE);
        let end = self.expires.map_or(end, |expires| end.min(expires));
        match end.saturating_sub(self.latest) {
            left if left > 0 => Verdict::Grace(left),
            _ => OFFLINE,
        }
    }
}

/// How the API explains an error.
fn detail(error: &Error) -> Option<&str> {
    error.api().and_then(|answer| answer.detail())
}

fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn file() -> PathBuf {
    env::var_os("LICENSE_FILE").map_or_else(|| "license.json".into(), PathBuf::from)
}

/// What is in the file, if there is one.
fn load() -> Result<Option<License>, Box<dyn StdError>> {
    let read = match fs::read(file()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error.into()),
        Ok(bytes) => parse(&bytes),
    };
    let unreadable = |error| format!("{} cannot be read: {error}", file().display());
    Ok(Some(read.map_err(unreadable)?))
}

fn parse(bytes: &[u8]) -> Result<License, Box<dyn StdError>> {
    let license: License = serde_json::from_slice(bytes)?;
    license.activation()?;
    Ok(license)
}

/// Writes the file anew and puts it in place as a whole: neither a crash midway nor a second program that does the same
/// costs anybody the license.
fn save(license: &License) -> io::Result<()> {
    let file = file();
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    let mut new = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(&serde_json::to_vec_pretty(license)?)?;
    new.persist(file)?;
    Ok(())
}
