//! The OAuth2 operations: requests and responses follow the RFCs and the observed behavior of servers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::{
    IntrospectTokenRequest, OAuth2ClientConfiguration, OAuth2ClientConfigurationUpdate, SubType,
};
use polar_client::{Error, RegistrationToken, RetryPolicy, Server};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const REGISTRATIONS: &str = "/v1/oauth2/register";
const REGISTRATION: &str = "/v1/oauth2/register/polar_ci_1";
const TOKEN: &str = "Bearer polar_crt_1";

fn client(server: &MockServer) -> Polar {
    Polar::builder()
        .server(Server::custom(&server.uri()).unwrap())
        .access_token("polar_oat_1")
        .retry(RetryPolicy::off())
        .build()
        .unwrap()
}

fn registered(name: &str) -> Value {
    json!({
        "client_id": "polar_ci_1", "client_secret": "polar_cs_1", "client_id_issued_at": 1_795_286_446,
        "client_secret_expires_at": 0, "client_name": name, "redirect_uris": ["https://example.com/back"],
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "openid",
        "registration_client_uri": "https://api.polar.sh/v1/oauth2/register/polar_ci_1",
        "registration_access_token": "polar_crt_1",
    })
}

/// RFC 7591 and RFC 7592: a client is registered without a credential, and then managed with the token that the
/// registration returned.
#[tokio::test]
async fn a_client_is_managed_with_its_registration_token() {
    let server = MockServer::start().await;
    let response =
        |status: u16, name: &str| ResponseTemplate::new(status).set_body_json(registered(name));
    let register = Mock::given(method("POST")).and(path(REGISTRATIONS));
    register
        .respond_with(response(201, "Shop"))
        .mount(&server)
        .await;
    for (name, answer) in [
        ("GET", response(200, "Shop")),
        ("PUT", response(200, "Store")),
        ("DELETE", ResponseTemplate::new(204)),
    ] {
        let managed = Mock::given(method(name)).and(path(REGISTRATION));
        managed
            .and(header("authorization", TOKEN))
            .respond_with(answer)
            .mount(&server)
            .await;
    }

    let polar = client(&server);
    let redirect = ["https://example.com/back".to_owned()];
    let configuration = OAuth2ClientConfiguration::new(redirect.clone(), "Shop");
    let client = polar
        .oauth2()
        .clients()
        .create_client(configuration)
        .await
        .unwrap();
    assert!(!format!("{client:?}").contains("polar_crt_1"), "{client:?}");

    let token = client.registration_access_token.unwrap();
    let registration = polar.with_credential(RegistrationToken::new(token));
    let clients = registration.oauth2().clients();
    let read = clients.get_client(&client.client_id).await.unwrap();
    assert_eq!(read.client_name.as_deref(), Some("Shop"));
    let update = OAuth2ClientConfigurationUpdate::new(redirect, "Store", &client.client_id)
        .client_secret(client.client_secret.unwrap());
    assert!(!format!("{update:?}").contains("polar_cs_1"), "{update:?}");
    let updated = clients
        .update_client(&client.client_id, update)
        .await
        .unwrap();
    assert_eq!(updated.client_name.as_deref(), Some("Store"));
    clients.delete_client(&client.client_id).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    assert!(!requests[0].headers.contains_key("authorization"));
    let body: Value = requests[2].body_json().unwrap();
    assert_eq!(body["client_secret"], "polar_cs_1");
    assert_eq!(requests.len(), 4);
}

#[tokio::test]
async fn another_token_is_rejected_before_it_is_sent() {
    let server = MockServer::start().await;
    let mistaken = client(&server).with_credential(RegistrationToken::new("polar_pat_1"));
    let error = mistaken
        .oauth2()
        .clients()
        .get_client("polar_ci_1")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
    assert!(error.to_string().contains("polar_crt_"), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

/// RFC 7662, section 2.2: the response for an unknown, expired or revoked token only states that it is inactive.
#[tokio::test]
async fn introspecting_an_inactive_token_is_no_error() {
    let server = MockServer::start().await;
    let introspect = || async {
        let request = IntrospectTokenRequest::new("polar_at_u_1", "polar_ci_1", "polar_cs_1");
        client(&server)
            .oauth2()
            .introspect_token(request)
            .await
            .unwrap()
    };
    let inactive = Mock::given(method("POST")).and(path("/v1/oauth2/introspect"));
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "active": false }));
    inactive
        .respond_with(answer)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let answer = introspect().await;
    assert!(!answer.active && answer.client_id.is_none() && answer.exp.is_none());

    let active = Mock::given(method("POST")).and(path("/v1/oauth2/introspect"));
    let answer = ResponseTemplate::new(200).set_body_json(json!({
        "active": true, "client_id": "polar_ci_1", "token_type": "Bearer", "scope": "openid", "sub_type": "user",
        "sub": "a7543880-1e61-4f4a-8ccc-b6e1437f4992", "organizations": [], "aud": "polar_ci_1",
        "iss": "https://polar.sh", "exp": 1_796_150_492, "iat": 1_795_286_492,
    }));
    active.respond_with(answer).mount(&server).await;
    let answer = introspect().await;
    assert!(answer.active);
    assert_eq!(answer.sub_type, Some(SubType::User));
    assert_eq!(answer.exp, Some(1_796_150_492));
}
