//! Detects secrets, which must never be printed.

/// The placeholder for a secret in output.
pub(crate) const REDACTED: &str = "[redacted]";

/// Prefixes of Polar's tokens and secrets.
const PREFIXES: [&str; 19] = [
    "polar_oat_",
    "polar_pat_",
    "polar_cst_",
    "polar_mst_",
    "polar_at_",
    "polar_rt_",
    "polar_c_",
    "polar_cl_",
    "polar_ci_",
    "polar_cs_",
    "polar_crt_",
    "polar_ac_",
    "polar_us_",
    "polar_ev_",
    "polar_cev_",
    "polar_auth_session_",
    "polar_oauth2_",
    "polar_whs_",
    "whsec_",
];

/// Schemes of `Authorization` headers.
const SCHEMES: [&str; 2] = ["Bearer ", "Basic "];

/// The minimum length of a credential after a scheme, so that "Basic plan" is not one.
const CREDENTIAL_LENGTH: usize = 16;

/// Substrings of property, header and parameter names that indicate a secret. Compared without case and separators.
const KEY_PARTS: [&str; 13] = [
    "secret",
    "token",
    "password",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "licensekey",
    "providedkey",
    "cookie",
    "credential",
    "signature",
    "sessionid",
];

/// The maximum number of characters of a name that are checked. Earlier characters are ignored.
const NAME_LENGTH: usize = 64;

/// Returns whether a string contains a secret: a token of Polar, an `Authorization` header, a secret parameter, or a
/// URL with a user.
pub(crate) fn is_secret_text(text: &str) -> bool {
    let has_prefix = PREFIXES.iter().any(|prefix| text.contains(prefix));
    has_prefix || is_authorization(text) || has_secret_parameter(text) || has_user(text)
}

fn is_authorization(text: &str) -> bool {
    let credential = SCHEMES.iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    credential.is_some_and(|text| text.len() >= CREDENTIAL_LENGTH && !text.contains(' '))
}

/// Returns whether a string contains a key-value pair of a URL, form or JSON whose key indicates a secret:
/// `X-Amz-Signature=…`, `sig=…`, `"apiKey":"…"`.
fn has_secret_parameter(text: &str) -> bool {
    ["=", "\":", "\" :"].iter().any(|separator| {
        text.match_indices(separator).any(|(end, _)| {
            let value = text[end + separator.len()..].bytes().next();
            value.is_some_and(|byte| !matches!(byte, b'&' | b'='))
                && is_secret_parameter(name_before(&text.as_bytes()[..end]))
        })
    })
}

/// Returns the parameter name at the end of these bytes.
fn name_before(bytes: &[u8]) -> &[u8] {
    let is_in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let names = bytes.iter().rev().take(NAME_LENGTH);
    let len = names.take_while(is_in_name).count();
    &bytes[bytes.len() - len..]
}

/// Returns whether a parameter name indicates a secret. `sig` is the signature in presigned URLs of Azure.
fn is_secret_parameter(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"sig") || is_secret_name(name)
}

/// Returns whether a string contains a URL with a user, which may include a password: `https://user:password@host`.
fn has_user(text: &str) -> bool {
    text.match_indices("://").any(|(start, separator)| {
        let rest = text.as_bytes()[start + separator.len()..].iter();
        let mut authority =
            rest.take_while(|byte| byte.is_ascii_graphic() && !b"/?#".contains(byte));
        authority.any(|byte| *byte == b'@')
    })
}

/// Returns whether the name of a property indicates a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    is_secret_name(key.as_bytes())
}

fn is_secret_name(name: &[u8]) -> bool {
    KEY_PARTS.iter().any(|part| {
        let last = name.len().saturating_sub(part.len());
        (0..=last).any(|start| begins_with(&name[start..], part))
    })
}

/// Returns whether a name begins with this part, ignoring case and separators. Allocates nothing, because it is called
/// for each metadata key that is sent.
fn begins_with(name: &[u8], part: &str) -> bool {
    let is_letter = |byte: &&u8| !matches!(byte, b'_' | b'-' | b' ');
    let mut letters = name.iter().filter(is_letter);
    part.bytes().all(|expected| {
        letters
            .next()
            .is_some_and(|byte| byte.to_ascii_lowercase() == expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognized() {
        for text in [
            "polar_oat_x",
            "https://polar.sh/checkout/polar_c_x",
            "a whsec_x",
            "polar_at_u_x",
            "https://files.example/a?X-Amz-Date=1&X-Amz-Signature=0a",
            "Bearer abcdefghijklmnop",
            "bearer abcdefghijklmnop",
            "https://files.example/a?X-Goog-Date=1&X-Goog-Signature=0a&b=c",
            "https://files.example/a?sv=1&sig=0a%3D",
            "https://files.example/a?Expires=1&Signature=0a&Key-Pair-Id=K",
            "https://files.example/a?X-Amz-Security-Token=0a",
            "redirected to /callback?state=1&access_token=0a",
            "GET /v1?apiKey=0a",
            r#"{"apiKey":"0a"}"#,
            r#"{"client-secret" : "0a"}"#,
            "https://user:hush@host.example/a",
        ] {
            assert!(is_secret_text(text), "{text}");
        }
        for text in [
            "",
            "polar",
            "polar_sh",
            "bearer",
            "Basic plan",
            "Basic plan with everything",
            "https://polar.sh/a?design=1&assigned=2&config=3",
            "https://polar.sh/a@b",
            "https://polar.sh?email=a@b",
            "token: expired",
            "token=",
            "signature=&a=b",
            r#"{"id":"token"}"#,
            "a=b==",
        ] {
            assert!(!is_secret_text(text), "{text}");
        }
        for key in [
            "client_secret",
            "TOKEN",
            "refreshToken",
            "password",
            "x-api_key",
            "user_provided_key",
            "apiKey",
            "API-Key",
            "x-goog-signature",
            "AWSAccessKeyId",
            "proxy-authorization",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in ["", "id", "tok", "key", "design", "assigned_at", "keyword"] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
