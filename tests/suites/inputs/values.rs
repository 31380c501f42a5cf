//! Structs, enums, scalars and maps are decoded, and encoded unchanged.

use polar_client_runtime::codec;
use polar_client_runtime::types::{Clear, Number, Patch};
use polar_tests::inputs;

use super::{decode_error, round_trip};

#[test]
fn null_decodes_to_none_and_is_encoded_where_nullable() {
    use inputs::nullable::models::Note;

    let note: Note = round_trip(
        r#"{"text":null,"pages":null,"author":null,"tags":null,"nothing":null,"subtitle":null}"#,
    );
    assert_eq!((note.text, note.pages, note.tags), (None, None, None));
    assert!(note.author.is_none() && note.subtitle.is_none() && note.rating.is_none());

    let note: Note = round_trip(
        r#"{"text":"a","pages":3,"author":{"name":"b"},"tags":["x",null],"nothing":null,"subtitle":"s","rating":5}"#,
    );
    assert_eq!(note.author.unwrap().name, "b");
    assert_eq!(note.tags.unwrap(), [Some("x".to_owned()), None]);
    assert_eq!(
        (note.subtitle.as_deref(), note.rating),
        (Some("s"), Some(5))
    );
}

#[test]
fn null_in_a_non_nullable_optional_field_is_absent() {
    use inputs::nullable::models::Note;

    let json = r#"{"text":"a","pages":1,"author":null,"tags":[],"nothing":null,"rating":null}"#;
    let note: Note = codec::from_str(json).unwrap();
    assert_eq!(note.rating, None);
}

#[test]
fn an_error_names_the_field_and_what_was_expected() {
    use inputs::nullable::models::Note;

    let error =
        decode_error::<Note>(r#"{"text":1,"pages":1,"author":null,"tags":[],"nothing":null}"#);
    assert_eq!(error.path(), "text");
    let error = decode_error::<Note>(
        r#"{"text":"","pages":1,"author":null,"tags":["a",2],"nothing":null}"#,
    );
    assert_eq!(error.path(), "tags[1]");
    let error =
        decode_error::<Note>(r#"{"text":"","pages":1,"author":{},"tags":[],"nothing":null}"#);
    assert_eq!(error.path(), "author.name");
}

#[test]
fn received_constants_are_kept_and_sent_ones_added() {
    use inputs::constants::models::{Badge, BadgeCreate, Frame};

    let badge: Badge = round_trip(
        r#"{"kind":"badge","is_public":true,"level":3,"owner":null,"theme":"dark","is_new":false,"label":null}"#,
    );
    assert_eq!(
        (&*badge.kind, badge.is_public, badge.level),
        ("badge", true, 3)
    );
    assert_eq!(
        (&*badge.theme, badge.is_new, badge.label),
        ("dark", Some(false), None)
    );

    let badge: Badge = round_trip(
        r#"{"kind":"medal","is_public":false,"level":4,"owner":null,"theme":"light","label":"silver"}"#,
    );
    assert_eq!(
        (&*badge.kind, badge.label.as_deref()),
        ("medal", Some("silver"))
    );

    assert_eq!(
        codec::to_string(&BadgeCreate::new("x")),
        r#"{"kind":"badge","is_public":true,"level":3,"owner":null,"name":"x","theme":"dark"}"#
    );
    assert_eq!(
        codec::to_string(&Frame::new(2)),
        r#"{"kind":"frame","width":2,"theme":"dark"}"#
    );
}

#[test]
fn enums_keep_unknown_strings() {
    use inputs::enum_odd_values::models::{
        Report, ReportFormatsItem, ReportZone, StatusClass, Word, Zone,
    };

    let report: Report = round_trip(
        r#"{"status":"2xx","zone":"Etc/GMT+1","words":["","*","self","type","benefits:read","camelCase","SCREAMING_CASE","new"],"formats":["csv"],"home":"Etc/GMT-1"}"#,
    );
    assert_eq!(report.status, StatusClass::Class2xx);
    assert_eq!(report.zone, Some(ReportZone::EtcGmtPlus1));
    assert_eq!(
        report.words,
        [
            Word::Empty,
            Word::Any,
            Word::Self_,
            Word::Type,
            Word::BenefitsRead,
            Word::CamelCase,
            Word::ScreamingCase,
            Word::Unknown("new".to_owned())
        ]
    );
    assert_eq!(report.formats, [ReportFormatsItem::Csv]);
    assert_eq!(report.home, Some(Zone::EtcGmtMinus1));

    let report: Report = round_trip(r#"{"status":"3xx","zone":null,"words":[],"formats":[]}"#);
    assert_eq!(report.status.as_str(), "3xx");
    assert!(report.status.is_unknown());
    assert_eq!(
        decode_error::<Report>(r#"{"status":2,"zone":null,"words":[],"formats":[]}"#).path(),
        "status"
    );
}

#[test]
fn maps_keep_every_entry() {
    use inputs::maps::models::{Bag, BagCreate, MetadataValue};

    let bag: Bag = round_trip(
        r#"{"counts":{"a":1,"b":2},"items":{"x":{"size":3}},"lists":{"l":["m"]},"free":{"z":[1.5,{"y":null}],"a":0},"nothing":{},"extended":{"id":"e","more":7},"metadata":{"flag":true,"n":1,"s":"t"}}"#,
    );
    assert_eq!(bag.counts["b"], 2);
    assert_eq!(bag.items["x"].size, 3);
    assert_eq!(bag.extended.additional["more"], 7);
    assert_eq!(bag.metadata.unwrap()["flag"], MetadataValue::Boolean(true));
    assert_eq!(
        decode_error::<Bag>(r#"{"counts":{"a b":"x"}}"#).path(),
        r#"counts["a b"]"#
    );

    let create = BagCreate::new([("k", MetadataValue::from("v"))])
        .additional([("other", serde_json::json!([1]))]);
    assert_eq!(
        codec::to_string(&create),
        r#"{"metadata":{"k":"v"},"other":[1]}"#
    );
}

#[test]
fn types_that_contain_themselves_decode_to_any_depth() {
    use inputs::recursive_type::models::{FilterItem, Owner, Tree};

    let tree: Tree = round_trip(
        r#"{"name":"a","children":[{"name":"b","children":[]}],"parent":{"name":"c","children":[]},"owner":{"name":"o","favorite":{"name":"d","children":[]}},"by_name":{"e":{"name":"e","children":[]}}}"#,
    );
    assert_eq!(tree.children[0].name, "b");
    assert_eq!(tree.parent.unwrap().name, "c");
    assert_eq!(tree.owner.unwrap().favorite.unwrap().name, "d");

    let no_children = Vec::<Tree>::new;
    let built = Tree::new("r", no_children())
        .owner(Owner::new("o"))
        .parent(Tree::new("p", no_children()));
    assert_eq!(
        codec::to_string(&built),
        r#"{"name":"r","children":[],"parent":{"name":"p","children":[]},"owner":{"name":"o"}}"#
    );

    let filter: inputs::recursive_type::models::Filter =
        round_trip(r#"{"clauses":[{"property":"a"},{"clauses":[{"property":"b"}]}]}"#);
    let FilterItem::Filter(inner) = &filter.clauses[1] else {
        panic!("{filter:?}")
    };
    assert_eq!(inner.clauses[0].as_clause().unwrap().property, "b");
}

#[test]
fn tuples_have_a_type_for_each_position() {
    use inputs::tuple::models::{Samples, SamplesCreate};

    let samples: Samples = round_trip(r#"{"points":[["a",1],["b",2]]}"#);
    assert_eq!(samples.points[1], ("b".to_owned(), 2));
    assert_eq!(
        decode_error::<Samples>(r#"{"points":[["a","b"]]}"#).path(),
        "points[0][1]"
    );
    assert_eq!(
        decode_error::<Samples>(r#"{"points":[["a"]]}"#).path(),
        "points[0]"
    );
    assert_eq!(
        codec::to_string(&SamplesCreate::new(("a".to_owned(), None))),
        r#"{"first":["a",null]}"#
    );
}

#[test]
fn aliases_are_their_target_types() {
    use inputs::aliases::models::{Book, Shelf};

    let shelf: Shelf = round_trip(
        r#"{"books":[{"isbn":"1"}],"index":{"k":{"isbn":"2"}},"first":{"isbn":"3"},"remark":null,"last":{"isbn":"4"},"later":"x"}"#,
    );
    assert_eq!(shelf.books[0].isbn, "1");
    assert_eq!(shelf.last, Some(Book::new("4")));
    assert_eq!(shelf.later, Some("x".to_owned()));
}

#[test]
fn inline_types_are_shared_by_title_and_distinguished_by_location() {
    use inputs::inline_types::models::{Crate, CrateLidState, CrateState, CreateBody, Size};

    let crate_: Crate = round_trip(
        r#"{"size":"small","state":"open","lid":{"state":"on","color":{"hue":1}},"lock":{"pin":2}}"#,
    );
    assert_eq!(
        (crate_.state, crate_.lid.state),
        (CrateState::Open, CrateLidState::On)
    );
    assert_eq!(
        codec::to_string(&CreateBody::new(crate_.size)),
        r#"{"size":"small"}"#
    );
    assert_eq!(Size::from("large"), Size::Large);
}

#[test]
fn a_shared_type_is_built_and_decoded() {
    use inputs::shared_types::models::{Address, AddressUpdate, Country, Point};

    let built = Address::new(Country::Fr, None)
        .line2("b")
        .point(Point::new(1.5, 2.0));
    let json = r#"{"country":"FR","line1":null,"line2":"b","point":{"x":1.5,"y":2.0}}"#;
    assert_eq!(codec::to_string(&built), json);
    assert_eq!(round_trip::<Address>(json), built);

    let update = AddressUpdate::new()
        .line2(Clear)
        .point(Point::new(0.5, 1.5));
    assert_eq!(update.line2, Patch::Clear);
    assert_eq!(
        codec::to_string(&update),
        r#"{"line2":null,"point":{"x":0.5,"y":1.5}}"#
    );
    assert_eq!(codec::to_string(&AddressUpdate::default()), "{}");
}

#[test]
fn the_received_half_of_a_split_type_keeps_the_name() {
    use inputs::input_output_pairs::models::{CostMetadata, CostMetadataInput};

    let cost: CostMetadata = round_trip(r#"{"amount":"0.050000000000","currency":"usd"}"#);
    assert_eq!(cost.amount.as_str(), "0.050000000000");
    assert_eq!(
        codec::to_string(&CostMetadataInput::new(cost.amount, "usd")),
        r#"{"amount":"0.050000000000","currency":"usd"}"#
    );
}

#[test]
fn numbers_keep_their_exact_value() {
    use inputs::numbers::models::{Rate, RateCode, RateCreate, RateSerialOrText};

    let rate: Rate = round_trip(
        r#"{"cents":999999999999,"ratio":56.425000000000004,"quantity":3,"unit_amount":"0.1000","tax":null,"fee":"12"}"#,
    );
    assert_eq!(rate.quantity, Number::from(3));
    assert_eq!(rate.quantity.as_i64(), Some(3));
    assert_eq!(rate.ratio.to_bits(), 56.425000000000004_f64.to_bits());
    let rate: Rate = round_trip(
        r#"{"cents":-1,"ratio":0.5,"quantity":3.0,"unit_amount":"1","tax":null,"fee":null}"#,
    );
    assert_eq!(rate.quantity.as_i64(), None);
    assert_eq!(rate.serial, None);
    let rate = |fields: &str| {
        let json = format!(r#"{{"cents":2.0,{fields},"ratio":1,"quantity":1,"unit_amount":"1"}}"#);
        codec::from_str::<Rate>(&json).unwrap()
    };
    let whole = rate(r#""serial":18446744073709551615,"code":3.0,"serial_or_text":1e3"#);
    assert_eq!((whole.cents, whole.serial), (2, Some(u64::MAX)));
    assert_eq!(whole.code, Some(RateCode::Integer(3)));
    assert_eq!(whole.serial_or_text, Some(RateSerialOrText::Integer(1000)));
    let large = rate(r#""code":9223372036854775808,"serial_or_text":9223372036854775808"#);
    assert!(matches!(large.code, Some(RateCode::Unknown(_))));
    assert_eq!(
        large.serial_or_text,
        Some(RateSerialOrText::Integer(9_223_372_036_854_775_808))
    );
    let text = codec::to_string(&large);
    assert!(text.contains(r#""code":9223372036854775808,"serial_or_text":9223372036854775808"#));
    assert!(matches!(
        rate(r#""code":1.5"#).code,
        Some(RateCode::Unknown(_))
    ));
    for wrong in [r#""1""#, "1.5", "9223372036854775808"] {
        let json = format!(r#"{{"cents":{wrong},"ratio":1.0,"quantity":1,"unit_amount":"1"}}"#);
        assert_eq!(decode_error::<Rate>(&json).path(), "cents", "{wrong}");
    }
    assert_eq!(
        codec::to_string(
            &RateCreate::new(
                5,
                "0.05"
                    .parse::<polar_client_runtime::types::Decimal>()
                    .unwrap()
            )
            .ratio(0.25)
            .serial(u64::MAX)
        ),
        r#"{"cents":5,"unit_amount":"0.05","serial":18446744073709551615,"ratio":0.25}"#
    );
}

#[test]
fn dates_and_times_have_the_format_of_the_api() {
    use inputs::dates_and_times::models::{Meeting, MeetingCreate};

    let meeting: Meeting = round_trip(
        r#"{"id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","starts_at":"2026-11-21T18:22:49.476450Z","day":"2026-02-28","ended_at":null,"email":"a@b.c","url":"https://x"}"#,
    );
    assert_eq!(meeting.starts_at.timestamp_micros(), 1_795_285_369_476_450);
    assert_eq!(
        codec::to_string(&MeetingCreate::new(meeting.starts_at, meeting.day).room_id(meeting.id)),
        r#"{"starts_at":"2026-11-21T18:22:49.476450Z","day":"2026-02-28","room_id":"3c90c3cc-0d44-4b50-8888-8dd25736052a"}"#
    );
    for (field, json) in [
        (
            "id",
            r#"{"id":"x","starts_at":"2026-11-21T18:22:49Z","day":"2026-02-28","ended_at":null,"email":"","url":""}"#,
        ),
        (
            "day",
            r#"{"id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","starts_at":"2026-11-21T18:22:49Z","day":"2026-02-30","ended_at":null,"email":"","url":""}"#,
        ),
    ] {
        assert_eq!(decode_error::<Meeting>(json).path(), field);
    }
}

#[test]
fn secrets_are_sent_and_received_but_never_printed() {
    use inputs::secrets::models::{TokenCreate, TokenCreated};

    let create = TokenCreate::new("hunter2").pin("1234");
    assert_eq!(
        codec::to_string(&create),
        r#"{"passphrase":"hunter2","pin":"1234"}"#
    );
    let created: TokenCreated =
        round_trip(r#"{"id":"t","secret_value":"s3cret","hint":"h1nt","codes":["c0de"]}"#);
    assert_eq!(created.secret_value, "s3cret");
    let shown = format!("{create:?} {created:#?}");
    for secret in ["hunter2", "1234", "s3cret", "h1nt", "c0de"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("id: \"t\""), "{shown}");
}

#[test]
fn types_with_many_required_fields_are_built_by_name() {
    use inputs::many_required_fields::models::{FormCreate, FormReplace};

    let text = || "x".to_owned();
    let form = FormCreate {
        field_a: text(),
        field_b: text(),
        field_c: text(),
        field_d: text(),
        field_e: text(),
        field_f: text(),
        field_g: text(),
        count: None,
        note: None,
    };
    assert_eq!(
        codec::to_string(&form.note("n")),
        r#"{"field_a":"x","field_b":"x","field_c":"x","field_d":"x","field_e":"x","field_f":"x","field_g":"x","kind":"form","count":null,"note":"n"}"#
    );
    let seven = FormReplace::new("a", "b", "c", "d", "e", "f", "g");
    assert_eq!((seven.field_g.as_str(), seven.note), ("g", None));
}

#[test]
fn fields_with_reserved_names_keep_their_json_name() {
    use inputs::keywords::models::{Thing, ThingCreate};

    let thing: Thing = round_trip(
        r#"{"type":"t","self":"s","2fa":true,"sub":"u","_cost":1,"crate":"c","async":false,"Content-Type":"x","externalId":"e","match":"m"}"#,
    );
    assert_eq!((thing.r#type.as_str(), thing.self_.as_str()), ("t", "s"));
    assert_eq!(
        (thing._2fa, thing.cost, thing.crate_.as_str()),
        (true, 1, "c")
    );
    assert_eq!(
        codec::to_string(
            &ThingCreate::new("t", "s", false)
                .set_sub("u")
                .super_("p")
                .set_drop("d")
        ),
        r#"{"type":"t","self":"s","2fa":false,"sub":"u","drop":"d","super":"p"}"#
    );
}

#[test]
fn a_list_is_named_after_its_item() {
    use inputs::paging::models::{PriceCursorList, ProductList};

    let list: ProductList =
        round_trip(r#"{"items":[{"id":"a"}],"pagination":{"total_count":1,"max_page":1}}"#);
    assert_eq!(
        (list.items[0].id.as_str(), list.pagination.max_page),
        ("a", 1)
    );
    let list: PriceCursorList = round_trip(
        r#"{"items":[{"kind":"free"},{"kind":"fixed","amount":5}],"pagination":{"has_next_page":false}}"#,
    );
    assert_eq!(list.items[1].as_fixed().unwrap().amount, 5);
}

#[test]
fn items_can_be_looked_up_by_their_keys() {
    use inputs::lookups::models::{Rack, Shelf};

    let books = r#"[{"title":"a","number":1,"lent":false},{"title":"b","number":2,"lent":true},{"title":"b","number":3,"lent":true}]"#;
    let shelf: Shelf = round_trip(&format!(r#"{{"books":{books}}}"#));
    // If several items have this key, the first one is returned.
    assert_eq!(shelf.book("b"), shelf.books.get(1));
    assert_eq!(shelf.volume(3), shelf.books.get(2));
    assert_eq!(shelf.any_lent(true), shelf.books.get(1));
    assert_eq!(shelf.book("c"), None);
    for kind in ["open", "locked"] {
        let rack: Rack = round_trip(&format!(r#"{{"kind":"{kind}","books":{books}}}"#));
        assert_eq!(rack.book(2), rack.books().get(1));
        assert_eq!(rack.book(4), None);
    }
}
