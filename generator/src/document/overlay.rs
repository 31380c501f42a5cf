//! Applies corrections to a contract. The corrections are an OpenAPI Overlay 1.0 document: a list of *actions*, each of
//! which updates or removes the values at a JSONPath.
//!
//! An action without an effect on this contract is not an error, because it may be for another API version.
//! [`corrections`](super::corrections) checks the effects in all versions together.

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::corrections::{Applied, Effect};
use super::pointer::At;
use super::{MAX_DEPTH, Source, nested_deeper_than, yaml};
use crate::error::{Problem, Report};

/// Applies the overlay to the contract's tree, and returns the effect of each action. `contract` is the name of the
/// contract in messages.
pub(super) fn apply(
    overlay: Source<'_>,
    contract: &str,
    tree: &mut Value,
) -> Result<Vec<Applied>, Report> {
    let actions = read(overlay)?;
    let version = tree
        .pointer("/info/version")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for (index, action) in actions.into_iter().enumerate() {
        let effect = match action.concerns(version.as_deref()) {
            true => action.apply(tree),
            false => Ok(Effect::Excluded),
        };
        let (target, description) = (action.target.to_string(), action.description);
        match effect {
            Ok(effect) => all.push(Applied {
                pointer: action_at(index),
                target,
                description,
                effect,
            }),
            Err(message) => {
                let message = format!("{message} in {contract}: `{target}` ({description})");
                problems.push(Problem::new(overlay.name, action_at(index), message));
            }
        }
    }
    Report::check(problems)?;
    Ok(all)
}

/// Returns the versions in the `x-versions` of actions, each with its JSON pointer in the overlay.
pub(crate) fn named_versions(overlay: Source<'_>) -> Result<Vec<(String, String)>, Report> {
    let mut named = Vec::new();
    for (index, action) in read(overlay)?.into_iter().enumerate() {
        let versions = action.versions.into_iter().flatten();
        named.extend(versions.enumerate().map(|(entry, version)| {
            let pointer = format!("{}/x-versions/{entry}", action_at(index));
            (pointer, version)
        }));
    }
    Ok(named)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Overlay {
    overlay: String,
    #[serde(rename = "info")]
    _info: Info,
    actions: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    target: JsonPath,
    description: String,
    update: Option<Value>,
    #[serde(default)]
    remove: bool,
    /// The API versions that the action applies to; all of them by default.
    #[serde(rename = "x-versions")]
    versions: Option<Vec<String>>,
}

fn read(source: Source<'_>) -> Result<Vec<Action>, Report> {
    let problem = |at: String, message: String| Problem::new(source.name, at, message);
    let overlay = Overlay::deserialize(yaml::parse(source)?)
        .map_err(|error| problem(String::new(), error.to_string()))?;
    if !overlay.overlay.starts_with("1.0.") {
        let message = format!("expected overlay 1.0, found `{}`", overlay.overlay);
        return Err(problem("/overlay".to_owned(), message).into());
    }
    let mut problems = Vec::new();
    let mut actions = Vec::new();
    for (index, action) in overlay.actions.into_iter().enumerate() {
        match Action::deserialize(action) {
            Ok(action) if action.remove == action.update.is_some() => {
                let message = "expected either `update` or `remove: true`".to_owned();
                problems.push(problem(action_at(index), message));
            }
            Ok(action) => actions.push(action),
            Err(error) => problems.push(problem(action_at(index), error.to_string())),
        }
    }
    Report::check(problems)?;
    Ok(actions)
}

fn action_at(index: usize) -> String {
    At::Root.key("actions").index(index).to_string()
}

impl Action {
    fn concerns(&self, version: Option<&str>) -> bool {
        self.versions.as_ref().is_none_or(|versions| {
            version.is_some_and(|version| versions.iter().any(|one| one == version))
        })
    }

    fn apply(&self, tree: &mut Value) -> Result<Effect, String> {
        let targets: Vec<String> = self
            .target
            .query_located(tree)
            .locations()
            .map(|location| location.to_json_pointer())
            .collect();
        if targets.is_empty() {
            return Ok(Effect::Unmatched);
        }
        let Some(update) = &self.update else {
            // In reverse order, so that the indices of earlier targets stay valid.
            for target in targets.iter().rev() {
                remove(tree, target);
            }
            return Ok(Effect::Changed);
        };
        let mut changed = false;
        for target in &targets {
            let above = target.matches('/').count();
            let levels = MAX_DEPTH.saturating_sub(above);
            if nested_deeper_than(update, &At::Root, levels).is_some() {
                return Err(format!("nests more than {MAX_DEPTH} levels"));
            }
            changed |= match tree.pointer_mut(target) {
                Some(Value::Array(items)) => append(items, update),
                Some(node @ Value::Object(_)) if update.is_object() => merge(node, update),
                _ => {
                    let message = "`update` needs a target that is an object or an array";
                    return Err(message.to_owned());
                }
            };
        }
        Ok(match changed {
            true => Effect::Changed,
            false => Effect::Unchanged,
        })
    }
}

/// Removes the value at the JSON pointer, and keeps the order of the others.
fn remove(tree: &mut Value, target: &str) {
    let Some((parent, last)) = target.rsplit_once('/') else {
        *tree = Value::Null;
        return;
    };
    match tree.pointer_mut(parent) {
        Some(Value::Object(entries)) => {
            entries.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// Merges `update` into the node by the rules of Overlay 1.0: objects are merged by key, items are appended to arrays, and
/// any other value is replaced. Returns whether the node changed.
fn merge(node: &mut Value, update: &Value) -> bool {
    match (node, update) {
        (Value::Object(entries), Value::Object(updates)) => merge_entries(entries, updates),
        (Value::Array(items), Value::Array(updates)) => {
            let count = items.len();
            for update in updates {
                append(items, update);
            }
            items.len() > count
        }
        (node, update) if node == update => false,
        (node, update) => {
            *node = update.clone();
            true
        }
    }
}

fn merge_entries(entries: &mut Map<String, Value>, updates: &Map<String, Value>) -> bool {
    let mut changed = false;
    for (key, update) in updates {
        changed |= match entries.get_mut(key) {
            Some(entry) => merge(entry, update),
            None => {
                entries.insert(key.clone(), update.clone());
                true
            }
        };
    }
    changed
}

/// Appends an item, unless the array already contains it. Returns whether it was appended.
fn append(items: &mut Vec<Value>, item: &Value) -> bool {
    let new = !items.contains(item);
    if new {
        items.push(item.clone());
    }
    new
}
