//! Prepares received strings, and errors of other crates, for display.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, header};

use crate::secrets::{REDACTED, is_secret_key, is_secret_text};

/// Longer strings are truncated.
const MAX_SHOWN: usize = 300;

/// Prepares a received string for an error message: converts it to one line, truncates it, and replaces it if it
/// contains a secret.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if is_secret_text(text) {
        return Cow::Borrowed(REDACTED);
    }
    if text.len() <= MAX_SHOWN && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let mut cut: String = text.chars().take(MAX_SHOWN).map(line).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        cut.push('…');
    }
    Cow::Owned(cut)
}

/// Formats headers, and redacts values that may contain sessions, credentials or paths.
pub(crate) struct Headers<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HIDDEN: [header::HeaderName; 6] = [
            header::AUTHORIZATION,
            header::CONTENT_LOCATION,
            header::COOKIE,
            header::LINK,
            header::LOCATION,
            header::SET_COOKIE,
        ];
        let entries = self.0.iter().map(|(name, value)| {
            let hidden =
                value.is_sensitive() || HIDDEN.contains(name) || is_secret_key(name.as_str());
            let text = match value.to_str() {
                Ok(text) if !hidden => shown(text),
                _ => Cow::Borrowed(REDACTED),
            };
            (name, text)
        });
        f.debug_map().entries(entries).finish()
    }
}

/// Shows an error with all its sources on one line: "error sending request: connection refused".
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl Chain<'_> {
    fn text(&self) -> String {
        let causes = std::iter::successors(Some(self.0), |cause| (*cause).source());
        let mut texts: Vec<String> = Vec::new();
        for text in causes.map(ToString::to_string) {
            // Skips errors whose message is already part of the previous one.
            if texts.last().is_none_or(|last| !last.ends_with(&text)) {
                texts.push(text);
            }
        }
        texts.join(": ")
    }
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*shown(&self.text()), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_stay_on_one_line() {
        assert_eq!(shown("plain"), "plain");
        assert_eq!(shown("two\r\nlines"), "two  lines");
        assert_eq!(shown("has polar_oat_x"), REDACTED);
        let cut = shown(&"é".repeat(500)).into_owned();
        assert_eq!(cut.chars().count(), MAX_SHOWN + 1);
        assert!(cut.ends_with("é…"));
        assert_eq!(shown(&"é".repeat(300)), "é".repeat(300));
    }
}
