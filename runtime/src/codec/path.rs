//! Paths of values in error messages, such as `items[3].metadata["some key"]`.

use crate::secrets::{REDACTED, is_secret_key, is_secret_text};

/// The maximum length of keys in error messages, in characters. Longer keys are truncated.
const MAX_KEY: usize = 40;

/// The keys and indexes that lead to a value.
///
/// Received keys can be any string. Keys that contain a token are redacted, and long ones are truncated.
#[derive(Debug, Default)]
pub(super) struct Path {
    text: String,
    is_secret: bool,
}

impl Path {
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// Returns whether any key of the path indicates a secret. For example, the items of `tokens` are secrets.
    pub(super) fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// Appends a received key: as `.key` if it is an identifier, otherwise as `["key"]`.
    pub(super) fn key(&mut self, key: &str) {
        if is_secret_text(key) || (self.is_secret && !is_word(key)) {
            self.text.push_str(REDACTED);
        } else {
            self.shown(key);
        }
        self.is_secret |= is_secret_key(key);
    }

    /// Appends a key of the OpenAPI description. It is never redacted.
    pub(super) fn field(&mut self, key: &str) {
        self.shown(key);
        self.is_secret |= is_secret_key(key);
    }

    /// Appends the index of a list item.
    pub(super) fn index(&mut self, index: usize) {
        self.text.push_str(&format!("[{index}]"));
    }

    fn shown(&mut self, key: &str) {
        let plain = !key.is_empty()
            && key.len() <= MAX_KEY
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain {
            if !self.text.is_empty() {
                self.text.push('.');
            }
            self.text.push_str(key);
            return;
        }
        match key.char_indices().nth(MAX_KEY) {
            Some((end, _)) => {
                let begin = key.get(..end).unwrap_or_default();
                self.text.push_str(&format!("[{begin:?}…]"));
            }
            None => self.text.push_str(&format!("[{key:?}]")),
        }
    }
}

/// Returns whether a key looks like a field name rather than a token, which contains digits or capital letters.
fn is_word(key: &str) -> bool {
    key.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
