//! Less common schemas: open objects, nullable components, read-only and write-only fields, tuples of any length.

use polar_client_runtime::codec::{self, Violations};
use polar_client_runtime::types::{Clear, JsonValue, Patch};
use polar_tests::{Recorder, inputs};
use serde_json::json;

use super::requests::{client, line, only, run};
use super::{decode_error, round_trip};

fn text<T: codec::Encode>(value: &T) -> String {
    codec::to_string(value)
}

#[test]
fn open_objects_keep_additional_entries() {
    use inputs::open_objects::models::{Labels, Rated, Thing, ThingCreate};

    let thing: Thing = round_trip(r#"{"b":"x","k":[1],"l":null}"#);
    assert_eq!(thing.additional["k"], json!([1]));
    assert_eq!(thing.additional["l"], JsonValue::Null);
    let rated: Rated = round_trip(r#"{"id":"r","x":1,"y":null}"#);
    assert_eq!(rated.additional["x"], Some(1));
    assert_eq!(rated.additional["y"], None);
    round_trip::<Labels>(r#"{"id":"r","deep":{"a":[{}]}}"#);
    let create = ThingCreate::new("x").additional([("k", json!(true))]);
    assert_eq!(text(&create), r#"{"b":"x","k":true}"#);
    assert!(
        decode_error::<Rated>(r#"{"id":"r","x":"no"}"#)
            .to_string()
            .contains('x')
    );
}

const NOTE: &str = r#"{"text":null,"when":null,"author":null,"color":null,"place":null,"tags":null,"labels":null,"authors":[null,{"name":"n"}],"editor":null,"nothing":null"#;

#[test]
fn null_of_a_component_is_null_wherever_it_is_referred_to() {
    use inputs::nullable_components::models::{MaybeColor, MaybePlace, Note};

    let note: Note = round_trip(&format!("{NOTE}}}"));
    assert_eq!(note.text, None);
    assert_eq!(note.tags, None);
    assert_eq!(note.authors.len(), 2);
    assert_eq!(note.editor, None);
    let full = json!({
        "text": "t", "when": "2026-01-31T00:00:00Z", "author": {"name": "a"}, "color": "red",
        "place": {"street": "s"}, "tags": ["t"], "labels": {"l": "v"}, "authors": [], "editor": {"name": "e"},
        "nothing": null, "background": "blue", "either": {"name": "a"}, "room": "r", "size": 7,
    });
    let note: Note = codec::from_str(&full.to_string()).unwrap();
    assert_eq!(note.color, Some(MaybeColor::Red));
    assert!(matches!(note.place, Some(MaybePlace::Street(_))));
    let written: JsonValue = serde_json::from_str(&text(&note)).unwrap();
    assert_eq!(written, full);
    // Null is an error where the schema is not nullable.
    let broken = NOTE.replace(r#""name":"n""#, r#""name":null"#);
    let error = decode_error::<Note>(&format!("{broken}}}"));
    assert!(error.to_string().contains("name"), "{error}");
}

#[test]
fn a_nullable_component_that_is_a_whole_response_is_an_option() {
    let recorder = Recorder::new(200, "null");
    let note = run(client!(nullable_components, recorder).notes().get()).unwrap();
    assert_eq!(note, None);
}

#[test]
fn annotations_of_a_component_apply_to_its_references() {
    use inputs::nullable_components::models::Note;

    let mut note: Note = codec::from_str(&format!("{NOTE}}}")).unwrap();
    note.title = Some("ab".to_owned());
    note.key = Some("sesame".to_owned());
    note.keys = Some(vec!["sesame".to_owned()]);
    note.size = Some(11);
    let found: Violations = codec::validate(&note).unwrap_err();
    let found = found.to_string();
    for field in ["title", "key", "keys", "size"] {
        assert!(found.contains(field), "{field}: {found}");
    }
    let shown = format!("{note:?}");
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn lists_that_are_not_exploded_are_joined_by_commas() {
    let recorder = Recorder::new(200, r#"{"id":"a"}"#);
    let polar = client!(joined_parameters, recorder);
    run(polar.things().list(vec!["a".to_owned(), "b".to_owned()])).unwrap();
    assert_eq!(line(&recorder), "GET /v1/things/?tags=a,b");
    let request = polar.things().list(["a,b".to_owned(), "c d".to_owned()]);
    run(request.sizes([1, 2]).name("x,y")).unwrap();
    assert_eq!(
        line(&recorder),
        "GET /v1/things/?tags=a%2Cb,c+d&sizes=1,2&name=x%2Cy"
    );
    run(polar.things().list(Vec::<String>::new()).sizes(7)).unwrap();
    assert_eq!(line(&recorder), "GET /v1/things/?sizes=7");
}

#[test]
fn tuples_of_any_length_are_lists() {
    use inputs::open_tuples::models::{Row, RowShorterItem};

    let row = r#"{"further":["a",1,true,false],"shorter":["x"],"closed":["c",2],"same":[1,2,3],"single":["s"],"anything":["q",1,{"z":null}],"secret":["k","sesame"]}"#;
    let row: Row = round_trip(row);
    assert_eq!(row.shorter, [RowShorterItem::String("x".to_owned())]);
    assert_eq!(row.closed, ("c".to_owned(), 2));
    assert_eq!(row.same, [1, 2, 3]);
    assert_eq!(row.anything[2], json!({"z": null}));
    assert!(!format!("{row:?}").contains("sesame"), "{row:?}");
    let empty = r#"{"further":[],"shorter":[],"closed":["c",2],"same":[],"single":[],"anything":[],"secret":["",""]}"#;
    assert!(codec::validate(&codec::from_str::<Row>(empty).unwrap()).is_err());
}

#[test]
fn read_only_fields_are_not_sent_and_write_only_ones_not_received() {
    use inputs::directions::models::{KeyInput, Login, Name, Session, User, UserInput};

    let user = UserInput::new("sesame", [KeyInput::new("k")], Name::new("Ada"));
    assert_eq!(
        text(&user),
        r#"{"password":"sesame","keys":[{"label":"k"}],"name":{"first":"Ada"}}"#
    );
    assert!(!format!("{user:?}").contains("sesame"), "{user:?}");
    let user: User = round_trip(
        r#"{"id":"u","created_at":"2026-01-31T00:00:00Z","keys":[{"id":"i","label":"k","manager":null}],"name":{"first":"Ada"}}"#,
    );
    assert_eq!(user.keys[0].manager, None);
    assert_eq!(text(&Login::new("c")), r#"{"code":"c"}"#);
    round_trip::<Session>(r#"{"id":"s"}"#);

    let recorder = Recorder::new(200, r#"{"id":"s"}"#);
    run(client!(directions, recorder)
        .logins()
        .create(Login::new("c")))
    .unwrap();
    assert_eq!(only(&recorder).body, r#"{"code":"c"}"#);
}

#[test]
fn updates_by_a_received_type_distinguish_keep_clear_and_set() {
    use inputs::patch_shared_type::models::{
        AddressInput, BadgeInput, RobotInput, Team, TeamInput, UserUpdate,
    };

    let team = TeamInput::new("t");
    assert_eq!(text(&team), r#"{"id":"t"}"#);
    let team = team
        .name(Clear)
        .is_open(false)
        .badge(BadgeInput::new().icon(Clear).color("red"))
        .owner(RobotInput::new().maker(Clear));
    assert_eq!(
        text(&team),
        r#"{"id":"t","name":null,"is_open":false,"badge":{"icon":null,"color":"red"},"owner":{"type":"robot","maker":null}}"#
    );
    assert_eq!(team.is_open, Patch::Set(false));
    let update = UserUpdate::new().address(AddressInput::new("c").street(Clear));
    assert_eq!(text(&update), r#"{"address":{"city":"c","street":null}}"#);
    let team: Team = codec::from_str(r#"{"id":"t","name":"n","plan":{"code":"c"}}"#).unwrap();
    assert_eq!(team.name.as_deref(), Some("n"));
    assert_eq!(team.is_open, None);
}

#[test]
fn several_success_statuses_may_share_one_type() {
    use inputs::equal_successes::models::Thing;

    for status in [200, 201] {
        let recorder = Recorder::new(status, r#"{"id":"a"}"#);
        let thing = run(client!(equal_successes, recorder)
            .things()
            .create(Thing::new("a")))
        .unwrap();
        assert_eq!(thing.id, "a");
    }
    let recorder = Recorder::new(202, "");
    let polar = client!(equal_successes, recorder);
    let thing = run(polar.things().replace(Thing::new("a"))).unwrap();
    assert_eq!(thing, None);
    run(polar.things().delete()).unwrap();
}
