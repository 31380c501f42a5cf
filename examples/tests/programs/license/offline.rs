//! Checks of the license without a conclusive response: offline, after errors, and after the clock was changed.

use super::*;

#[tokio::test]
async fn a_license_that_the_api_rejects_stays_invalid_offline() {
    let server = MockServer::start().await;
    for (response, words) in [
        (not_found(), "invalid: License key does not match."),
        (api(200, &key("revoked")), "invalid: the key is revoked"),
        (api(200, &key("disabled")), "invalid: the key is disabled"),
    ] {
        let computer = Computer::activated(&server, DAY);
        respond(&server, "validate", response).await;
        assert_eq!(computer.check().await, run(3, words));
        respond(&server, "validate", ResponseTemplate::new(503)).await;
        assert_eq!(computer.check().await, run(3, words));
        // The key is valid again when the API reports so.
        respond(&server, "validate", api(200, &key("granted"))).await;
        assert_eq!(computer.check().await, valid());
    }
}

#[tokio::test]
async fn responses_that_do_not_concern_the_key_change_nothing() {
    let server = MockServer::start().await;
    let html = "<html>Sign in to this network</html>";
    let responses = [
        // The version is retired, or a proxy sent such a response.
        ResponseTemplate::new(404).set_body_json(json!({"detail": "Not Found"})),
        ResponseTemplate::new(404).set_body_raw(html, "text/html"),
        ResponseTemplate::new(404).set_body_json(json!({"error": "Not Found", "detail": "?"})),
        api(404, &json!({"detail": "Not Found"})),
        ResponseTemplate::new(500).set_body_string("Internal Server Error"),
        ResponseTemplate::new(502).set_body_raw(html, "text/html"),
        ResponseTemplate::new(503),
        ResponseTemplate::new(429).insert_header("retry-after", "60"),
        ResponseTemplate::new(200).set_body_raw(html, "text/html"),
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(403).set_body_raw(html, "text/html"),
        ResponseTemplate::new(407),
        ResponseTemplate::new(302).insert_header("location", "https://login.example.com/"),
        api(200, &key("a status of the future")),
        api(
            422,
            &json!({"error": "RequestValidationError", "detail": []}),
        ),
        api(
            401,
            &json!({"error": "Unauthorized", "detail": "Unauthorized"}),
        ),
    ];
    for response in responses {
        let computer = Computer::activated(&server, 4 * DAY + 60);
        respond(&server, "validate", response.clone()).await;
        assert_eq!(computer.check().await, grace(10), "{response:?}");
        // The time of the last successful validation did not change.
        let ago = now() - computer.read()["confirmed"].as_i64().unwrap();
        assert!((4 * DAY..5 * DAY).contains(&ago), "{ago}");
    }
}

#[tokio::test]
async fn without_a_network_the_license_lasts_for_two_weeks() {
    let server = MockServer::start().await;
    let mut computer = Computer::activated(&server, DAY + 60);
    drop(server);
    // No server listens on this port.
    computer.server = "http://127.0.0.1:9".to_owned();
    assert_eq!(computer.check().await, grace(13));
    computer.change("confirmed", now() - 14 * DAY + 3600);
    assert_eq!(computer.check().await, grace(1));
    computer.change("confirmed", now() - 14 * DAY - 60);
    assert_eq!(computer.check().await, unverified());
}

#[tokio::test]
async fn a_key_expires_while_the_api_is_unreachable() {
    let server = MockServer::start().await;
    let computer = Computer::activated(&server, DAY);
    respond(&server, "validate", ResponseTemplate::new(503)).await;
    computer.change("expires", now() + 2 * DAY - 60);
    assert_eq!(computer.check().await, grace(2));
    computer.change("expires", now() - 60);
    assert_eq!(computer.check().await, unverified());
}

#[tokio::test]
async fn setting_the_clock_back_does_not_extend_the_grace_period() {
    let server = MockServer::start().await;
    let computer = Computer::activated(&server, DAY);
    respond(&server, "validate", ResponseTemplate::new(503)).await;
    // The program ran at a later time than the clock shows now.
    computer.change("latest", now() + 5 * DAY);
    assert_eq!(computer.check().await, unverified());
    assert!(computer.read()["latest"].as_i64().unwrap() > now() + 4 * DAY);
    // A clock that was set back by only an hour has no effect.
    computer.change("latest", now() + 3600);
    assert_eq!(computer.check().await, grace(13));
    // A response of the API ends this state.
    computer.change("latest", now() + 5 * DAY);
    respond(&server, "validate", api(200, &key("granted"))).await;
    assert_eq!(computer.check().await, valid());
    respond(&server, "validate", ResponseTemplate::new(503)).await;
    assert_eq!(computer.check().await, grace(14));
}

#[tokio::test]
async fn a_silent_server_delays_no_start() {
    let server = MockServer::start().await;
    let computer = Computer::activated(&server, DAY);
    let silence = api(200, &key("granted")).set_delay(Duration::from_secs(60));
    respond(&server, "validate", silence).await;
    assert_eq!(computer.check().await, grace(13));
}
