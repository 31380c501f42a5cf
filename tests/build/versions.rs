//! Generates code for all versions in `spec/versions.yaml`, so that no test names a version.
//!
//! `OUT_DIR/versions.rs` contains the list of versions and a macro that calls another macro for each of them.
//! `OUT_DIR/identity.rs` compiles only if a type that versions share is a single Rust type. `OUT_DIR/misuse.md`
//! contains doctests of types that are not shared.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use polar_codegen::ir::Api;
use polar_codegen::names::version_module;
use polar_codegen::share::{Key, Plan, VersionGroup, share};
use polar_codegen::versions::Versions;

use super::Result;

pub(super) fn generate(listed: &Versions, apis: &[Api], out: &Path) -> Result<()> {
    let plan = share(&apis.iter().collect::<Vec<_>>());
    fs::write(out.join("versions.rs"), list(listed, apis, &plan)?)?;
    fs::write(out.join("identity.rs"), identity(apis, &plan)?)?;
    fs::write(out.join("misuse.md"), misuse(apis, &plan)?)?;
    Ok(())
}

fn list(listed: &Versions, apis: &[Api], plan: &Plan) -> Result<String> {
    let mut text = String::new();
    let versions: Vec<&str> = apis.iter().map(|api| api.version.as_str()).collect();
    writeln!(
        text,
        "/// All versions, oldest first.\npub const ALL: &[&str] = &{versions:?};"
    )?;
    writeln!(
        text,
        "/// Events whose payload is another type in a version than in the default one: the type of the event, and the \
         version.\npub const OTHER_PAYLOADS: &[(&str, &str)] = &{:?};",
        other_payloads(listed, apis, plan)
    )?;
    writeln!(
        text,
        "/// Calls a macro for each version, with its module and the version, and then the arguments.\n\
         #[macro_export]\nmacro_rules! each_version {{\n($apply:ident($($argument:tt)*)) => {{"
    )?;
    for version in versions {
        writeln!(
            text,
            "$apply! {{ {} {version:?} $($argument)* }}",
            version_module(version)
        )?;
    }
    writeln!(text, "}};\n}}")?;
    Ok(text)
}

fn other_payloads<'a>(listed: &Versions, apis: &'a [Api], plan: &Plan) -> Vec<(&'a str, &'a str)> {
    let is_default = |(_, api): &(usize, &Api)| api.version == listed.default_version();
    let Some((default, own)) = apis.iter().enumerate().find(is_default) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (other, api) in apis.iter().enumerate() {
        for event in &api.webhooks {
            let payload = &api.def(event.payload).name.rust;
            let key = Key::Type(payload.clone());
            let is_shared = |group: &VersionGroup| {
                group.keys.contains(&key)
                    && group.versions.contains(&default)
                    && group.versions.contains(&other)
            };
            let counterpart = own
                .webhooks
                .iter()
                .find(|it| it.name.wire == event.name.wire);
            let differs =
                |it| own.def(it).name.rust != *payload || !plan.groups.iter().any(is_shared);
            if counterpart.is_some_and(|it| differs(it.payload)) {
                found.push((event.name.wire.as_str(), api.version.as_str()));
            }
        }
    }
    found
}

fn identity(apis: &[Api], plan: &Plan) -> Result<String> {
    let mut text = String::new();
    for group in &plan.groups {
        let modules: Vec<String> = modules(apis, group);
        for pair in modules.windows(2) {
            for path in group.keys.iter().filter_map(path) {
                let [a, b] =
                    [&pair[0], &pair[1]].map(|module| format!("polar_client::{module}::{path}"));
                writeln!(text, "const _: fn({a}) -> {b} = |value| value;")?;
            }
        }
    }
    Ok(text)
}

fn modules(apis: &[Api], group: &VersionGroup) -> Vec<String> {
    let versions = group.versions.iter();
    versions
        .map(|version| version_module(&apis[*version].version))
        .collect()
}

/// Returns the path of a type, relative to the module of its version; `None` for other elements.
fn path(key: &Key) -> Option<String> {
    match key {
        Key::Type(name) => Some(format!("models::{name}")),
        Key::ErrorCodes => Some("ErrorCode".to_owned()),
        Key::Events => Some("webhooks::Event".to_owned()),
        Key::Operation(_) | Key::Service(_) | Key::Servers => None,
    }
}

/// Returns doctests: for each version and the previous one, a type that differs between them cannot be converted.
fn misuse(apis: &[Api], plan: &Plan) -> Result<String> {
    let mut text = String::new();
    let types = |version: usize| -> BTreeSet<&Key> {
        let groups = plan.groups.iter();
        let own = groups.filter(|group| group.versions.contains(&version));
        let keys = own.flat_map(|group| &group.keys);
        keys.filter(|key| matches!(key, Key::Type(_))).collect()
    };
    for later in 1..apis.len() {
        let versions = [later - 1, later];
        let (before, after) = (types(versions[0]), types(versions[1]));
        let is_shared = |key: &Key| {
            plan.groups.iter().any(|group| {
                group.keys.contains(key) && versions.iter().all(|it| group.versions.contains(it))
            })
        };
        let mut both = before.intersection(&after);
        let Some(path) = both.find(|key| !is_shared(key)).and_then(|key| path(key)) else {
            continue;
        };
        let [a, b] = versions.map(|version| version_module(&apis[version].version));
        writeln!(
            text,
            "```compile_fail,E0308\nfn next(value: polar_client::{a}::{path}) -> polar_client::{b}::{path} {{ value }}\n```"
        )?;
    }
    Ok(text)
}
