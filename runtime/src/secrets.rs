//! What must never be printed.

/// How Polar's tokens and secrets begin.
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

/// How the values of `Authorization` headers begin.
const SCHEMES: [&str; 2] = ["Bearer ", "Basic "];

/// The shortest text after a scheme that is taken for a credential: "Basic plan" is none.
const CREDENTIAL_LENGTH: usize = 16;

/// Parts of the names of properties that hold secrets.
const KEY_PARTS: [&str; 8] = [
    "secret",
    "token",
    "password",
    "authorization",
    "api_key",
    "license_key",
    "provided_key",
    "cookie",
];

/// What a URL contains that grants access to a file.
const SIGNATURE: &str = "X-Amz-Signature=";

/// Whether a text contains a token or secret of Polar's: anywhere, for tokens also travel in URLs.
pub(crate) fn is_secret_text(text: &str) -> bool {
    let has_prefix = PREFIXES.iter().any(|prefix| text.contains(prefix));
    has_prefix || text.contains(SIGNATURE) || is_authorization(text)
}

fn is_authorization(text: &str) -> bool {
    let credential = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
    credential.is_some_and(|text| text.len() >= CREDENTIAL_LENGTH && !text.contains(' '))
}

/// Whether a property of this name is likely to hold a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    KEY_PARTS.iter().any(|part| {
        key.as_bytes()
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
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
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in ["", "id", "tok", "key"] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
