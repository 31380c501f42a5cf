//! Errors of the API, of proxies and of the network, and responses that cannot be decoded.

use super::*;

#[tokio::test]
async fn a_missing_resource_is_reported_with_its_error_class() {
    let body = r#"{"error":"ResourceNotFound","detail":"Subscription not found"}"#;
    let response = json_answer(404, body).insert_header("Polar-Version", API_VERSION);
    let error = api_error(seats_from(response).await);

    assert_eq!(
        (error.operation(), error.status().as_u16()),
        (LIST_SEATS, 404)
    );
    assert_eq!(error.class(), Some("ResourceNotFound"));
    assert_eq!(error.detail(), Some("Subscription not found"));
    assert_eq!(error.body(), body);
    let text = error.to_string();
    assert_eq!(
        text,
        "customer-seats:list_seats: 404 Not Found: ResourceNotFound: Subscription not found"
    );
    assert_eq!(Error::Api(error).code(), Some(ErrorCode::ResourceNotFound));
}

#[tokio::test]
async fn a_removed_version_is_not_a_missing_resource() {
    let gone = r#"{"detail":"Not Found"}"#;
    let error = seats_from(json_answer(404, gone)).await.unwrap_err();

    assert!(error.is_version_gone() && !error.is_not_found());
    assert_eq!(error.code::<ErrorCode>(), None);
    assert_eq!(
        error.to_string(),
        "customer-seats:list_seats: 404 without an error class, which does not say that the resource does not exist: the \
         server does not serve this version of the API, or has no such path"
    );
}

#[tokio::test]
async fn an_unknown_path_is_not_a_missing_resource() {
    let response = json_answer(404, r#"{"detail":"Not Found"}"#);
    let error = api_error(seats_from(response.insert_header("Polar-Version", API_VERSION)).await);

    assert_eq!((error.class(), error.detail()), (None, Some("Not Found")));
    let error = Error::Api(error);
    assert!(!error.is_not_found() && !error.is_version_gone());
    assert_eq!(error.code::<ErrorCode>(), None);
    assert!(
        error.to_string().contains("the server has no such path"),
        "{error}"
    );
}

#[tokio::test]
async fn a_documented_error_class_needs_no_version_header() {
    let response = json_answer(404, r#"{"error":"ResourceNotFound","detail":"Not found"}"#);
    let error = Error::Api(api_error(seats_from(response).await));
    assert!(error.is_not_found());
    assert_eq!(error.code(), Some(ErrorCode::ResourceNotFound));
}

#[tokio::test]
async fn a_rejected_token_is_reported_without_showing_it() {
    let body =
        r#"{"error":"invalid_token","error_description":"polar_cst_session_token has expired"}"#;
    let challenge = r#"Bearer realm="polar", error="invalid_token""#;
    let response = json_answer(401, body).insert_header("WWW-Authenticate", challenge);
    let error = api_error(claimed_from(response).await);

    assert_eq!(
        (error.operation(), error.status().as_u16()),
        (LIST_CLAIMED, 401)
    );
    assert_eq!(error.class(), Some("invalid_token"));
    assert_eq!(error.headers()["www-authenticate"], challenge);
    assert_eq!(error.body(), body);
    let unlisted = ErrorCode::Unknown("invalid_token".to_owned());
    assert_eq!(Error::Api(error).code(), Some(unlisted));
}

#[tokio::test]
async fn a_missing_scope_is_reported() {
    let body =
        r#"{"error":"insufficient_scope","error_description":"customer_seats:read is missing"}"#;
    let error = api_error(seats_from(json_answer(403, body)).await);

    assert_eq!(error.status().as_u16(), 403);
    assert_eq!(error.class(), Some("insufficient_scope"));
    assert_eq!(error.detail(), Some("customer_seats:read is missing"));
}

#[tokio::test]
async fn an_invalid_request_is_reported_with_every_entry() {
    let body = json!({
        "error": "RequestValidationError",
        "detail": [
            { "loc": ["query", "subscription_id"], "msg": "not a UUID", "type": "uuid_parsing", "input": "x" },
            { "loc": ["query", "order_id", 0], "msg": "too many", "type": "too_long", "ctx": { "max": 1 } },
        ],
    });
    let error = api_error(seats_from(json_answer(422, &body.to_string())).await);

    assert_eq!(error.status().as_u16(), 422);
    assert_eq!(
        (error.class(), error.detail()),
        (Some("RequestValidationError"), None)
    );
    let kept: Value = serde_json::from_slice(error.body()).unwrap();
    assert_eq!(kept, body);
    assert_eq!(
        Error::Api(error).code(),
        Some(ErrorCode::RequestValidationError)
    );
}

#[tokio::test]
async fn a_429_response_needs_no_body() {
    let response = ResponseTemplate::new(429).insert_header("Retry-After", "1800");
    let error = api_error(seats_from(response).await);

    assert_eq!(error.status().as_u16(), 429);
    assert_eq!((error.class(), error.detail()), (None, None));
    assert_eq!(error.headers()["retry-after"], "1800");
    assert!(error.body().is_empty());
}

#[tokio::test]
async fn an_html_error_page_is_an_api_error() {
    let page = "<html><body>Internal Server Error</body></html>";
    let error =
        api_error(claimed_from(ResponseTemplate::new(500).set_body_raw(page, "text/html")).await);

    assert_eq!(
        (error.operation(), error.status().as_u16()),
        (LIST_CLAIMED, 500)
    );
    assert_eq!((error.class(), error.detail()), (None, None));
    assert_eq!(error.body(), page);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = responding(json_answer(200, SEATS)).await;
    let response = ResponseTemplate::new(307).insert_header("Location", elsewhere.uri());
    let error = api_error(seats_from(response).await);

    assert_eq!(error.status().as_u16(), 307);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_undecodable_response_names_operation_and_field() {
    let mut page: Value = serde_json::from_str(SUBSCRIPTIONS).unwrap();
    page["items"][0]["prices"][2]["price_amount"] = json!("12.00");
    let error = claimed_from(json_answer(200, &page.to_string()))
        .await
        .unwrap_err();

    assert_shows_no_token(&error);
    assert_eq!(error.operation(), Some(LIST_CLAIMED));
    let text = error.to_string();
    let Error::Decode {
        operation, source, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(operation, LIST_CLAIMED);
    assert_eq!(source.path(), "items[0].prices[2].price_amount");
    assert_eq!(source.variant(), Some("Price::Fixed"));
    assert!(
        text.contains(LIST_CLAIMED) && text.contains(source.path()),
        "{text}"
    );
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let mut page: Value = serde_json::from_str(SEATS).unwrap();
    page["seats"][1].as_object_mut().unwrap().remove("status");
    let error = seats_from(json_answer(200, &page.to_string()))
        .await
        .unwrap_err();

    let Error::Decode {
        operation, source, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!((operation, source.path()), (LIST_SEATS, "seats[1].status"));
}

#[tokio::test]
async fn a_response_that_is_not_json_is_undecodable() {
    let error = seats_from(json_answer(200, "<html>")).await.unwrap_err();

    assert!(
        matches!(
            error,
            Error::Decode {
                operation: LIST_SEATS,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unreachable_server_is_a_connection_error() {
    // The listener is dropped at once, so that nothing listens on the port.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let nowhere = Server::custom(&format!("http://{address}")).unwrap();
    let polar = Polar::builder()
        .server(nowhere)
        .access_token(ACCOUNT)
        .build()
        .unwrap();

    let error = polar.customer_seats().list_seats().await.unwrap_err();

    assert_shows_no_token(&error);
    assert!(
        matches!(
            error,
            Error::Connection {
                operation: LIST_SEATS,
                ..
            }
        ),
        "{error:?}"
    );
}
