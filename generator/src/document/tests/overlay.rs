//! Tests of corrections.

use serde_json::{Value, json};

use super::super::{Applied, Correction, Effect, Source, load, overlay};
use super::{FILE, document};
use crate::error::Report;

const OVERLAY: &str = "spec/overlay.yaml";

/// Applies these actions, which are YAML flow mappings, and returns the tree.
fn corrected(mut tree: Value, actions: &[&str]) -> Result<Value, Report> {
    let text = overlay_of(actions);
    overlay::apply(
        Source {
            name: OVERLAY,
            text: &text,
        },
        FILE,
        &mut tree,
    )?;
    Ok(tree)
}

fn overlay_of(actions: &[&str]) -> String {
    let actions: String = actions
        .iter()
        .map(|action| format!("- {action}\n"))
        .collect();
    format!("overlay: 1.0.0\ninfo: {{title: T, version: 1.0.0}}\nactions:\n{actions}")
}

/// Returns the pointer and message of the only problem of these actions.
fn problem(tree: Value, actions: &[&str]) -> (String, String) {
    let report = corrected(tree, actions).unwrap_err();
    let [problem] = report.problems() else {
        unreachable!("expected one problem, found {report}");
    };
    assert_eq!(problem.file, OVERLAY);
    (problem.pointer.clone(), problem.message.clone())
}

#[test]
fn updates_merge_objects_append_to_arrays_and_replace_the_rest() {
    let tree = json!({"a": {"b": 1, "c": {"d": 2}, "e": [1]}, "f": [{"g": 1}]});
    let actions = [
        "{target: $.a, description: merge, update: {b: 3, c: {x: 4}, e: [1, 2], n: {m: 5}}}",
        "{target: $.f, description: append, update: {g: 2}}",
    ];
    assert_eq!(
        corrected(tree, &actions).unwrap(),
        json!({
            "a": {"b": 3, "c": {"d": 2, "x": 4}, "e": [1, 2], "n": {"m": 5}},
            "f": [{"g": 1}, {"g": 2}],
        })
    );
}

#[test]
fn removal_keeps_the_order_of_the_rest() {
    let tree = json!({"z": 1, "a/b": 2, "y": 3, "x": [0, 1, 2, 3, 4]});
    let actions = [
        "{target: \"$['a/b']\", description: d, remove: true}",
        "{target: '$.x[?@ < 3]', description: d, remove: true}",
    ];
    assert_eq!(
        corrected(tree, &actions).unwrap().to_string(),
        r#"{"z":1,"y":3,"x":[3,4]}"#
    );
}

#[test]
fn actions_are_applied_in_order_to_every_match() {
    let tree = json!({"a": {"t": 1}, "b": {"t": 1}, "c": {"t": 2}});
    let actions = [
        "{target: '$[?@.t == 1]', description: d, update: {t: 2}}",
        "{target: '$[?@.t == 2]', description: d, update: {u: 3}}",
    ];
    assert_eq!(
        corrected(tree, &actions).unwrap(),
        json!({"a": {"t": 2, "u": 3}, "b": {"t": 2, "u": 3}, "c": {"t": 2, "u": 3}})
    );
}

#[test]
fn each_effect_of_an_action_is_reported() {
    for (action, effect) in [
        ("target: $.a, update: {y: 1}", Effect::Changed),
        ("target: $.a.x, remove: true", Effect::Changed),
        ("target: $.a, update: {x: 1}", Effect::Unchanged),
        ("target: $.a, update: {l: [1]}", Effect::Unchanged),
        ("target: $.a, update: {}", Effect::Unchanged),
        ("target: $.b, update: {x: 1}", Effect::Unmatched),
        ("target: $.b, remove: true", Effect::Unmatched),
        (
            "target: $.a, update: {y: 1}, x-versions: [2026-04]",
            Effect::Excluded,
        ),
    ] {
        let mut tree = json!({"a": {"x": 1, "l": [1, 2]}});
        let before = tree.clone();
        let text = overlay_of(&[&format!("{{description: why, {action}}}")]);
        let overlay = Source {
            name: OVERLAY,
            text: &text,
        };
        let applied = overlay::apply(overlay, FILE, &mut tree).unwrap();
        assert_eq!(applied[0].effect, effect, "{action}");
        assert_eq!(tree != before, effect == Effect::Changed, "{action}");
    }
}

#[test]
fn an_action_is_obsolete_when_it_changes_no_version() {
    use Effect::{Changed, Excluded, Unchanged, Unmatched};
    for (effects, expected) in [
        ([Unmatched, Changed], None),
        ([Unchanged, Changed], None),
        ([Excluded, Changed], None),
        ([Unmatched, Unchanged], Some("changes nothing")),
        ([Unmatched, Unmatched], Some("matches nothing")),
        ([Excluded, Unmatched], Some("matches nothing")),
    ] {
        let applied = effects.map(|effect| {
            let action = |index, effect| Applied {
                pointer: format!("/actions/{index}"),
                target: "$.a".to_owned(),
                description: "why".to_owned(),
                effect,
            };
            [action(0, Changed), action(1, effect), action(2, effect)]
        });
        let versions = [("2026-10", &applied[0][..]), ("2027-01", &applied[1][..])];
        let corrections = Correction::of_all(OVERLAY, versions.into_iter());
        let messages = Correction::check(&corrections).map_err(|report| report.to_string());
        let Some(what) = expected else {
            assert_eq!(messages, Ok(()), "{effects:?}");
            continue;
        };
        let line =
            |index| format!("{OVERLAY}#/actions/{index}: {what} in any version: `$.a` (why)\n");
        assert_eq!(
            messages.unwrap_err(),
            format!("{}{}2 problems", line(1), line(2)),
            "{effects:?}"
        );
    }
}

#[test]
fn actions_may_concern_some_versions_only() {
    let tree = json!({"info": {"version": "2026-10"}, "a": {}});
    let actions = [
        "{target: $.missing, description: d, remove: true, x-versions: [2026-04, 2027-01]}",
        "{target: $.a, description: d, update: {x: 1}, x-versions: [2026-10]}",
    ];
    let corrected = corrected(tree, &actions).unwrap();
    assert_eq!(corrected["a"], json!({"x": 1}));
}

#[test]
fn a_target_that_cannot_be_updated_is_a_problem() {
    let (_, message) = problem(
        json!({"a": 1}),
        &["{target: $.a, description: why, update: 2}"],
    );
    assert!(message.starts_with("`update` needs a target"), "{message}");
}

#[test]
fn malformed_overlays_are_rejected() {
    for (action, part) in [
        (
            "{target: $.a, description: d}",
            "either `update` or `remove: true`",
        ),
        (
            "{target: $.a, description: d, update: {}, remove: true}",
            "either `update` or `remove: true`",
        ),
        ("{target: $.a, update: {}}", "missing field `description`"),
        (
            "{target: $.a, description: d, update: {}, note: n}",
            "unknown field `note`",
        ),
        ("{target: 'a b', description: d, remove: true}", ""),
    ] {
        let (pointer, message) = problem(json!({"a": {}}), &[action]);
        assert_eq!(pointer, "/actions/0", "{action}");
        assert!(message.contains(part), "{action}: {message}");
    }
    let text = overlay_of(&["{}"]).replacen("1.0.0", "2.0.0", 1);
    let report = overlay::apply(
        Source {
            name: OVERLAY,
            text: &text,
        },
        FILE,
        &mut json!({}),
    );
    assert_eq!(
        report.unwrap_err().to_string(),
        "spec/overlay.yaml#/overlay: expected overlay 1.0, found `2.0.0`\n1 problem"
    );
}

#[test]
fn a_correction_reaches_the_document() {
    let overlay =
        overlay_of(&["{target: $.components.schemas.X, description: d, update: {x-secret: true}}"]);
    let contract = document("X: {type: string}");
    let contract = Source {
        name: FILE,
        text: &contract,
    };
    let document = load(
        contract,
        Some(Source {
            name: OVERLAY,
            text: &overlay,
        }),
    )
    .unwrap();
    let (_, schema) = document.schema("#/components/schemas/X").unwrap();
    assert!(super::super::SchemaDataExt::is_secret(&schema.schema_data));
}
