//! The sources of published documents: files, servers, redirects, and the list of versions.

use super::*;

#[test]
fn a_failed_download_is_an_error() {
    let whole = published().to_string();
    let half = whole.len() / 2;
    let answer = |status: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .into_bytes()
    };
    type Check = fn(&Error) -> bool;
    let cases: [(Vec<u8>, Check); 6] = [
        (answer("404 Not Found", "{}"), |error| {
            matches!(error, Error::Status { status: 404, .. })
        }),
        (answer("500 Internal Server Error", ""), |error| {
            matches!(error, Error::Status { status: 500, .. })
        }),
        (answer("200 OK", "<html></html>"), |error| {
            matches!(error, Error::Html { .. })
        }),
        (answer("200 OK", &whole[..half]), |error| {
            matches!(error, Error::Syntax { .. })
        }),
        (answer("200 OK", &whole)[..half].to_vec(), |error| {
            matches!(error, Error::Download { .. })
        }),
        (Vec::new(), |error| matches!(error, Error::Download { .. })),
    ];
    for (answer, is_expected) in cases {
        let url = serve(vec![answer]);
        let error = failed(&of(&format!("{url}/openapi.json")), "");
        assert!(is_expected(&error), "{error:?}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("{url}/openapi.json: ")),
            "{error}"
        );
    }
}

#[test]
fn a_refused_connection_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = failed(&of(&format!("http://{address}/")), "");
    assert!(matches!(error, Error::Download { .. }), "{error:?}");
}

#[test]
fn redirects_are_followed_only_to_https() {
    let https = "https://a.example/openapi.json";
    let table = [
        (https, "https://b.example/x", Some("https://b.example/x")),
        (https, "HTTPS://b.example/x", Some("HTTPS://b.example/x")),
        (https, "/v2?x=1", Some("https://a.example/v2?x=1")),
        (https, "//b.example/x", Some("https://b.example/x")),
        (https, "http://a.example/x", None),
        (https, "file:///etc/passwd", None),
        (https, "", None),
        ("http://a.example/x", "/v2", None),
        ("http://a.example/x", "//b.example/x", None),
        ("http://a.example/x", https, Some(https)),
    ];
    for (from, location, expected) in table {
        let followed = redirected(from, location).ok();
        assert_eq!(followed.as_deref(), expected, "{from} {location}");
    }
}

#[test]
fn a_redirect_to_plain_http_is_not_followed() {
    let elsewhere = serve(vec![ok(&published())]);
    let error = failed(&of(&serve(vec![redirect(&elsewhere)])), "").to_string();
    assert!(error.contains("only redirects to https"), "{error}");
}

#[test]
fn a_redirect_to_https_is_followed_with_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let first = thread::spawn(move || {
        let mut byte = [0];
        listener.accept().unwrap().0.read_exact(&mut byte).unwrap();
        byte[0]
    });
    let url = serve(vec![redirect(&format!("https://{address}/openapi.json"))]);
    let error = failed(&of(&url), "");
    assert!(matches!(error, Error::Download { .. }), "{error:?}");
    // The first byte of a TLS handshake: the redirect to `https` was followed.
    assert_eq!(first.join().unwrap(), 0x16);
}

#[test]
fn the_size_of_a_document_is_limited() {
    let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"openapi\": \"".to_vec();
    answer.resize(
        answer.len() + usize::try_from(MAX_DOCUMENT_BYTES).unwrap(),
        b'x',
    );
    let error = failed(&of(&serve(vec![answer])), "");
    assert!(
        matches!(
            error,
            Error::TooLarge {
                limit: MAX_DOCUMENT_BYTES,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn another_version_than_asked_for_is_an_error() {
    let what = Import {
        version: Some("2027-01".to_owned()),
        ..Import::default()
    };
    let url = serve(vec![ok(&published())]);
    let error = failed(&what, &url);
    assert_eq!(
        error.to_string(),
        format!("{url}/2027-01/openapi.json: expected version 2027-01, found 2026-10")
    );
}

#[test]
fn without_a_source_every_version_is_updated_or_none() {
    let spec = directory();
    fs::write(spec.path().join("versions.yaml"), LIST).unwrap();
    fs::write(spec.path().join("overlay.yaml"), OLD).unwrap();
    let mut next = published();
    next["info"]["version"] = json!("2027-01");
    let url = serve(vec![ok(&published()), ok(&json!({}))]);
    assert!(import(&Import::default(), &url, spec.path()).is_err());
    assert_eq!(
        fs::read_to_string(spec.path().join("2026-10.yaml")).unwrap(),
        OLD
    );

    let url = serve(vec![ok(&published()), ok(&next)]);
    let lines = import(&Import::default(), &url, spec.path()).unwrap();
    assert!(lines[0].starts_with("2026-10.yaml: written"), "{lines:?}");
    assert!(lines[1].starts_with("2027-01.yaml: written"), "{lines:?}");
    assert_eq!(
        fs::read_to_string(spec.path().join("overlay.yaml")).unwrap(),
        OLD
    );
    assert_eq!(
        names(spec.path()),
        [
            "2026-10.yaml",
            "2027-01.yaml",
            "overlay.yaml",
            "versions.yaml"
        ]
    );
}

#[test]
fn importing_without_a_source_requires_a_list_of_versions() {
    let spec = TempDir::new().unwrap();
    let error = import(&Import::default(), "", spec.path()).unwrap_err();
    assert!(
        matches!(&error, Error::Io { path, .. } if path.ends_with("versions.yaml")),
        "{error:?}"
    );
    fs::write(spec.path().join("versions.yaml"), "default: 2026-10\n").unwrap();
    let error = import(&Import::default(), "", spec.path()).unwrap_err();
    assert!(matches!(error, Error::Document(_)), "{error:?}");
}

fn redirect(to: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}
