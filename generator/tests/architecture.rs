//! Checks the tables of layers in ARCHITECTURE.md: a folder imports only what its row permits, and no folder has cyclic
//! imports.
//!
//! Imports are read from the source: every path that starts with `crate` or `super`, in `use` items and elsewhere. If a
//! module re-exports an item of a child, importing that item counts as an import of the child.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The path of a module from the root of the crate. The path of the root is empty.
type Module = Vec<String>;

#[test]
fn folders_import_only_what_architecture_md_allows() -> Outcome<()> {
    for name in ["generator", "runtime"] {
        let layers = layers(name)?;
        let source = Source::read(name)?;
        let mut found = BTreeSet::new();
        for (from, to) in source.imports() {
            if let (Some(from), Some(to)) = (from.first(), to.first())
                && from != to
            {
                found.insert((from.clone(), to.clone()));
            }
        }
        for module in source.modules().filter(|module| module.len() == 1) {
            assert!(
                layers.contains_key(&module[0]),
                "ARCHITECTURE.md has no line for {name}/src/{}",
                module[0]
            );
        }
        let forbidden: Vec<_> = found
            .iter()
            .filter(|(from, to)| !layers.get(from).is_some_and(|allowed| allowed.contains(to)))
            .collect();
        assert!(
            forbidden.is_empty(),
            "{name}: imports that ARCHITECTURE.md does not allow: {forbidden:?}"
        );
        let needless: Vec<_> = layers
            .iter()
            .flat_map(|(from, allowed)| allowed.iter().map(move |to| (from.clone(), to.clone())))
            .filter(|pair| !found.contains(pair))
            .collect();
        assert!(
            needless.is_empty(),
            "{name}: ARCHITECTURE.md allows imports that do not exist: {needless:?}"
        );
    }
    Ok(())
}

#[test]
fn libraries_are_used_only_where_architecture_md_says() -> Outcome<()> {
    let documented = table("| library | used in `generator/src/` |")?;
    let source = Source::read("generator")?;
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, tokens) in &source.files {
        let mut names = BTreeSet::new();
        roots(tokens.clone(), &mut names);
        for library in documented.keys().filter(|library| names.contains(*library)) {
            let layer = module.first().map_or("lib", String::as_str);
            used.entry(library.clone())
                .or_default()
                .insert(layer.to_owned());
        }
    }
    assert_eq!(used, documented, "used (left), and documented (right)");
    Ok(())
}

/// Finds the first segments of all paths with several segments, such as `heck` in `use heck::ToSnakeCase`.
fn roots(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            roots(group.stream(), found);
        }
        let before = index.checked_sub(1).map(|index| &tokens[index]);
        let is_first = !before.is_some_and(|token| is_punct(token, ':'));
        let colons = tokens.get(index + 1..index + 3).unwrap_or_default();
        if let (TokenTree::Ident(name), true, [a, b]) = (token, is_first, colons)
            && is_punct(a, ':')
            && is_punct(b, ':')
        {
            found.insert(name.to_string());
        }
    }
}

#[test]
fn no_folder_has_an_import_cycle() -> Outcome<()> {
    let mut circles = Vec::new();
    for name in ["generator", "runtime", "xtask"] {
        let source = Source::read(name)?;
        let mut siblings: BTreeMap<Module, BTreeSet<(String, String)>> = BTreeMap::new();
        for (from, to) in source.imports() {
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) {
                let folder = siblings.entry(from[..shared].to_vec()).or_default();
                folder.insert((a.clone(), b.clone()));
            }
        }
        for (folder, imports) in siblings {
            let circle = circle(&imports);
            if !circle.is_empty() {
                circles.push(format!("{name}/src/{}: {circle:?}", folder.join("/")));
            }
        }
    }
    assert!(
        circles.is_empty(),
        "circles of imports:\n{}",
        circles.join("\n")
    );
    Ok(())
}

/// Returns the modules that are part of a cycle: repeatedly removes modules without imports, and modules that no other
/// imports.
fn circle(imports: &BTreeSet<(String, String)>) -> BTreeSet<String> {
    let mut left = imports.clone();
    loop {
        let from: BTreeSet<String> = left.iter().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<String> = left.iter().map(|(_, to)| to.clone()).collect();
        let count = left.len();
        left.retain(|(a, b)| to.contains(a) && from.contains(b));
        if left.len() == count {
            return left.into_iter().map(|(from, _)| from).collect();
        }
    }
}

/// Returns the rows of a crate's table in ARCHITECTURE.md: folders or files, and their permitted imports.
fn layers(name: &str) -> Outcome<BTreeMap<String, BTreeSet<String>>> {
    table(&format!("| `{name}/src/` | imports |"))
}

/// Returns a table of ARCHITECTURE.md: the quoted names in the second column, by each quoted name in the first one.
/// Names of files and folders are converted to those of modules.
fn table(start: &str) -> Outcome<BTreeMap<String, BTreeSet<String>>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let rest = text
        .split(start)
        .nth(1)
        .ok_or(format!("no table {start}"))?;
    let rows = rest.lines().skip(2);
    let quoted = |cell: &str| -> BTreeSet<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        let module = |name: &str| {
            name.trim_end_matches('/')
                .trim_end_matches(".rs")
                .to_owned()
        };
        quoted.map(module).collect()
    };
    let mut table = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').collect();
        for name in quoted(cells.get(1).unwrap_or(&"")) {
            table.insert(name, quoted(cells.get(2).unwrap_or(&"")));
        }
    }
    Ok(table)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The source of a crate without its tests.
struct Source {
    files: BTreeMap<Module, TokenStream>,
}

impl Source {
    fn read(name: &str) -> Outcome<Self> {
        let mut source = Self {
            files: BTreeMap::new(),
        };
        source.add(&root().join(name).join("src"), &[])?;
        Ok(source)
    }

    fn add(&mut self, folder: &Path, above: &[String]) -> Outcome<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let module = match stem.as_str() {
                "lib" | "mod" => above.to_vec(),
                _ => [above, std::slice::from_ref(&stem)].concat(),
            };
            if stem == "tests" {
                continue;
            }
            if path.is_dir() {
                self.add(&path, &module)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                let tokens = text.parse::<TokenStream>();
                let tokens = tokens.map_err(|error| format!("{}: {error}", path.display()))?;
                self.files.insert(module, without_tests(tokens));
            }
        }
        Ok(())
    }

    fn modules(&self) -> impl Iterator<Item = &Module> {
        self.files.keys()
    }

    /// Returns the imports of each module.
    fn imports(&self) -> BTreeSet<(Module, Module)> {
        let mut imports = BTreeSet::new();
        for (module, tokens) in &self.files {
            let mut paths = Vec::new();
            collect(tokens.clone(), &mut paths);
            for path in paths {
                let target = self.resolve(module, &path);
                if let Some(target) = target.filter(|target| target != module) {
                    imports.insert((module.clone(), target));
                }
            }
        }
        imports
    }

    /// Returns the module that a path resolves to: the file that defines the item, as far as modules and re-exports can
    /// be followed.
    fn resolve(&self, from: &Module, path: &[String]) -> Option<Module> {
        let (mut at, mut rest): (Module, &[String]) = match path.split_first()? {
            (first, rest) if first == "crate" => (Vec::new(), rest),
            (first, _) if first == "super" => (from.clone(), path),
            _ => return None,
        };
        while let Some((segment, further)) = rest.split_first() {
            if segment == "super" {
                at.pop();
            } else {
                let below = [at.as_slice(), std::slice::from_ref(segment)].concat();
                if self.files.contains_key(&below) {
                    at = below;
                } else {
                    return Some(self.origin(&at, segment));
                }
            }
            rest = further;
        }
        Some(at)
    }

    /// Returns the module that defines an item which `module` may re-export.
    fn origin(&self, module: &Module, item: &str) -> Module {
        let mut paths = Vec::new();
        if let Some(tokens) = self.files.get(module) {
            reexports(tokens.clone(), &mut paths);
        }
        for path in paths {
            let Some((last, above)) = path.split_last() else {
                continue;
            };
            let (Some(first), true) = (above.first(), last == item) else {
                continue;
            };
            let below = [module.as_slice(), std::slice::from_ref(first)].concat();
            if self.files.contains_key(&below) {
                let deeper = [module.as_slice(), above].concat();
                return match self.files.contains_key(&deeper) {
                    true => self.origin(&deeper, item),
                    false => below,
                };
            }
        }
        module.clone()
    }
}

/// Returns the tokens without items under `#[cfg(test)]`.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let attribute = tokens
            .get(index + 1)
            .map(ToString::to_string)
            .unwrap_or_default();
        if is_punct(&tokens[index], '#') && attribute.replace(' ', "") == "[cfg(test)]" {
            // Skips to the end of the item: its block or its semicolon.
            while !tokens.get(index).is_none_or(ends_item) {
                index += 1;
            }
        } else {
            kept.push(tokens[index].clone());
        }
        index += 1;
    }
    kept.into_iter().collect()
}

fn ends_item(token: &TokenTree) -> bool {
    is_punct(token, ';')
        || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// Collects paths that start with `crate` or `super`. Lists in braces are expanded. Paths in macros (`$crate`) are
/// skipped, because they resolve in other crates.
fn collect(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(ident) if *ident == "crate" || *ident == "super" => {
                let before = index.checked_sub(1).map(|index| &tokens[index]);
                if !before.is_some_and(|token| is_punct(token, ':') || is_punct(token, '$')) {
                    expand(&tokens[index..], &[], found);
                }
            }
            _ => {}
        }
    }
}

/// Expands the paths at the start of the tokens: `a::b`, `a::{b, c::d}`.
fn expand(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    let mut rest = tokens;
    loop {
        match rest {
            [TokenTree::Ident(ident), more @ ..] => {
                path.push(ident.to_string());
                rest = more;
            }
            [TokenTree::Group(group), ..]
                if group.delimiter() == Delimiter::Brace && path.len() > prefix.len() =>
            {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in tokens.split(|token| is_punct(token, ',')) {
                    expand(part, &path, found);
                }
                return;
            }
            _ => break,
        }
        match rest {
            [a, b, more @ ..] if is_punct(a, ':') && is_punct(b, ':') => rest = more,
            _ => break,
        }
    }
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    found.push(path);
}

/// Returns the paths of `pub use` items, relative to the module.
fn reexports(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_use = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if *ident == "use");
    for (index, token) in tokens.iter().enumerate() {
        if is_use(token) {
            expand(&tokens[index + 1..], &[], found);
        }
    }
}
