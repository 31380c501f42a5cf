//! Creates clients of Redis, with or without TLS.

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, parse_redis_url};

use crate::Error;

const INVALID: &str = "the URL of Redis is invalid";
const NO_TLS: &str = "Redis with TLS (rediss) needs the feature rustls or native-tls";
const NOT_PEM: &str = "the certificate for Redis is not in PEM format";

/// Creates a client for a URL. `certificate` is that of the CA to trust; `None` for those that the operating system
/// trusts.
pub(super) fn open(url: &str, certificate: Option<&[u8]>) -> Result<Client, Error> {
    let uses_tls =
        parse_redis_url(url).is_some_and(|it| matches!(it.scheme(), "rediss" | "valkeys"));
    // Whether the crate `redis` supports TLS depends on its features, which another crate may enable.
    if uses_tls && "rediss://localhost".into_connection_info().is_err() {
        return Err(Error::configuration(NO_TLS));
    }
    if certificate.is_some() && !uses_tls {
        const REASON: &str = "a certificate for Redis needs a URL with TLS (rediss)";
        return Err(Error::configuration(REASON));
    }
    if certificate.is_some_and(|it| !is_pem(it)) {
        return Err(Error::configuration(NOT_PEM));
    }
    // The error is omitted: like the URL, it may contain a password.
    let invalid = |_| Error::configuration(INVALID);
    // Without a delay, because commands are small, and callers wait for the responses.
    let tcp = TcpSettings::default().set_nodelay(true);
    let connection = url.into_connection_info().map_err(invalid)?;
    let connection = connection.set_tcp_settings(tcp);
    if uses_tls {
        return with_tls(connection, certificate);
    }
    Client::open(connection).map_err(invalid)
}

/// Returns whether the bytes contain a certificate in PEM format. The TLS libraries would ignore anything else.
fn is_pem(text: &[u8]) -> bool {
    let begin = b"-----BEGIN CERTIFICATE-----";
    text.windows(begin.len()).any(|it| it == begin)
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn with_tls(connection: ConnectionInfo, certificate: Option<&[u8]>) -> Result<Client, Error> {
    use redis::TlsCertificates;

    #[cfg(feature = "rustls")]
    provide_cryptography();
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: certificate.map(<[u8]>::to_vec).or_else(trusted),
    };
    let client = Client::build_with_tls(connection, certificates);
    client.map_err(|_| Error::configuration(NOT_PEM))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn with_tls(connection: ConnectionInfo, certificate: Option<&[u8]>) -> Result<Client, Error> {
    if certificate.is_some() {
        return Err(Error::configuration(NO_TLS));
    }
    Client::open(connection).map_err(|_| Error::configuration(INVALID))
}

/// Returns the CA certificates that the operating system trusts. The crate `redis` does not read them if it is built
/// with both TLS libraries.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn trusted() -> Option<Vec<u8>> {
    #[cfg(all(feature = "rustls", feature = "native-tls"))]
    {
        use base64::{Engine as _, engine::general_purpose::STANDARD};

        let certificates = rustls_native_certs::load_native_certs().certs;
        let pem = certificates.iter().map(|certificate| {
            let encoded = STANDARD.encode(certificate);
            format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n")
        });
        Some(pem.collect::<String>().into_bytes())
    }
    #[cfg(not(all(feature = "rustls", feature = "native-tls")))]
    None
}

/// Installs the cryptography provider of reqwest as the default of the process, if there is none. The crate `redis`
/// uses the default. Without one, rustls panics in a program that contains several providers.
#[cfg(feature = "rustls")]
fn provide_cryptography() {
    use rustls::crypto::{CryptoProvider, aws_lc_rs};

    if CryptoProvider::get_default().is_none() {
        // Fails if another thread has installed a provider meanwhile.
        let _ = aws_lc_rs::default_provider().install_default();
    }
}
