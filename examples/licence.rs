//! A licence check for a desktop program: no token, and no trouble while the network or the API is down.
//!
//! ```sh
//! export LICENCE_ORGANIZATION=<the id of the organization that sells the program>
//! cargo run --example licence -- activate <key>
//! cargo run --example licence -- check         # at each start of the program
//! cargo run --example licence -- deactivate    # before the program moves to another computer
//! ```
//!
//! Only the API's own word about the key makes a licence invalid: a key that is revoked or disabled, or an answer that says
//! that there is no such key. Whatever else happens (no network, an overloaded server, a page of a proxy, a version of the
//! API that is gone) says nothing about the key, and the last good answer goes on to count for a while.
//!
//! `POLAR_SERVER` names another server, `LICENCE_FILE` another file than `licence.json`. That file is no secret and not
//! protected: who wants to cheat will, and this is about not bothering those who do not.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

use polar_client::types::Uuid;
use polar_client::v2026_10::models::{
    LicenseKeyActivate, LicenseKeyDeactivate, LicenseKeyValidate, ValidatedLicenseKey,
};
use polar_client::v2026_10::services::customer_portal::license_keys::LicenseKeys;
use polar_client::v2026_10::{ErrorCode, Polar, server};
use polar_client::{Anonymous, CallOptions, Error, Server};
use serde::{Deserialize, Serialize};

/// How many seconds the last good answer counts without another one.
const GRACE: i64 = 14 * DAY;

const DAY: i64 = 24 * 60 * 60;

/// A clock that was set back by less than this was only put right.
const TOLERANCE: i64 = 2 * 60 * 60;

/// What is kept between two starts of the program. Times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct Licence {
    key: String,
    activation_id: String,
    /// When the API last said that the key is good; nothing once it said that it is not.
    confirmed: Option<i64>,
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
    /// The API could not be asked, and there is no answer that counts. Nobody says that the key is bad.
    Unverified,
    /// The API says that the key is not good.
    Invalid(String),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn StdError>> {
    let organization: Uuid = env::var("LICENCE_ORGANIZATION")?.parse()?;
    let keys = client()?.customer_portal(Anonymous).license_keys();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["activate", key] => activate(&keys, organization, key).await,
        ["check"] => check(&keys, organization).await,
        ["deactivate"] => deactivate(&keys, organization).await,
        _ => Err("usage: licence activate KEY | check | deactivate".into()),
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
        .app("licence-example", "1.0")
        .server(server)
        .timeout(Duration::from_secs(10))
        .attempt_timeout(Duration::from_secs(4))
        .build()
}

async fn activate(
    keys: &LicenseKeys<Anonymous>,
    organization: Uuid,
    key: &str,
) -> Result<ExitCode, Box<dyn StdError>> {
    // What helps the customer to tell computers apart in the portal.
    let label = env::var("HOSTNAME").unwrap_or_else(|_| "a computer".to_owned());
    let activation = LicenseKeyActivate::new(key, organization, label);
    match keys.activate(activation).await {
        Ok(activation) => {
            let expires = activation.license_key.expires_at;
            save(&Licence {
                key: key.to_owned(),
                activation_id: activation.id.to_string(),
                confirmed: Some(now()),
                expires: expires.map(|time| time.timestamp()),
                latest: now(),
            })?;
            println!("activated");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            match error.code() {
                Some(ErrorCode::ResourceNotFound) => println!("there is no such key"),
                Some(ErrorCode::NotPermitted) => {
                    println!("the key is in use on as many computers as it allows");
                }
                _ => println!("not activated, please try again later: {error}"),
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn check(
    keys: &LicenseKeys<Anonymous>,
    organization: Uuid,
) -> Result<ExitCode, Box<dyn StdError>> {
    let Some(mut licence) = load()? else {
        println!("not activated");
        return Ok(ExitCode::FAILURE);
    };
    let question = LicenseKeyValidate::new(licence.key.as_str(), organization)
        .activation_id(licence.activation_id.parse()?);
    // Asking does not count as a use here, so it may be repeated.
    let question = keys
        .validate(question)
        .with(CallOptions::new().assume_safe());
    let verdict = licence.judge(question.await, now());
    save(&licence)?;
    Ok(match verdict {
        Verdict::Valid => {
            println!("valid");
            ExitCode::SUCCESS
        }
        Verdict::Grace(left) => {
            println!(
                "valid, unconfirmed for up to {} more days",
                (left - 1) / DAY + 1
            );
            ExitCode::SUCCESS
        }
        Verdict::Unverified => {
            println!("unverified, please connect to the internet");
            ExitCode::from(2)
        }
        Verdict::Invalid(reason) => {
            println!("invalid: {reason}");
            ExitCode::FAILURE
        }
    })
}

async fn deactivate(
    keys: &LicenseKeys<Anonymous>,
    organization: Uuid,
) -> Result<ExitCode, Box<dyn StdError>> {
    let Some(licence) = load()? else {
        println!("not activated");
        return Ok(ExitCode::FAILURE);
    };
    let activation_id: Uuid = licence.activation_id.parse()?;
    let activation = LicenseKeyDeactivate::new(licence.key.as_str(), organization, activation_id);
    match keys.deactivate(activation).await {
        // An activation that is gone has done its part.
        Err(error) if error.code() != Some(ErrorCode::ResourceNotFound) => {
            println!("not deactivated, please try again later: {error}");
            Ok(ExitCode::FAILURE)
        }
        _ => {
            fs::remove_file(file())?;
            println!("deactivated");
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Licence {
    /// What an answer, or the lack of one, means for the licence.
    fn judge(&mut self, answer: Result<ValidatedLicenseKey, Error>, now: i64) -> Verdict {
        match answer {
            Ok(key) if key.status == "granted" => {
                self.confirmed = Some(now);
                self.expires = key.expires_at.map(|time| time.timestamp());
                self.latest = now;
                Verdict::Valid
            }
            Ok(key) if ["revoked", "disabled"].contains(&&*key.status) => {
                self.end(format!("the key is {}", key.status))
            }
            // `code()` is none for answers that are not the API's, and for a version that is gone: those are no answers.
            Err(error) if error.code() == Some(ErrorCode::ResourceNotFound) => {
                let detail = error.api().and_then(|answer| answer.detail());
                self.end(detail.unwrap_or("there is no such key").to_owned())
            }
            // Nothing was said about the key, or nothing that this program understands.
            Ok(_) | Err(_) => self.without_answer(now),
        }
    }

    /// The API says that the key is not good, which still counts when it cannot be asked any more.
    fn end(&mut self, reason: String) -> Verdict {
        self.confirmed = None;
        Verdict::Invalid(reason)
    }

    fn without_answer(&mut self, now: i64) -> Verdict {
        // Setting the clock back does not make the grace longer: it is over until there is an answer.
        let was_set_back = now < self.latest - TOLERANCE;
        self.latest = self.latest.max(now);
        let Some(confirmed) = self.confirmed.filter(|_| !was_set_back) else {
            return Verdict::Unverified;
        };
        let end = confirmed + GRACE;
        let end = self.expires.map_or(end, |expires| end.min(expires));
        match end - self.latest {
            left if left > 0 => Verdict::Grace(left),
            _ => Verdict::Unverified,
        }
    }
}

fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn file() -> PathBuf {
    env::var_os("LICENCE_FILE").map_or_else(|| "licence.json".into(), PathBuf::from)
}

fn load() -> Result<Option<Licence>, Box<dyn StdError>> {
    match fs::read(file()) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes the file anew and puts it in place as a whole: a crash midway costs nobody the licence.
fn save(licence: &Licence) -> io::Result<()> {
    let new = file().with_extension("new");
    fs::write(&new, serde_json::to_vec_pretty(licence)?)?;
    fs::rename(new, file())
}
