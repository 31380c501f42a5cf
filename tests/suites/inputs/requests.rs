//! Operations: the request that is sent, and the result of each response.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use polar_client_runtime::Error;
use polar_client_runtime::types::{Clear, Uuid};
use polar_tests::{RecordedRequest, Recorder, inputs};
use serde_json::json;

const ID: &str = "3c90c3cc-0d44-4b50-8888-8dd25736052a";

fn id() -> Uuid {
    ID.parse().unwrap()
}

/// Creates a client of an input, whose requests go to a recorder.
macro_rules! client {
    ($input:ident, $recorder:expr) => {
        inputs::$input::Polar::builder()
            .access_token("polar_oat_test")
            .transport($recorder.clone())
            .build()
            .unwrap()
    };
}

pub(super) use client;

/// Runs a call. The recorder responds at once, so the call is ready when it is first polled.
pub(super) fn run<T>(call: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
    match pin!(call.into_future()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the recorder responds at once"),
    }
}

pub(super) fn only(recorder: &Recorder) -> RecordedRequest {
    let mut sent = recorder.take();
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.remove(0)
}

/// Returns the method and target of the only request.
pub(super) fn line(recorder: &Recorder) -> String {
    let sent = only(recorder);
    format!("{} {}", sent.method, sent.target)
}

#[test]
fn query_parameters_are_sent_in_the_order_they_are_set() {
    use inputs::query_parameters::models::{EventKind, EventSort};

    let recorder = Recorder::new(200, "[]");
    let polar = client!(query_parameters, recorder);
    let day = "2026-01-31".parse().unwrap();
    run(polar.events().list(day, EventKind::User, "a b&c")).unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/events/?start=2026-01-31&kinds=user&name=a+b%26c"
    );

    let request = polar
        .events()
        .list(day, [EventKind::User, EventKind::System], "n")
        .customer_id([id(), Uuid::nil()])
        .source(EventKind::Unknown("new".to_owned()))
        .query("é")
        .is_open(false)
        .after("2026-01-31T00:00:00Z".parse().unwrap())
        .limit(100)
        .ratio(0.5)
        .sorting([EventSort::CreatedAtDesc, EventSort::Name])
        .ids(vec![1, 2]);
    run(request).unwrap();
    assert_eq!(
        line(&recorder),
        format!(
            "GET /v1/events/?start=2026-01-31&kinds=user&kinds=system&name=n&customer_id={ID}\
             &customer_id=00000000-0000-0000-0000-000000000000&source=new&query=%C3%A9&is_open=false\
             &after=2026-01-31T00%3A00%3A00Z&limit=100&ratio=0.5&sorting=-created_at&sorting=name&ids=1&ids=2"
        )
    );
}

#[test]
fn setting_a_parameter_again_replaces_it() {
    let recorder = Recorder::new(200, "[]");
    let day = "2026-01-31".parse().unwrap();
    let list = client!(query_parameters, recorder).events().list(
        day,
        Vec::<inputs::query_parameters::models::EventKind>::new(),
        "n",
    );
    run(list.ids([1, 2]).limit(1).ids([3])).unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/events/?start=2026-01-31&name=n&limit=1&ids=3"
    );
}

#[test]
fn deep_objects_write_each_entry() {
    use inputs::deep_object::models::MetadataQueryValue;

    let recorder = Recorder::new(200, "[]");
    let polar = client!(deep_object, recorder);
    let labels = [("a", "x y".to_owned())];
    let metadata = [
        ("n", MetadataQueryValue::from(1)),
        (
            "t",
            MetadataQueryValue::from(vec!["u".to_owned(), "v".to_owned()]),
        ),
    ];
    run(polar.customers().list(labels).metadata(metadata)).unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/customers/?labels%5Ba%5D=x+y&metadata%5Bn%5D=1&metadata%5Bt%5D=u&metadata%5Bt%5D=v"
    );
}

#[test]
fn a_repeated_key_is_sent_twice() {
    use inputs::deep_object::models::MetadataQueryValue;

    let recorder = Recorder::new(200, "[]");
    let polar = client!(deep_object, recorder);
    let labels = [("a", "x"), ("b", "y"), ("a", "z"), ("a", "x")];
    // Values of several types, whose strings the contract does not enumerate.
    let metadata = [
        ("n", MetadataQueryValue::from(1)),
        ("n", MetadataQueryValue::from("one".to_owned())),
        ("n", MetadataQueryValue::from(true)),
    ];
    run(polar.customers().list(labels).metadata(metadata)).unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/customers/?labels%5Ba%5D=x&labels%5Bb%5D=y&labels%5Ba%5D=z&labels%5Ba%5D=x\
         &metadata%5Bn%5D=1&metadata%5Bn%5D=one&metadata%5Bn%5D=true"
    );
    // Setting a list again replaces all of its values.
    let list = polar
        .customers()
        .list([("k&=", "[v]")])
        .metadata([("n", 1)]);
    run(list.metadata([("m", 2)])).unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/customers/?labels%5Bk%26%3D%5D=%5Bv%5D&metadata%5Bm%5D=2"
    );
}

#[test]
fn requests_with_a_key_for_each_entry_are_idempotent() {
    use inputs::idempotency_key::models::{EntriesIngest, Entry, EntryOfCustomer, EntryOfMember};
    use polar_client_runtime::client::Safety;

    let ingest = |entries: Vec<Entry>| {
        let recorder = Recorder::new(200, "null");
        let entries = client!(idempotency_key, recorder)
            .entries()
            .ingest(EntriesIngest::new(entries));
        polar_client_runtime::client::Request::from(entries).safety()
    };
    let keyed = || Entry::from(EntryOfCustomer::new("c").external_id("1"));
    assert_eq!(ingest(vec![keyed()]), Safety::Idempotent);
    let member = EntryOfMember::new("m").external_id("2");
    assert_eq!(ingest(vec![keyed(), member.into()]), Safety::Idempotent);
    assert_eq!(
        ingest(vec![keyed(), EntryOfMember::new("m").into()]),
        Safety::NotIdempotent
    );
    let empty = EntryOfCustomer::new("c").external_id("");
    assert_eq!(ingest(vec![empty.into()]), Safety::NotIdempotent);
}

#[test]
fn json_parameters_are_sent_as_json_strings() {
    use inputs::json_parameter::models::{Filter, FilterClause, FilterConjunction, FilterValue};

    let recorder = Recorder::new(200, "[]");
    let filter = Filter::new(
        FilterConjunction::And,
        [FilterClause::new("p", FilterValue::from(true))],
    );
    run(client!(json_parameter, recorder)
        .events()
        .list()
        .filter(filter))
    .unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/events/?filter=%7B%22conjunction%22%3A%22and%22%2C%22clauses%22%3A%5B%7B%22property%22%3A%22p%22\
         %2C%22value%22%3Atrue%7D%5D%7D"
    );
}

#[test]
fn path_parameters_fill_the_template_and_are_escaped() {
    use inputs::path_parameters::models::ShopKind;

    let recorder = Recorder::new(200, r#""ok""#);
    let polar = client!(path_parameters, recorder);
    assert_eq!(
        run(polar.shops().get_item(id(), "a&b c?é", 7)).unwrap(),
        "ok"
    );
    assert_eq!(
        line(&recorder),
        format!("GET /v1/shops/{ID}/items/a%26b%20c%3F%C3%A9/7")
    );
    run(polar.kinds().delete(ShopKind::AB)).unwrap();
    assert_eq!(line(&recorder), "DELETE /v1/kinds/a%20b");
    for slug in ["", ".", ".."] {
        let error = run(polar.shops().get_item(id(), slug, 7)).unwrap_err();
        assert!(
            matches!(
                error,
                Error::InvalidRequest {
                    operation: "shops:get_item",
                    parameter: Some("slug"),
                    ..
                }
            ),
            "{error:?}"
        );
    }
    assert_eq!(recorder.take(), []);
}

#[test]
fn bodies_are_json() {
    use inputs::json_body::models::{CardById, CardByName, CardCreate, CardShuffle};

    let recorder = Recorder::new(200, r#"{"id":"1","name":"n"}"#);
    let cards = client!(json_body, recorder).cards();
    let create = CardCreate::new("n", ["a", "b"], None)
        .metadata([("k", "v".to_owned())])
        .inner(CardById::new("i"));
    assert_eq!(run(cards.create(&create)).unwrap().name, "n");
    let sent = only(&recorder);
    assert_eq!(
        sent.body,
        r#"{"name":"n","tags":["a","b"],"owner":null,"metadata":{"k":"v"},"inner":{"id":"i"}}"#
    );
    assert_eq!(sent.content_type.as_deref(), Some("application/json"));
    assert_eq!(sent.accept.as_deref(), Some("application/json"));

    // A variant is accepted in place of the union, by value and by reference.
    run(cards.replace(CardById::new("i"))).unwrap();
    assert_eq!(only(&recorder).body, r#"{"id":"i"}"#);
    let by_name = CardByName::new("n");
    run(cards.replace(&by_name)).unwrap();
    assert_eq!(only(&recorder).body, r#"{"name":"n"}"#);

    run(cards.batch(vec![create])).unwrap();
    assert!(only(&recorder).body.starts_with(r#"[{"name":"n""#));

    run(cards.shuffle()).unwrap();
    let sent = only(&recorder);
    assert_eq!((sent.body.as_str(), sent.content_type), ("", None));
    run(cards.shuffle().body(CardShuffle::new().seed(5))).unwrap();
    assert_eq!(only(&recorder).body, r#"{"seed":5}"#);
}

#[test]
fn an_update_distinguishes_absent_null_and_a_value() {
    use inputs::patch_body::models::{TeamBadge, TeamCreate, TeamUpdate};

    let recorder = Recorder::new(200, r#"{"name":"n","motto":null}"#);
    let teams = client!(patch_body, recorder).teams();
    run(teams.update(id(), TeamUpdate::new())).unwrap();
    let sent = only(&recorder);
    assert_eq!((sent.method.as_str(), sent.body.as_str()), ("PATCH", "{}"));
    let update = TeamUpdate::new()
        .name("a")
        .motto(Clear)
        .size(3)
        .tags(Clear)
        .badge(TeamBadge::new("i").color(Clear))
        .lead(TeamBadge::new("j").color("red".to_owned()));
    run(teams.update(id(), update)).unwrap();
    assert_eq!(
        only(&recorder).body,
        r#"{"name":"a","motto":null,"size":3,"tags":null,"badge":{"icon":"i","color":null},"lead":{"icon":"j","color":"red"}}"#
    );

    run(teams.create(TeamCreate::new("n"))).unwrap();
    assert_eq!(only(&recorder).body, r#"{"name":"n"}"#);
}

#[test]
fn forms_contain_the_fields_of_the_variant() {
    use inputs::form_body::models::{CodeTokenRequest, RefreshTokenRequest, RevokeRequest};

    let recorder = Recorder::new(200, r#"{"access_token":"t"}"#);
    let oauth2 = client!(form_body, recorder).oauth2();
    let token = run(oauth2.request_token(CodeTokenRequest::new("c d", "https://x/?y=1"))).unwrap();
    assert_eq!(token.access_token, "t");
    let sent = only(&recorder);
    assert_eq!(
        sent.body,
        "grant_type=authorization_code&code=c+d&redirect_uri=https%3A%2F%2Fx%2F%3Fy%3D1"
    );
    assert_eq!(
        sent.content_type.as_deref(),
        Some("application/x-www-form-urlencoded")
    );

    run(oauth2.request_token(RefreshTokenRequest::new("r"))).unwrap();
    assert_eq!(
        only(&recorder).body,
        "grant_type=refresh_token&refresh_token=r"
    );
    run(oauth2.revoke(RevokeRequest::new("t").hints(["a", "b"]))).unwrap();
    assert_eq!(only(&recorder).body, "token=t&hints=a&hints=b");
}

#[test]
fn responses_decode_to_the_type_of_the_operation() {
    let jobs = |status, body| client!(answers, Recorder::new(status, body)).jobs();
    assert_eq!(run(jobs(200, r#"{"id":"1"}"#).get(id())).unwrap().id, "1");
    run(jobs(204, "").delete(id())).unwrap();
    assert_eq!(
        run(jobs(200, r#"{"id":"1"}"#).result(id()))
            .unwrap()
            .unwrap()
            .id,
        "1"
    );
    assert_eq!(run(jobs(202, "").result(id())).unwrap(), None);
    assert_eq!(run(jobs(202, "null").result(id())).unwrap(), None);
    run(jobs(202, "null").restart(id())).unwrap();
    assert_eq!(run(jobs(200, "a,b\n1,2\n").export()).unwrap(), "a,b\n1,2\n");
    assert_eq!(run(jobs(200, "[1]").raw()).unwrap(), json!([1]));
    assert_eq!(run(jobs(200, "null").latest()).unwrap(), None);
}

#[test]
fn a_decode_error_names_operation_and_path() {
    let jobs = client!(answers, Recorder::new(200, r#"{"id":1}"#)).jobs();
    let Error::Decode {
        operation, source, ..
    } = run(jobs.get(id())).unwrap_err()
    else {
        panic!("expected a decode error")
    };
    assert_eq!((operation, source.path()), ("jobs:get", "id"));
    let empty = client!(answers, Recorder::new(200, "")).jobs();
    assert!(matches!(
        run(empty.get(id())),
        Err(Error::Decode {
            operation: "jobs:get",
            ..
        })
    ));
}

#[test]
fn lists_take_page_and_limit() {
    let recorder = Recorder::new(
        200,
        r#"{"items":[{"id":"a"}],"pagination":{"total_count":3,"max_page":3}}"#,
    );
    let products = client!(paging, recorder).products();
    let page = run(products.list().page(2).limit(1)).unwrap();
    assert_eq!(
        (page.items[0].id.as_str(), page.pagination.max_page),
        ("a", 3)
    );
    assert_eq!(line(&recorder), "GET /v1/products/?page=2&limit=1");
}

#[test]
fn required_parameters_next_to_a_body_are_arguments() {
    use inputs::limits::models::ProductCreate;

    let recorder = Recorder::new(204, "");
    let products = client!(limits, recorder).products();
    run(products
        .create(3, ProductCreate::new("name", "s", ["t"]).price(5))
        .label("l"))
    .unwrap();
    let sent = only(&recorder);
    assert_eq!(sent.target, "/v1/products/?depth=3&label=l");
    assert_eq!(
        sent.body,
        r#"{"name":"name","slug":"s","tags":["t"],"price":5}"#
    );
}

#[test]
fn parameters_with_reserved_names_keep_their_name_in_requests() {
    let recorder = Recorder::new(
        200,
        r#"{"type":"t","self":"s","2fa":true,"sub":"u","_cost":1,"crate":"c","async":false,"Content-Type":"x","externalId":"e"}"#,
    );
    let polar = client!(keywords, recorder);
    run(polar
        .things()
        .r#type("s")
        .r#type("t")
        .set_default("d")
        .internal(true))
    .unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/things/?self=s&type=t&default=d&_internal=true"
    );
    run(polar.r#type().r#impl("a", "b")).unwrap();
    assert_eq!(line(&recorder), "GET /v1/type/a/b");
}

#[test]
fn nested_services_call_their_operations() {
    let recorder = Recorder::new(200, r#""x""#);
    let polar = client!(sub_services, recorder);
    run(polar.customers().list()).unwrap();
    assert_eq!(line(&recorder), "GET /v1/customers/");
    run(polar.customers().members().list(id())).unwrap();
    assert_eq!(line(&recorder), format!("GET /v1/customers/{ID}/members"));
    run(polar.customers().members().seats().list(id())).unwrap();
    assert_eq!(
        line(&recorder),
        format!("GET /v1/customers/{ID}/members/seats")
    );
    run(polar.reports().yearly().get()).unwrap();
    assert_eq!(line(&recorder), "GET /v1/reports/yearly");
}

#[test]
fn the_code_of_an_error_is_an_enum() {
    use inputs::error_classes::ErrorCode;

    let claim = |status, body| {
        let seats = client!(error_classes, Recorder::new(status, body)).seats();
        run(seats.claim()).unwrap_err()
    };
    let code = |body| claim(403, body).code();
    assert_eq!(
        code(r#"{"error":"NotPermitted","detail":"no"}"#),
        Some(ErrorCode::NotPermitted)
    );
    assert_eq!(
        code(r#"{"error":"busy_now","detail":"no"}"#),
        Some(ErrorCode::BusyNow)
    );
    assert_eq!(
        code(r#"{"error":"New","detail":"no"}"#),
        Some(ErrorCode::Unknown("New".to_owned()))
    );
    assert_eq!(code("<html>"), None);
    let error = claim(400, r#"{"error":"SeatTaken","detail":"taken"}"#);
    // In a pattern and as a string, the code does not need a type annotation.
    assert!(matches!(error.code(), Some(ErrorCode::SeatTaken)));
    assert_eq!(error.code(), Some("SeatTaken"));
    let answer = error.api().unwrap();
    assert_eq!(answer.operation(), "seats:claim");
    assert_eq!(
        (answer.status().as_u16(), answer.detail()),
        (400, Some("taken"))
    );
}
