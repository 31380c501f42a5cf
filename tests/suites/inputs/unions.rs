//! Unions: each sample decodes as the right variant, unknown values are kept, and errors name the variant.

use polar_client_runtime::codec;
use polar_tests::inputs;
use serde_json::json;

use super::{decode_error, round_trip};

#[test]
fn a_variant_can_have_several_tag_values() {
    use inputs::tag_union::models::{Flag, Level, PolygonType, Shape};

    let shapes: Vec<Shape> = round_trip(
        r#"[{"id":"a","type":"circle","radius":1,"note":null},{"id":"b","type":"square","side":2,"note":"n"},{"id":"c","type":"pentagon","sides":[3],"note":null},{"id":"d","note":null,"type":"oval"}]"#,
    );
    let [
        Shape::Circle(circle),
        Shape::Square(square),
        Shape::Polygon(polygon),
        Shape::Unknown(oval),
    ] = shapes.as_slice()
    else {
        panic!("{shapes:?}")
    };
    assert_eq!((circle.radius, square.side), (1, 2));
    assert_eq!(polygon.r#type, PolygonType::Pentagon);
    assert_eq!(
        *oval.raw(),
        json!({"id": "d", "type": "oval", "note": null})
    );
    assert_eq!(oval.to_string(), r#"{"id":"d","note":null,"type":"oval"}"#);
    // Unknown variants have the fields that all variants require.
    let ids: Vec<&str> = shapes.iter().map(|shape| shape.id()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    assert_eq!((shapes[1].note(), shapes[3].note()), (Some("n"), None));
    let error = decode_error::<Shape>(r#"{"type":"oval"}"#);
    assert_eq!(
        (error.path(), error.variant()),
        ("id", Some("Shape::Unknown"))
    );
    let error = decode_error::<Shape>("7");
    assert!(error.to_string().contains("an object"), "{error}");
    assert_eq!(
        format!("{:?}", shapes[0]),
        r#"Circle(CircleShape { id: "a", type: "circle", radius: 1, note: None })"#
    );
    assert_eq!(
        format!("{:?}", shapes[3]),
        r#"Unknown({"id": "d", "note": null, "type": "oval"})"#
    );

    let flags: Vec<Flag> =
        round_trip(r#"[{"is_on":true,"since":"2026-01-02"},{"is_on":false},{"is_on":"maybe"},{}]"#);
    assert!(matches!(
        flags.as_slice(),
        [
            Flag::On(_),
            Flag::Off(_),
            Flag::Unknown(_),
            Flag::Unknown(_)
        ]
    ));
    let levels: Vec<Level> =
        round_trip(r#"[{"rank":2,"name":"b"},{"rank":1,"name":"a"},{"rank":3,"name":"c"}]"#);
    assert!(matches!(
        levels.as_slice(),
        [Level::Second(_), Level::First(_), Level::Unknown(_)]
    ));
}

#[test]
fn an_error_inside_a_variant_names_it_and_its_path() {
    use inputs::tag_union::models::Shape;

    let error = decode_error::<Vec<Shape>>(
        r#"[{"id":"a","type":"circle","radius":1},{"id":"c","type":"triangle","sides":[1,"x"]}]"#,
    );
    assert_eq!(
        (error.path(), error.variant()),
        ("[1].sides[1]", Some("Shape::Polygon"))
    );
}

#[test]
fn nested_unions_become_one_union() {
    use inputs::nested_union::models::{Absent, Guest, Kennel, Pet};

    let kennel: Kennel = round_trip(
        r#"{"pet":{"kind":"dog","tricks":["sit"]},"guest":{"kind":"bird"},"absent":{"kind":"cat","lives":9}}"#,
    );
    assert!(matches!(kennel.pet, Pet::Dog(_)));
    assert!(matches!(kennel.guest, Guest::Bird(_)));
    assert!(matches!(kennel.absent, Some(Absent::Cat(_))));
    let json = r#"{"pet":{"kind":"fish"},"guest":{"kind":"fish"},"absent":null}"#;
    assert_eq!(codec::from_str::<Kennel>(json).unwrap().absent, None);
}

#[test]
fn a_second_constant_discriminates_variants_with_one_tag() {
    use inputs::overlapping_tags::models::Price;

    let prices: Vec<Price> = round_trip(
        r#"[{"id":"1","amount_type":"fixed","legacy":true,"recurring_interval":"month","price_amount":1},{"id":"2","amount_type":"fixed","price_amount":2,"price_currency":"usd"},{"id":"3","amount_type":"free","legacy":true,"recurring_interval":"year"},{"id":"4","amount_type":"free"},{"id":"5","amount_type":"metered","unit_amount":"0.1"},{"id":"6","amount_type":"tiered","tiers":[1,1.0]}]"#,
    );
    assert!(matches!(
        prices.as_slice(),
        [
            Price::LegacyRecurringFixed(_),
            Price::Fixed(_),
            Price::LegacyRecurringFree(_),
            Price::Free(_),
            Price::Metered(_),
            Price::Unknown(_)
        ]
    ));
    // Only `legacy: true` selects a legacy variant. With any other value, the price is one of the catalog.
    let json = r#"{"id":"2","amount_type":"free","legacy":false}"#;
    assert!(matches!(codec::from_str(json).unwrap(), Price::Free(_)));
}

#[test]
fn the_tag_may_be_in_a_nested_object() {
    use inputs::nested_tag::models::Grant;

    let grants: Vec<Grant> = round_trip(
        r#"[{"id":"1","benefit":{"id":"b","type":"key"},"key":"k"},{"id":"2","benefit":{"id":"b","type":"download"},"files":[]},{"id":"3","benefit":{"type":"new"}},{"id":"4","benefit":null}]"#,
    );
    assert!(matches!(
        grants.as_slice(),
        [
            Grant::Key(_),
            Grant::Download(_),
            Grant::Unknown(_),
            Grant::Unknown(_)
        ]
    ));
}

#[test]
fn required_keys_discriminate_variants_without_constants() {
    use inputs::required_key_union::models::Discount;

    let discounts: Vec<Discount> = round_trip(
        r#"[{"name":"a","amount":1,"currency":"usd"},{"name":"b","basis_points":2},{"name":"c","duration_in_months":3,"amount":1,"currency":"usd"},{"name":"d","duration_in_months":4,"basis_points":2}]"#,
    );
    assert!(matches!(
        discounts.as_slice(),
        [
            Discount::OnceFixed(_),
            Discount::OncePercentage(_),
            Discount::RepeatFixed(_),
            Discount::RepeatPercentage(_)
        ]
    ));
    assert_eq!(
        discounts[2].as_repeat_fixed().unwrap().duration_in_months,
        3
    );
    let error = decode_error::<Discount>(r#"{"name":"e"}"#);
    assert_eq!(
        (error.path(), error.variant()),
        ("basis_points", Some("Discount::OncePercentage"))
    );
}

#[test]
fn any_additional_key_selects_the_larger_variant() {
    use inputs::superset_keys_union::models::AnyPage;

    // The value lacks the keys that both variants require, so it is an unknown variant, which also requires `items`.
    let error = decode_error::<AnyPage>(r#"{"detail":"x"}"#);
    assert_eq!(
        (error.path(), error.variant()),
        ("items", Some("AnyPage::Unknown"))
    );

    assert!(matches!(
        round_trip(r#"{"items":[],"next":null}"#),
        AnyPage::Page(_)
    ));
    assert!(matches!(
        round_trip(r#"{"items":[],"next":"x"}"#),
        AnyPage::Page(_)
    ));
    assert!(matches!(
        round_trip(r#"{"items":[],"next":null,"total":1}"#),
        AnyPage::CountedPage(_)
    ));
    assert!(matches!(
        round_trip(r#"{"items":[],"next":"x","exact":false}"#),
        AnyPage::CountedPage(_)
    ));
    // A key with the value null counts as present.
    let counted = codec::from_str(r#"{"items":[],"next":null,"total":null}"#).unwrap();
    assert!(matches!(counted, AnyPage::CountedPage(page) if page.total.is_none()));
}

#[test]
fn a_value_without_a_known_constant_is_the_open_variant() {
    use inputs::fallback_union::models::Payment;

    let payments: Vec<Payment> =
        round_trip(r#"[{"id":"1","method":"card","last4":"4242"},{"id":"2","method":"paypal"}]"#);
    assert!(matches!(
        payments.as_slice(),
        [Payment::Card(_), Payment::Generic(_)]
    ));
    assert_eq!(payments[1].as_generic().unwrap().method, "paypal");
}

#[test]
fn a_value_with_the_constant_of_a_variant_needs_its_required_keys() {
    use inputs::shared_constant_union::models::{Charge, Wallet};

    let wallets: Vec<Wallet> = round_trip(
        r#"[{"id":"1","type":"card","details":{"brand":"visa","last4":"4242"},"holder":"h"},{"id":"2","type":"card"},{"id":"3","type":"card","data":{"a":1}},{"id":"4","type":"paypal"},{"id":"5","type":"bank","data":{"iban":"DE"}},{"id":"6","type":"bank","data":{}},{"id":"7","type":"cash"},{"id":"8","type":"voucher","code":null},{"id":"9","type":"voucher"}]"#,
    );
    assert!(matches!(
        wallets.as_slice(),
        [
            Wallet::Card(_),
            Wallet::Generic(_),
            Wallet::Generic(_),
            Wallet::Generic(_),
            Wallet::Bank(_),
            Wallet::Generic(_),
            Wallet::Cash(_),
            Wallet::Voucher(_),
            Wallet::Generic(_)
        ]
    ));
    // A card requires all of these keys, with values other than null.
    for json in [
        r#"{"id":"1","type":"card","details":{"brand":"visa","last4":"4242"}}"#,
        r#"{"id":"1","type":"card","details":null,"holder":"h"}"#,
    ] {
        let wallet: Wallet = codec::from_str(json).unwrap();
        assert!(matches!(wallet, Wallet::Generic(_)), "{wallet:?}");
    }
    // If the keys are present, an invalid value is an error of the card.
    let error = decode_error::<Wallet>(
        r#"{"id":"1","type":"card","details":{"brand":"visa"},"holder":"h"}"#,
    );
    assert_eq!(
        (error.path(), error.variant()),
        ("details.last4", Some("Wallet::Card"))
    );

    let charges: Vec<Charge> = round_trip(
        r#"[{"id":"1","kind":"card","network":"visa","digits":16},{"id":"2","kind":"card","network":"amex","digits":15},{"id":"3","kind":"card"},{"id":"4","kind":"cash"}]"#,
    );
    assert!(matches!(
        charges.as_slice(),
        [
            Charge::Visa(_),
            Charge::Amex(_),
            Charge::Other(_),
            Charge::Other(_)
        ]
    ));
    let other: Charge =
        codec::from_str(r#"{"id":"1","kind":"card","network":"new","digits":1}"#).unwrap();
    assert!(matches!(other, Charge::Other(_)));
}

#[test]
fn scalars_lists_and_objects_are_discriminated_by_json_type() {
    use inputs::kind_union::models::{
        Cell, Code, Currency, Label, Moment, Scalar, Values, ValuesLocItem, When,
    };

    let values: Values = round_trip(
        r#"{"scalar":1,"cell":1.5,"moment":"now","when":"2026-01-01T00:00:00Z","label":["a"],"code":"usd","loc":["body",0]}"#,
    );
    assert_eq!(values.scalar, Scalar::Integer(1));
    assert_eq!(values.cell, Cell::Number(1.5));
    assert_eq!(values.moment, Moment::Now);
    assert!(matches!(values.when, When::Timestamp(_)));
    assert_eq!(values.label, Label::Strings(vec!["a".to_owned()]));
    assert_eq!(values.code, Code::Currency(Currency::Usd));
    assert_eq!(
        values.loc.unwrap(),
        [
            ValuesLocItem::String("body".to_owned()),
            ValuesLocItem::Integer(0)
        ]
    );

    let values: Values = round_trip(
        r#"{"scalar":1.0,"cell":true,"moment":"2026-01-01T00:00:00Z","when":"2026-01-01T00:00:00","label":{"x":1},"code":"chf"}"#,
    );
    assert_eq!(values.scalar, Scalar::Number(1.0));
    assert_eq!(values.cell, Cell::Boolean(true));
    assert!(matches!(values.moment, Moment::Timestamp(_)));
    // Without an offset it is not a timestamp, so it stays a string.
    assert_eq!(values.when, When::String("2026-01-01T00:00:00".to_owned()));
    assert_eq!(values.label.as_point().unwrap().x, 1);
    assert_eq!(values.code, Code::String("chf".to_owned()));

    let values: Values = round_trip(
        r#"{"scalar":{"a":[]},"cell":null,"moment":"now","when":"","label":7,"code":"eur","loc":[null]}"#,
    );
    assert_eq!(values.scalar, Scalar::Unknown(json!({"a": []})));
    assert_eq!(values.cell, Cell::Unknown(json!(null)));
    assert_eq!(values.label, Label::Unknown(json!(7)));
    assert_eq!(values.loc.unwrap(), [ValuesLocItem::Unknown(json!(null))]);
}

#[test]
fn a_request_union_accepts_each_of_its_variants() {
    use inputs::write_only_union::models::{
        SeatAssign, SeatByEmail, SeatByMember, SeatHolder, SeatPlan,
    };

    let assign: SeatAssign = SeatByEmail::new("t").email("e").into();
    assert_eq!(codec::to_string(&assign), r#"{"target":"t","email":"e"}"#);
    for (holder, json) in [
        (
            SeatHolder::from(SeatByMember::new("t")),
            r#"{"holder":{"target":"t"}}"#,
        ),
        (SeatHolder::from("x"), r#"{"holder":"x"}"#),
        (
            SeatHolder::from(vec!["x".to_owned()]),
            r#"{"holder":["x"]}"#,
        ),
    ] {
        assert_eq!(codec::to_string(&SeatPlan::new(holder)), json);
    }
}

#[test]
fn an_ambiguous_union_keeps_its_json_and_can_be_viewed_as_each_variant() {
    use inputs::ambiguous_union::models::Profile;

    let profile: Profile = round_trip(r#"{"size":3,"name":"a","more":[1.0]}"#);
    assert_eq!(profile.to_team().unwrap().size, Some(3));
    assert_eq!(profile.to_person().unwrap().age, None);
    let profile: Profile = round_trip(r#"{"age":"x","name":"a"}"#);
    assert_eq!(profile.to_person().unwrap_err().path(), "age");
}

#[test]
fn a_sibling_string_selects_the_view_of_an_ambiguous_value() {
    use inputs::ambiguous_union::models::{Account, ProfileView};

    let account: Account =
        round_trip(r#"{"owner":{"kind":"team"},"profile":{"name":"a","size":3}}"#);
    let Some(ProfileView::Team(team)) = account.profile_view().unwrap() else {
        panic!("{account:?}")
    };
    assert_eq!(team.size, Some(3));
    let account: Account = round_trip(r#"{"owner":{"kind":"robot"},"profile":{"name":"a"}}"#);
    let view = account.profile_view().unwrap();
    assert!(matches!(view, Some(ProfileView::Unknown(_))), "{view:?}");
    let account: Account =
        round_trip(r#"{"owner":{"kind":"person"},"profile":{"name":"a","age":"x"}}"#);
    assert_eq!(account.profile_view().unwrap_err().path(), "age");
    let account: Account = round_trip(r#"{"owner":{"kind":"person"}}"#);
    assert_eq!(account.profile_view().unwrap(), None);
}

#[test]
fn webhook_events_are_discriminated_by_type() {
    use inputs::webhooks::webhooks::Event;

    let event = |kind: &str, rest: &str| {
        let text = format!(r#"{{"type":"{kind}","timestamp":"2026-01-01T00:00:00Z",{rest}}}"#);
        round_trip::<Event>(&text)
    };
    let paid = event("order.paid", r#""data":{"id":"1"}"#);
    assert!(matches!(&paid, Event::OrderPaid(paid) if paid.data.id == "1"));
    let claimed = event("seat.claimed", r#""data":{"seat_id":"2"}"#);
    assert!(matches!(&claimed, Event::SeatClaimed(claimed) if claimed.data.seat_id == "2"));
    let created = event("order.created", r#""data":{"id":"3"}"#);
    assert!(matches!(&created, Event::OrderCreated(_)));
    for (event, name) in [
        (paid, "order.paid"),
        (claimed, "seat.claimed"),
        (created, "order.created"),
    ] {
        assert_eq!((event.event_type(), event.is_unknown()), (name, false));
    }
}

#[test]
fn events_of_unknown_types_and_versions_are_kept() {
    use inputs::webhooks::webhooks::Event;

    for (text, name) in [
        (r#"{"type":"order.new","timestamp":"x"}"#, "order.new"),
        (
            r#"{"type":"order.paid","api_version":"2040-01","data":1}"#,
            "order.paid",
        ),
    ] {
        let event: Event = round_trip(text);
        assert!(matches!(&event, Event::Unknown { r#type, .. } if r#type == name));
        assert_eq!((event.event_type(), event.is_unknown()), (name, true));
    }
    let untyped = codec::from_str::<Event>(r#"{"timestamp":"x"}"#).unwrap_err();
    assert_eq!(untyped.to_string(), "type: missing");
}
