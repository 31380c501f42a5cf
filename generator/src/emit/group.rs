//! Version groups as modules of the crate: what a module contains, its name, and in which other module an element is.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::types::ident;
use crate::ir::{Api, TypeDef, Webhook};
use crate::names;
use crate::share::{Key, Plan, VersionGroup};
use crate::versions::Versions;

/// The APIs of all versions, oldest first, and the version groups of their elements.
#[derive(Clone, Copy)]
pub(crate) struct Layout<'a> {
    pub(crate) apis: &'a [&'a Api],
    pub(crate) plan: &'a Plan,
    /// The parent of the emitted modules.
    pub(crate) parent: Parent<'a>,
}

/// The parent of the emitted modules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent<'a> {
    /// The crate root, next to the modules of other versions.
    Crate(&'a Versions),
    /// None: a single version is emitted on its own.
    None,
}

impl<'a> Layout<'a> {
    /// Returns the version groups, those with more versions first.
    pub(crate) fn groups(self) -> impl Iterator<Item = GroupModule<'a>> {
        let groups = self.plan.groups.iter();
        groups.map(move |group| GroupModule {
            layout: self,
            group,
        })
    }
}

/// A version group with everything that is needed to emit its module.
#[derive(Clone, Copy)]
pub(crate) struct GroupModule<'a> {
    layout: Layout<'a>,
    group: &'a VersionGroup,
}

impl<'a> GroupModule<'a> {
    /// Returns the API of the newest version of the group. Equal elements may differ in documentation and in the order of
    /// fields; those of the newest version are emitted.
    pub(crate) fn api(self) -> &'a Api {
        self.layout.apis[self.group.newest()]
    }

    /// Returns the APIs of all versions of the crate, oldest first.
    pub(super) fn apis(self) -> &'a [&'a Api] {
        self.layout.apis
    }

    /// Returns whether the group consists of a single version. Only groups of a single version have a public module.
    pub(super) fn is_version(self) -> bool {
        self.group.versions.len() == 1
    }

    /// Returns the versions of the group, oldest first.
    pub(crate) fn versions(self) -> impl Iterator<Item = &'a str> {
        let versions = self.group.versions.iter();
        versions.map(move |version| self.layout.apis[*version].version.as_str())
    }

    /// Returns the versions of the crate that are not in the group.
    pub(super) fn other_versions(self) -> impl Iterator<Item = &'a str> {
        let apis = self.layout.apis.iter().enumerate();
        let others = apis.filter(move |(version, _)| !self.group.versions.contains(version));
        others.map(|(_, api)| api.version.as_str())
    }

    pub(super) fn parent(self) -> Parent<'a> {
        self.layout.parent
    }

    /// Returns the name of the module: `v2026_10`, `v2026_10_and_v2027_01`, or `common` for all versions.
    pub(crate) fn module(self) -> String {
        let all = self.layout.apis.len();
        if all > 1 && self.group.versions.len() == all {
            return "common".to_owned();
        }
        let modules: Vec<String> = self.versions().map(names::version_module).collect();
        modules.join("_and_")
    }

    /// Returns the elements of the group.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'a Key> {
        self.group.keys.iter()
    }

    /// Returns whether the element belongs to the group.
    pub(super) fn holds(self, key: &Key) -> bool {
        self.group.keys.contains(key)
    }

    pub(super) fn holds_type(self, def: &TypeDef) -> bool {
        self.holds(&Key::Type(def.name.rust.clone()))
    }

    /// Returns the types of the group.
    pub(super) fn types(self) -> impl Iterator<Item = &'a TypeDef> {
        let types = self.api().types.iter();
        types.filter(move |def| self.holds_type(def))
    }

    /// Returns the other groups that contain all versions of this one, those with more versions first. Elements of this
    /// group may refer to theirs.
    pub(super) fn covering(self) -> impl Iterator<Item = GroupModule<'a>> {
        let groups = self.layout.groups();
        groups.filter(move |other| other.group != self.group && other.group.covers(self.group))
    }

    /// Returns the other group that an element belongs to. `None` if it belongs to this group.
    pub(super) fn elsewhere(self, key: &Key) -> Option<GroupModule<'a>> {
        match self.holds(key) {
            true => None,
            false => self.covering().find(|group| group.holds(key)),
        }
    }

    /// Returns whether another version has the same event with the same Rust type as payload. Its deliveries then decode
    /// as events of this group's version.
    pub(super) fn shares_event(self, webhook: &Webhook, version: &str) -> bool {
        let payload = &self.api().def(webhook.payload).name.rust;
        let key = Key::Type(payload.clone());
        let group = self.elsewhere(&key).unwrap_or(self);
        let mut apis = self.layout.apis.iter();
        let Some(other) = apis.find(|api| api.version == version) else {
            return false;
        };
        let mut events = other.webhooks.iter();
        group.versions().any(|other| other == version)
            && events.any(|event| {
                event.name.wire == webhook.name.wire
                    && other.def(event.payload).name.rust == *payload
            })
    }

    /// Returns the path of the module from anywhere in the crate.
    pub(super) fn path(self) -> TokenStream {
        let module = ident(&self.module());
        quote!(crate::#module)
    }

    /// Returns the condition for compiling the module: one of its versions is enabled.
    pub(super) fn condition(self) -> TokenStream {
        let features: Vec<String> = self.versions().map(names::version_feature).collect();
        match features.as_slice() {
            [feature] => quote!(feature = #feature),
            _ => quote!(any(#(feature = #features),*)),
        }
    }

    /// Returns the name of the module as an identifier.
    pub(super) fn ident(self) -> Ident {
        ident(&self.module())
    }
}
