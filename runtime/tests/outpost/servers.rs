//! Redis servers that require TLS, and servers that cannot be used.

use std::time::Duration;

use polar_client_runtime::metering::{Metering, ReserveError, Source};
use polar_client_runtime::outpost::OutpostOptions;

use crate::polar::Polar;
use crate::redis::{Redis, free_port};
use crate::shared::polar;
use crate::{CALLS, read};

fn options(url: String) -> OutpostOptions {
    OutpostOptions::new()
        .snapshot_timeout(Duration::from_secs(30))
        .redis(url)
}

fn message(polar: &Polar, options: OutpostOptions) -> String {
    let started = polar.metering().outpost(options).start();
    started.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_not_used() {
    let port = free_port().to_string();
    let arguments = ["--cluster-enabled", "yes", "--cluster-port", &port];
    let Some(redis) = Redis::start_with(&arguments).await else {
        return;
    };
    redis.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let polar = polar().await;
    let metering = polar.metering().outpost(options(redis.url()));
    let metering: Metering = metering.start().unwrap();
    for _ in 0..50 {
        assert_eq!(read(&metering, CALLS).await.source, Source::Api);
        let reserved = metering.reserve(CALLS, 1, "u-1").await;
        assert!(matches!(reserved, Err(ReserveError::Unknown)));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let keys = redis.command(&["KEYS", "*"]);
    assert_eq!(keys, polar_client_runtime::redis::Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_an_error_without_its_password() {
    let polar = polar().await;
    for url in ["redis://:hush@", "http://:hush@host", "hush"] {
        let message = message(&polar, options(url.to_owned()));
        assert!(message.contains("the URL of Redis is invalid"), "{message}");
        assert!(!message.contains("hush"), "{message}");
    }
    let plain = options("redis://host".to_owned()).redis_certificate("");
    let message = message(&polar, plain);
    assert!(
        message.contains("needs a URL with TLS (rediss)"),
        "{message}"
    );
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[tokio::test]
async fn without_tls_the_error_names_the_features() {
    let polar = polar().await;
    for scheme in ["rediss", "REDISS", "valkeys"] {
        let message = message(&polar, options(format!("{scheme}://:hush@host")));
        assert!(
            message.contains("needs the feature rustls or native-tls"),
            "{message}"
        );
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use super::*;
    use crate::shared::until;

    /// The certificate of the CA that signed `server.pem`, which is a certificate for `localhost`.
    const AUTHORITY: &[u8] = include_bytes!("tls/ca.pem");

    /// Starts a server with TLS, and returns it with its URL.
    async fn start() -> Option<(Redis, String)> {
        let port = free_port().to_string();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outpost/tls");
        let certificate = format!("{folder}/server.pem");
        let key = format!("{folder}/server.key");
        let arguments = [
            "--tls-port",
            &port,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            "no",
        ];
        let redis = Redis::start_with(&arguments).await?;
        Some((redis, format!("rediss://localhost:{port}/")))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn states_are_shared_over_tls() {
        let Some((_redis, url)) = start().await else {
            return;
        };
        let polar = polar().await;
        let options = options(url).redis_certificate(AUTHORITY);
        let metering = polar.metering().outpost(options).start().unwrap();
        until(&metering, 2).await;
        drop(metering.reserve(CALLS, 98, "u-1").await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_of_an_unknown_authority_is_not_trusted() {
        let Some((redis, url)) = start().await else {
            return;
        };
        let polar = polar().await;
        let metering = polar.metering().outpost(options(url)).start().unwrap();
        for _ in 0..50 {
            assert_eq!(read(&metering, CALLS).await.source, Source::Api);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let keys = redis.command(&["KEYS", "*"]);
        assert_eq!(keys, polar_client_runtime::redis::Value::Array(Vec::new()));
    }

    #[tokio::test]
    async fn a_certificate_that_is_none_is_an_error() {
        let polar = polar().await;
        for scheme in ["rediss", "REDISS", "valkeys"] {
            let options = options(format!("{scheme}://localhost")).redis_certificate("none");
            let message = message(&polar, options);
            assert!(message.contains("not in PEM format"), "{message}");
        }
    }
}
