//! Phase 5, emit: converts the IR to token streams, one for each file.
//!
//! The files of a version group are emitted by [`roots`] (`mod.rs`, `server.rs`, `error_code.rs`), [`models`] (`models/`
//! and `codec/`), [`services`], [`webhooks`], [`pages`] and [`schemas`]; the files of the crate by [`package`], [`guide`]
//! and [`ids`]. They share [`docs`] (doc comments), [`types`] (Rust types), [`imports`] (`use` items) and [`group`] (what
//! a version group contains).
//!
//! All decisions about the API are made in [`crate::lower`]. This phase only chooses their Rust form.

mod docs;
mod group;
mod guide;
mod ids;
mod imports;

mod models;
mod package;
mod pages;
mod roots;
mod schemas;
mod services;
mod types;
mod webhooks;

use std::collections::BTreeMap;

use proc_macro2::TokenStream;

use crate::share::Key;
use imports::Scope;
use roots::{several_versions, version};

pub(crate) use group::{GroupModule, Layout, Parent};
pub(crate) use models::{is_literal, shared_fields};
pub(crate) use package::crate_files;

/// A file that is emitted when [`emit`](Self::emit) is called. Token streams cannot be sent between threads, but a `File`
/// can, so that files are emitted in parallel.
pub(crate) struct File<'a> {
    /// The path relative to the folder of the version group.
    pub(crate) path: String,
    emit: Box<dyn FnOnce() -> TokenStream + Send + 'a>,
}

impl<'a> File<'a> {
    fn new(
        path: impl Into<String>,
        scope: Scope<'a>,
        emit: impl FnOnce() -> TokenStream + Send + 'a,
    ) -> Self {
        Self {
            path: path.into(),
            emit: Box::new(move || imports::add(emit(), scope)),
        }
    }

    pub(crate) fn emit(self) -> TokenStream {
        (self.emit)()
    }
}

/// Returns the Rust files of a version group.
pub(crate) fn files(group: GroupModule<'_>) -> Vec<File<'_>> {
    let api = group.api();
    let mut files = vec![match group.is_version() {
        true => File::new("mod.rs", Scope::root(), move || version::root(group)),
        false => File::new("mod.rs", Scope::root(), move || {
            several_versions::root(group)
        }),
    }];
    if group.holds(&Key::Servers) {
        let servers = move || version::servers(api);
        files.push(File::new("server.rs", Scope::root(), servers));
    }
    if group.holds(&Key::ErrorCodes) {
        let error_code = move || version::error_code(api);
        files.push(File::new("error_code.rs", Scope::root(), error_code));
    }
    if group.parent() == Parent::None && ids::is_needed(&[api]) {
        let ids = move || ids::file(&[api]);
        files.push(File::new("ids.rs", Scope::root(), ids));
    }
    if pages::is_needed(group) {
        let file = move || pages::file(group);
        files.push(File::new("pages.rs", Scope::services(group, 0), file));
    }
    if group.holds(&Key::Events) {
        let events = move || webhooks::file(group);
        files.push(File::new("webhooks.rs", Scope::webhooks(group), events));
    }
    if schemas::is_needed(group) {
        let schemas = move || schemas::file(group);
        files.push(File::new("schemas.rs", Scope::root(), schemas));
    }
    models::add_files(group, &mut files);
    services::add_files(group, &mut files);
    files
}

/// Returns the files of a version group that are not Rust source: text by path relative to its folder.
pub(crate) fn data(group: GroupModule<'_>) -> BTreeMap<String, String> {
    let schemas =
        schemas::is_needed(group).then(|| (schemas::FILE.to_owned(), schemas::table(group)));
    schemas.into_iter().collect()
}
