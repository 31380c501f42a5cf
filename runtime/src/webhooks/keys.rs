//! The keys that a secret stands for, and the signatures that are made with them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::headers::Signed;

/// The shortest key, in bytes, that cannot be guessed.
pub(super) const SHORTEST_KEY: usize = 16;

/// A key, ready to begin a signature with.
pub(super) type Key = Hmac<Sha256>;

/// The prefix of secrets that hold a key in base64.
const STANDARD: &str = "whsec_";

/// The prefixes of secrets.
const PREFIXES: [&str; 2] = [STANDARD, "polar_whs_"];

/// The version of signatures that is in use.
const VERSION: &str = "v1,";

/// The bytes of a signature.
#[cfg(any(feature = "actix-web", feature = "axum"))]
const SIGNATURE_LENGTH: usize = 32;

/// Base64 with or without padding, and with nothing that means the same as something else.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys that one secret may stand for.
#[derive(Clone)]
pub(super) struct Keys {
    /// The whole secret as it is, prefix included.
    whole: Option<Key>,
    /// The same without the white space around it, as it comes with secrets from files.
    trimmed: Option<Key>,
    /// What stands after `whsec_`, decoded, or in place of a prefix.
    standard: Option<Key>,
    /// The bytes of the shortest of them that are secret.
    shortest: usize,
}

impl Keys {
    /// The keys of a secret; `None` if there is nothing secret in it, since anyone could sign with that.
    pub(super) fn of(secret: &str) -> Option<Self> {
        let trimmed = secret.trim();
        let prefix = PREFIXES.iter().find(|prefix| trimmed.starts_with(**prefix));
        let content = trimmed[prefix.map_or(0, |prefix| prefix.len())..].trim();
        if content.trim_end_matches('=').is_empty() {
            return None;
        }
        let decoded = prefix
            .is_none_or(|prefix| *prefix == STANDARD)
            .then(|| BASE64.decode(content).ok())
            .flatten()
            .filter(|key| !key.is_empty());
        let shortest = decoded.as_ref().map_or(content.len(), Vec::len);
        Some(Self {
            shortest,
            whole: Key::new_from_slice(secret.as_bytes()).ok(),
            trimmed: (trimmed != secret)
                .then(|| Key::new_from_slice(trimmed.as_bytes()).ok())
                .flatten(),
            standard: decoded.and_then(|key| Key::new_from_slice(&key).ok()),
        })
    }

    /// All of them.
    fn each(&self) -> impl Iterator<Item = &Key> {
        let keys = [&self.whole, &self.trimmed, &self.standard];
        keys.into_iter().flatten()
    }

    /// Whether one of them can be guessed.
    pub(super) fn is_short(&self) -> bool {
        self.shortest < SHORTEST_KEY
    }

    pub(super) fn whole(&self) -> Option<&Key> {
        self.whole.as_ref()
    }

    pub(super) fn standard(&self) -> Option<&Key> {
        self.standard.as_ref()
    }
}

/// Whether any of the signatures was made with any of the keys. Always tries all of them, so that the time it takes says
/// nothing.
pub(super) fn any_signed(keys: &[&Keys], signed: &Signed, body: &[u8]) -> bool {
    let signatures: Vec<Vec<u8>> = signed
        .signatures
        .iter()
        .filter_map(|it| decode(it))
        .collect();
    let mut found = false;
    for key in keys.iter().flat_map(|keys| keys.each()) {
        let made = digest(key, &signed.id, &signed.seconds, body);
        for signature in &signatures {
            found |= made.clone().verify_slice(signature).is_ok();
        }
    }
    found
}

/// Whether there is anything that could be a signature.
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub(super) fn has_signature(signed: &Signed) -> bool {
    let mut lengths = signed.signatures.iter().filter_map(|it| decode(it));
    lengths.any(|signature| signature.len() == SIGNATURE_LENGTH)
}

/// The bytes of a signature of the version that is in use.
fn decode(signature: &str) -> Option<Vec<u8>> {
    BASE64.decode(signature.strip_prefix(VERSION)?).ok()
}

/// The text of a signature.
pub(super) fn signature(key: &Key, id: &str, seconds: &str, body: &[u8]) -> String {
    let made = digest(key, id, seconds, body).finalize().into_bytes();
    format!("{VERSION}{}", BASE64.encode(made))
}

fn digest(key: &Key, id: &str, seconds: &str, body: &[u8]) -> Key {
    let mut digest = key.clone();
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        digest.update(part);
    }
    digest
}
