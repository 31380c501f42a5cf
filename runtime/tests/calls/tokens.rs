//! Token providers and rejected tokens.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::polar;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::polar::Polar;
use crate::script::{CONNECTION_LOST, ScriptedTransport, Step, response};
use polar_client_runtime::Error;
use polar_client_runtime::client::{
    CallOptions, CustomerSession, OrganizationToken, Secret, Server, TokenProvider, TokenResult,
};
use polar_client_runtime::transport::BoxFuture;

const REJECTED: Step = Step::Response(
    401,
    Vec::new(),
    r#"{"error":"invalid_token","error_description":"expired"}"#,
);

/// Provides `first` until it is rejected, and then `second`.
#[derive(Clone)]
struct Refreshing(Arc<Mutex<Provided>>);

struct Provided {
    token: &'static str,
    next: &'static str,
    asked: usize,
    rejected: Vec<String>,
}

impl Refreshing {
    fn new(first: &'static str, second: &'static str) -> Self {
        Self(Arc::new(Mutex::new(Provided {
            token: first,
            next: second,
            asked: 0,
            rejected: Vec::new(),
        })))
    }

    fn polar(&self, script: &ScriptedTransport) -> Polar {
        let token = OrganizationToken::provided_by(self.clone());
        script.builder().access_token(token).build().unwrap()
    }
}

impl TokenProvider for Refreshing {
    fn token(&self) -> BoxFuture<'_, TokenResult> {
        Box::pin(async {
            let mut provided = self.0.lock().unwrap();
            provided.asked += 1;
            Ok(provided.token.into())
        })
    }

    fn rejected(&self, token: &Secret) {
        let mut provided = self.0.lock().unwrap();
        provided.rejected.push(token.expose().to_owned());
        provided.token = provided.next;
    }
}

fn bearers(script: &ScriptedTransport) -> Vec<String> {
    let bearer = |value: Option<String>| value.unwrap().trim_start_matches("Bearer ").to_owned();
    script
        .header("authorization")
        .into_iter()
        .map(bearer)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn providers_are_asked_for_every_attempt() {
    let script =
        ScriptedTransport::new([response(200, "[]"), CONNECTION_LOST, response(200, "[]")]);
    let provider = Refreshing::new("first", "second");
    let polar = provider.polar(&script);
    polar.list().await.unwrap();
    polar.list().await.unwrap();
    assert_eq!(provider.0.lock().unwrap().asked, 3);
    assert_eq!(bearers(&script), ["first"; 3]);
}

#[tokio::test]
async fn a_rejected_token_is_refreshed_once_for_every_kind_of_operation() {
    let script = ScriptedTransport::new([REJECTED, response(201, r#"{"name":"x"}"#)]);
    let provider = Refreshing::new("first", "second");
    let thing = polar::Thing { name: "x".into() };
    provider.polar(&script).create(thing).await.unwrap();
    assert_eq!(bearers(&script), ["first", "second"]);
    assert_eq!(provider.0.lock().unwrap().rejected, ["first"]);
}

#[tokio::test]
async fn a_rejected_token_is_refreshed_only_once_per_call() {
    /// A token provider that returns a different token each time.
    struct Endless(Mutex<usize>);
    impl TokenProvider for Endless {
        fn token(&self) -> BoxFuture<'_, TokenResult> {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            let token = format!("number {count}");
            Box::pin(async { Ok(token.into()) })
        }
    }
    let script = ScriptedTransport::new([REJECTED]);
    let token = OrganizationToken::provided_by(Endless(Mutex::new(0)));
    let polar = script.builder().access_token(token).build().unwrap();
    assert!(polar.list().await.unwrap_err().is_unauthorized());
    assert_eq!(bearers(&script), ["number 1", "number 2"]);
}

#[tokio::test]
async fn without_a_new_token_there_is_no_second_attempt() {
    let script = ScriptedTransport::new([REJECTED]);
    let provider = Refreshing::new("same", "same");
    assert!(
        provider
            .polar(&script)
            .list()
            .await
            .unwrap_err()
            .is_unauthorized()
    );
    assert!(script.polar().list().await.unwrap_err().is_unauthorized());
    assert_eq!(bearers(&script), ["same", "polar_oat_hush"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_or_hangs_is_an_error() {
    struct Failing;
    impl TokenProvider for Failing {
        fn token(&self) -> BoxFuture<'_, TokenResult> {
            Box::pin(async { Err("the vault is sealed".into()) })
        }
    }
    struct Hanging;
    impl TokenProvider for Hanging {
        fn token(&self) -> BoxFuture<'_, TokenResult> {
            Box::pin(std::future::pending())
        }
    }
    let script = ScriptedTransport::new([response(200, "[]")]);
    let error = async |token: OrganizationToken| {
        let polar = script.builder().access_token(token).build().unwrap();
        polar.list().await.unwrap_err()
    };
    let failed = error(OrganizationToken::provided_by(Failing)).await;
    assert!(
        matches!(&failed, Error::Token { source, .. } if source.to_string() == "the vault is sealed")
    );
    assert_eq!(
        failed.to_string(),
        "things:list: not sent: the token provider failed"
    );
    assert!(
        error(OrganizationToken::provided_by(Hanging))
            .await
            .is_timeout()
    );
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_call_may_use_another_token_of_the_same_kind() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let polar = script.polar();
    for token in [
        "polar_oat_other",
        "polar_pat_other",
        "polar_at_u_other",
        "a test's",
    ] {
        let options = CallOptions::new().access_token(token);
        polar.list().with(options).await.unwrap();
        assert_eq!(bearers(&script).last().unwrap(), token);
    }
    polar.list().await.unwrap();
    assert_eq!(bearers(&script).last().unwrap(), "polar_oat_hush");
}

#[tokio::test]
async fn tokens_of_other_kinds_are_rejected_before_sending() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let account = script.polar();
    let portal = account.portal(CustomerSession::new("polar_cst_hush"));
    let is_rejected = async |polar: &dyn Fn() -> polar::List, token: &str| {
        let options = CallOptions::new().access_token(token);
        let error = polar().with(options).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"));
        matches!(error, Error::InvalidRequest { .. })
    };
    assert!(is_rejected(&|| account.list(), "polar_cst_hush").await);
    assert!(is_rejected(&|| account.list(), "polar_mst_hush").await);
    assert!(is_rejected(&|| portal.list(), "polar_mst_hush").await);
    let anonymous = Polar::builder().transport(script.clone()).build().unwrap();
    assert!(is_rejected(&|| anonymous.list(), "polar_oat_hush").await);
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn errors_hint_at_wrong_tokens_without_showing_them() {
    let script = ScriptedTransport::new([REJECTED]);
    let error = async |server: Server, token: &str| {
        let polar = script.builder().server(server).access_token(token);
        let error = polar.build().unwrap().list().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        error
    };
    let other_kind = error(polar::PRODUCTION, "polar_cst_hush").await;
    assert_eq!(
        other_kind.to_string(),
        "things:list: not sent: the token is of another kind than the operation takes: an organization access token \
         (polar_oat_), a personal access token (polar_pat_) or an OpenID Connect token (polar_at_)"
    );
    let sandbox = Server::fixed("sandbox", "https://sandbox-api.polar.sh");
    for (server, hint) in [
        (
            sandbox,
            "it was sent to sandbox, where tokens of production are not valid",
        ),
        (
            polar::PRODUCTION,
            "it was sent to production, where tokens of sandbox are not valid",
        ),
    ] {
        let error = error(server, "polar_oat_hush").await;
        assert_eq!(error.api().unwrap().hint(), Some(hint));
    }
    let custom = Server::custom("http://localhost:1").unwrap();
    for (token, hint) in [
        ("polar_oat_hush", None),
        (
            "hush",
            Some(
                "perhaps the token is of another kind than the operation takes: an organization access token \
                 (polar_oat_), a personal access token (polar_pat_) or an OpenID Connect token (polar_at_)",
            ),
        ),
    ] {
        let error = error(custom.clone(), token).await;
        assert_eq!(error.api().unwrap().hint(), hint);
    }
    let unknown = error(polar::PRODUCTION, "hush").await;
    let hint = unknown.api().unwrap().hint().unwrap();
    assert!(
        hint.starts_with(
            "it was sent to production, where tokens of sandbox are not valid; perhaps the token"
        ),
        "{hint}"
    );
    for (token, reason) in [
        (
            "polar_whs_hush",
            "the token is the secret of a webhook, which grants no access",
        ),
        (
            "Bearer polar_oat_hush",
            "the token begins with `Bearer`, which the client adds by itself",
        ),
    ] {
        let error = error(polar::PRODUCTION, token).await;
        assert_eq!(
            error.to_string(),
            format!("things:list: not sent: {reason}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_with_a_new_token_does_not_count_as_an_attempt() {
    let script = ScriptedTransport::new([
        CONNECTION_LOST,
        REJECTED,
        CONNECTION_LOST,
        response(200, "[]"),
    ]);
    Refreshing::new("first", "second")
        .polar(&script)
        .list()
        .await
        .unwrap();
    assert_eq!(bearers(&script), ["first", "first", "second", "second"]);
    assert!(script.times()[3] < Duration::from_secs(2));
}

#[test]
fn a_token_for_all_calls_is_a_credential() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let token = CallOptions::new().access_token("polar_oat_hush");
    let error = script.builder().defaults(token).build().unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "a token in the default options would replace every credential: set it on the builder"
    );
}
