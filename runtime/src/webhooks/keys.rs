//! The keys of a secret, and signatures that are made with them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::digest::Output;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The minimum size of a secure key in bytes. Shorter ones can be guessed.
pub(super) const SHORTEST_KEY: usize = 16;

/// A key: an HMAC that is initialized with it.
pub(super) type Key = Hmac<Sha256>;

/// The prefix of secrets that contain a base64-encoded key, as Standard Webhooks prescribe.
const STANDARD: &str = "whsec_";

/// The prefixes of secrets.
const PREFIXES: [&str; 2] = [STANDARD, "polar_whs_"];

/// The supported version of signatures, which is their prefix.
const VERSION: &str = "v1,";

/// The size of a signature in bytes.
const SIGNATURE_LENGTH: usize = 32;

/// The signed content: the ID of the event, the timestamp as it was received, and the body.
pub(super) type Parts<'a> = (&'a str, &'a str, &'a [u8]);

/// A decoded signature of a delivery, which is not verified yet.
pub(super) type Signature = [u8; SIGNATURE_LENGTH];

/// Base64 with optional padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys that Polar may derive from a secret.
#[derive(Clone)]
pub(super) struct Keys {
    /// The whole secret, including the prefix.
    whole: Option<Key>,
    /// The whole secret without surrounding white space; `None` if it has none. Secrets from files often end with a
    /// line break.
    trimmed: Option<Key>,
    /// The secret without the prefix `whsec_`, decoded as base64; `None` if it is not base64 or has another prefix.
    standard: Option<Key>,
    /// The size of the shortest key in bytes, not counting prefixes.
    shortest: usize,
}

impl Keys {
    /// Returns the keys of a secret. Returns `None` if nothing follows the prefix: anyone could sign with such a key.
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

    /// Iterates over all keys.
    fn each(&self) -> impl Iterator<Item = &Key> {
        let keys = [&self.whole, &self.trimmed, &self.standard];
        keys.into_iter().flatten()
    }

    /// Returns whether one of the keys can be guessed.
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

/// Returns whether any of the signatures was made with any of the keys. Always tries all combinations, so that the
/// duration does not reveal which one matches.
pub(super) fn any_signed<'a>(
    keys: impl Iterator<Item = &'a Keys>,
    signatures: &[Signature],
    parts: Parts<'_>,
) -> bool {
    let mut found = false;
    for key in keys.flat_map(Keys::each) {
        let made = digest(key, parts).finalize();
        for signature in signatures {
            // Compared in constant time.
            found |= made == Output::<Key>::from(*signature).into();
        }
    }
    found
}

/// Decodes a signature. Returns `None` if it is invalid, or has another version.
pub(super) fn decode(signature: &[u8]) -> Option<Signature> {
    // The decoder writes groups of three bytes, so it needs 33 bytes for a signature of 32.
    let mut bytes = [0; SIGNATURE_LENGTH + 1];
    let text = signature.strip_prefix(VERSION.as_bytes())?;
    let len = BASE64.decode_slice(text, &mut bytes).ok()?;
    bytes
        .first_chunk()
        .filter(|_| len == SIGNATURE_LENGTH)
        .copied()
}

/// Signs the content, and returns the signature with its version.
pub(super) fn signature(key: &Key, id: &str, seconds: &str, body: &[u8]) -> String {
    let made = digest(key, (id, seconds, body)).finalize().into_bytes();
    format!("{VERSION}{}", BASE64.encode(made))
}

fn digest(key: &Key, (id, seconds, body): Parts<'_>) -> Key {
    let mut digest = key.clone();
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        digest.update(part);
    }
    digest
}
