//! Adds `use` items to an emitted file: exactly those that its tokens need. So emitters write short names, and need not
//! track what they use.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::group::{GroupModule, Parent};
use super::types::ident;
use crate::ir::Api;
use crate::names;
use crate::reserved::RUNTIME;

/// The items of the standard library that emitted files import, each with its module.
const STD: &[(&str, &str)] = &[("borrow", "Cow"), ("collections", "BTreeMap")];

/// The modules that a file may import names from.
pub(super) struct Scope<'a> {
    runtime: &'static [&'static str],
    models: Option<Models<'a>>,
    ids: Option<Ids>,
}

/// The module with the types of identifiers.
struct Ids {
    /// The number of `super::` at the beginning of the path to the module. `None` if the path is `crate::ids`.
    above: Option<usize>,
    names: BTreeSet<String>,
}

impl Ids {
    /// Returns the names for a file at a depth below the module of its version.
    fn below(group: GroupModule<'_>, depth: usize) -> Self {
        Self {
            above: match group.parent() {
                Parent::Crate(_) => None,
                Parent::None => Some(depth),
            },
            names: group.api().entities().map(names::id_type).collect(),
        }
    }

    fn path(&self) -> TokenStream {
        let above = std::iter::repeat_n(quote!(super), self.above.unwrap_or_default());
        match self.above {
            Some(_) => quote!(#(#above::)*ids),
            None => quote!(crate::ids),
        }
    }
}

struct Models<'a> {
    /// The number of `super::` at the beginning of the path.
    above: usize,
    location: Location,
    /// The names of models that the file itself does not define.
    names: BTreeSet<&'a str>,
}

/// The location of a file.
enum Location {
    /// In `models/`.
    InModels,
    /// Next to that folder, or deeper.
    Elsewhere,
}

impl Models<'_> {
    fn path(&self) -> TokenStream {
        let above = std::iter::repeat_n(quote!(super), self.above);
        let models = matches!(self.location, Location::Elsewhere).then(|| quote!(models));
        let segments = above.chain(models);
        quote!(#(#segments)::*)
    }
}

impl<'a> Scope<'a> {
    pub(super) fn root() -> Self {
        Self {
            runtime: &["", "client"],
            models: None,
            ids: None,
        }
    }

    pub(super) fn models(group: GroupModule<'a>, local: &BTreeSet<&str>) -> Self {
        let names = names(group.api())
            .filter(|name| !local.contains(name))
            .collect();
        Self {
            runtime: &["codec", "types"],
            models: Some(Models {
                above: 1,
                location: Location::InModels,
                names,
            }),
            ids: Some(Ids::below(group, 2)),
        }
    }

    pub(super) fn codec(group: GroupModule<'a>) -> Self {
        Self {
            runtime: &["codec"],
            models: Some(Models {
                above: 2,
                location: Location::Elsewhere,
                names: names(group.api()).collect(),
            }),
            ids: None,
        }
    }

    pub(super) fn webhooks(group: GroupModule<'a>) -> Self {
        Self {
            runtime: &["codec", "types"],
            models: Some(Models {
                above: 1,
                location: Location::Elsewhere,
                names: names(group.api()).collect(),
            }),
            ids: Some(Ids::below(group, 1)),
        }
    }

    /// Returns the scope of a service file, `depth` levels below the version. A service with children is a folder, so
    /// its file is one level deeper.
    pub(super) fn services(group: GroupModule<'a>, depth: usize) -> Self {
        Self {
            runtime: &["client", "flows", "types"],
            models: Some(Models {
                above: depth + 1,
                location: Location::Elsewhere,
                names: names(group.api()).collect(),
            }),
            ids: Some(Ids::below(group, depth + 1)),
        }
    }
}

fn names(api: &Api) -> impl Iterator<Item = &str> {
    api.types.iter().map(|def| def.name.rust.as_str())
}

/// Returns the file with its imports, which follow inner attributes and module declarations.
pub(super) fn add(file: TokenStream, scope: Scope<'_>) -> TokenStream {
    let mut mentioned = BTreeSet::new();
    collect(file.clone(), &mut mentioned);
    // A file does not import a model that has the name of a struct in the file: a service type may have such a name.
    let defined = defined(file.clone());
    let taken: BTreeSet<&str> = scope
        .models
        .iter()
        .flat_map(|models| &models.names)
        .copied()
        .filter(|name| mentioned.contains(*name) && !defined.contains(*name))
        .collect();
    let models = scope
        .models
        .as_ref()
        .filter(|_| !taken.is_empty())
        .map(|models| {
            let path = models.path();
            quote!(use #path::*;)
        });
    let ids = scope.ids.as_ref().map(|ids| {
        let names = ids.names.iter().map(String::as_str);
        imports(&ids.path(), names.filter(|name| mentioned.contains(*name)))
    });
    let runtime = RUNTIME
        .iter()
        .filter(|(module, _)| scope.runtime.contains(module))
        .map(|(module, names)| {
            let path = if module.is_empty() {
                quote!(polar_client_runtime)
            } else {
                let module = ident(module);
                quote!(polar_client_runtime::#module)
            };
            let names = names.iter().copied();
            let names = names.filter(|name| mentioned.contains(*name) && !taken.contains(name));
            imports(&path, names)
        });
    let std = STD
        .iter()
        .filter(|(_, name)| mentioned.contains(*name))
        .map(|(module, name)| {
            let (module, name) = (ident(module), ident(name));
            quote!(use std::#module::#name;)
        });
    let (head, body) = split(file);
    quote!(#head #models #ids #(#runtime)* #(#std)* #body)
}

/// Emits the `use` lines for names of one module.
fn imports<'n>(path: &TokenStream, names: impl Iterator<Item = &'n str>) -> TokenStream {
    let names: Vec<_> = names.map(ident).collect();
    let width: usize = names.iter().map(|name| name.to_string().len() + 2).sum();
    match names.as_slice() {
        [] => TokenStream::new(),
        [only] => quote!(use #path::#only;),
        // Formatters break longer lists differently.
        _ if width > 40 => quote!(#(use #path::#names;)*),
        _ => quote!(use #path::{#(#names),*};),
    }
}

/// Returns the structs that a file defines itself.
fn defined(file: TokenStream) -> BTreeSet<String> {
    let tokens: Vec<TokenTree> = file.into_iter().collect();
    let structs = tokens
        .windows(2)
        .filter(|pair| is_ident(pair.first(), "struct"));
    structs.map(|pair| pair[1].to_string()).collect()
}

/// Collects the names that may need an import: all identifiers except for those after `::` and the names of enum variants.
fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let before = |distance: usize| {
            index
                .checked_sub(distance)
                .and_then(|index| tokens.get(index))
        };
        match token {
            TokenTree::Ident(ident) if !(is_punct(before(1), ':') && is_punct(before(2), ':')) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) if is_ident(before(2), "enum") => {
                for variant in group.stream() {
                    if let TokenTree::Group(content) = variant {
                        collect(content.stream(), found);
                    }
                }
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_ident(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

/// Splits the inner attributes of a file from the rest.
fn split(file: TokenStream) -> (TokenStream, TokenStream) {
    let tokens: Vec<TokenTree> = file.into_iter().collect();
    let mut end = 0;
    while is_punct(tokens.get(end), '#') && is_punct(tokens.get(end + 1), '!') {
        end += 3;
    }
    let body = tokens[end.min(tokens.len())..].iter().cloned().collect();
    (
        tokens[..end.min(tokens.len())].iter().cloned().collect(),
        body,
    )
}
