//! The redirect to a session.

use std::net::IpAddr;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use http::{StatusCode, Uri};

use super::rejection::Rejection;

/// Redirects to the URL of a session. The URL grants access like a token, so the response must not be cached.
pub(super) fn redirect(url: &str) -> Result<Response, Rejection> {
    let target = target(url).ok_or(Rejection::BAD_TARGET)?;
    let headers = [
        (LOCATION, target),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Returns the URL as a header value, if it is safe to redirect to.
fn target(url: &str) -> Option<HeaderValue> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let is_safe = match uri.scheme_str()? {
        "https" => true,
        "http" => is_loopback(uri.host()?),
        _ => false,
    };
    match is_safe && !authority.contains('@') {
        true => HeaderValue::try_from(url).ok(),
        false => None,
    }
}

/// Returns whether a host is this machine, where tests run a mock of the API.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = address.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_urls_and_this_machine_are_targets() {
        for url in [
            "https://polar.sh/checkout/polar_c_1?theme=dark",
            "https://sandbox.polar.sh:443/x#y",
            "http://127.0.0.1:8080/checkout/1",
            "http://[::1]:8080/",
            "http://localhost/portal",
        ] {
            let value = target(url);
            assert_eq!(
                value.as_ref().map(HeaderValue::as_bytes),
                Some(url.as_bytes())
            );
        }
    }

    #[test]
    fn nothing_else_is() {
        for url in [
            "",
            "/checkout",
            "//evil.example/",
            "polar.sh",
            "http://polar.sh/checkout",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "https://polar.sh@evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://polar.sh/\r\nset-cookie: a=b",
            "https://polar.sh/ x",
            "https:///x",
        ] {
            assert_eq!(target(url), None, "{url:?}");
        }
    }
}
