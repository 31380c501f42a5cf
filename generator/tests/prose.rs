//! Tests of the project's prose: it uses the common terms of the field; Markdown files show no lines that only rustdoc hides,
//! and link only to files that exist; the guide lists all log messages.
//!
//! Texts are Markdown files, comments and string literals in Rust files, and the prose in `spec/`. A phrase is also
//! found if it contains a line break.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Phrases that are not allowed, and what to write instead. If you replace a phrase everywhere, add it here.
const PHRASES: [(&str, &str); 51] = [
    ("an answer", "a response"),
    ("another name for itself", "an alias of itself"),
    ("answer of", "response of"),
    ("at hand", "available"),
    ("be told from", "be distinguished from"),
    ("bring down", "downgrade"),
    ("brings down", "downgrades"),
    ("brought down", "downgraded"),
    ("came about", "was established"),
    ("comes back", "is returned"),
    ("counterpart in the client", "is supported"),
    (
        "does not keep the limits",
        "is invalid, violates constraints",
    ),
    ("gets through", "succeeds"),
    ("gives back", "returns"),
    ("got through", "succeeded"),
    ("handed back", "returned"),
    ("hands back", "returns"),
    ("hands over", "passes"),
    ("held against", "validated against, compared with"),
    ("held up", "blocked, delayed"),
    ("hold against", "validate against, compare with"),
    ("in pieces", "in chunks"),
    ("in the same words", "described alike"),
    ("in the words of", "the message of"),
    ("is there", "exists, is available"),
    ("keep the limits of", "satisfy the constraints of"),
    ("keeps the limits of", "satisfies the constraints of"),
    ("knows better", "has a default"),
    ("lead somewhere", "resolve"),
    ("leads nowhere", "does not resolve"),
    ("leads somewhere", "resolves"),
    ("may pass", "is transient"),
    ("newer than this client", "unknown variant"),
    ("nobody knows", "it is unknown"),
    ("not there", "missing"),
    ("of no use", "is invalid"),
    ("our words", "the documentation"),
    ("pages ahead", "prefetches"),
    ("parked", "recorded, queued"),
    ("piece by piece", "streamed"),
    ("the answer", "the response"),
    ("the fate", "the outcome"),
    ("the time was over", "the deadline elapsed"),
    ("somebody", "a person, a customer, any caller"),
    ("told apart", "distinguished, discriminated"),
    ("waited out", "retried with backoff"),
    ("what became of", "the outcome of"),
    ("when nothing else was said", "by default"),
    ("who wants", "the purpose, in a main clause"),
    ("without a word", "silently"),
    ("words of ours", "documentation"),
];

/// Further phrases for the documentation of the API: `spec/docs.yaml` and the doc comments of the generated crate,
/// without the guide.
const API_PHRASES: [(&str, &str); 27] = [
    ("again and again", "recurring"),
    ("as it came", "unchanged, with its JSON"),
    ("as the customer sees it", "as returned to the customer"),
    ("by itself", "automatically"),
    ("comes on top", "in addition"),
    ("data of your own", "custom data"),
    ("event of polar", "system event"),
    ("everybody", "anyone; public"),
    ("fewest", "minimum number"),
    ("gets to see", "visibility"),
    ("goes on", "continues"),
    ("in force", "active"),
    ("in words for people", "human-readable"),
    ("is called", "name of"),
    ("let in", "gets access"),
    ("nobody", "no one, or a sentence about the value"),
    ("not checked", "validated by the server"),
    ("nothing limits", "there is no limit"),
    ("on its way", "pending, in progress"),
    ("somebody", "the person, the customer"),
    ("span of time", "time range"),
    ("take back", "undo, revoke"),
    ("taken back", "undone, revoked"),
    ("version of the crate does not know", "unknown"),
    ("what happened", "details of the event"),
    ("with what is required", "with its required fields"),
    ("your own id", "external ID"),
];

/// The searched files and folders, relative to the root of the workspace.
const PLACES: [&str; 7] = [
    "examples",
    "generated",
    "generator",
    "runtime",
    "spec",
    "tests",
    "xtask",
];

#[test]
fn prose_uses_the_terms_of_the_field() -> Outcome<()> {
    let found = offenses(&texts()?, &PHRASES)?;
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn the_documentation_of_the_api_uses_its_terms() -> Outcome<()> {
    let mut files = texts()?;
    files.retain(|file| {
        let file = shown(file);
        let is_guide = file.starts_with("generated/src/guide/");
        file == "spec/docs.yaml" || file.starts_with("generated/src/") && !is_guide
    });
    assert!(files.len() > 100, "{} files", files.len());
    let found = offenses(&files, &API_PHRASES)?;
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

/// Returns each place in the prose of the files that contains one of the phrases.
fn offenses(files: &[PathBuf], phrases: &[(&str, &str)]) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(file)?;
        let lines: Vec<String> = text.lines().map(|line| prose(file, line)).collect();
        for (index, line) in lines.iter().enumerate() {
            let next = lines.get(index + 1).map_or("", String::as_str);
            let joined = format!("{line} {next}");
            for (phrase, instead) in phrases {
                if let Some(start) = find(&joined, phrase)
                    && start < line.len()
                {
                    let place = format!("{}:{}", shown(file), index + 1);
                    found.push(format!("{place}: \"{phrase}\": write \"{instead}\""));
                }
            }
        }
    }
    Ok(found)
}

#[test]
fn string_literals_use_the_terms_of_the_field() -> Outcome<()> {
    let mut found = Vec::new();
    // Without `generated/`, which is emitted from literals of the generator and from `spec/`.
    let is_source = |file: &&PathBuf| is(file, "rs") && !shown(file).starts_with("generated/");
    for file in texts()?.iter().filter(is_source) {
        let source = fs::read_to_string(file)?;
        let Ok(tokens) = source.parse() else {
            return Err(format!("{}: not Rust", shown(file)).into());
        };
        let mut literals = Vec::new();
        collect_literals(tokens, &mut literals);
        for literal in literals {
            for (phrase, instead) in PHRASES {
                if find(&literal, phrase).is_some() {
                    let place = shown(file);
                    found.push(format!("{place}: {literal}: write \"{instead}\""));
                }
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn markdown_shows_no_hidden_lines() -> Outcome<()> {
    let mut found = Vec::new();
    for file in markdown()? {
        let mut is_rust = false;
        for (index, line) in fs::read_to_string(&file)?.lines().enumerate() {
            if let Some(language) = line.strip_prefix("```") {
                is_rust = !is_rust && language.starts_with("rust");
            } else if is_rust && (line.trim() == "#" || line.trim_start().starts_with("# ")) {
                found.push(format!("{}:{}: {line}", shown(&file), index + 1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "lines that only rustdoc hides:\n{}",
        found.join("\n")
    );
    Ok(())
}

#[test]
fn links_of_markdown_lead_to_files() -> Outcome<()> {
    let mut found = Vec::new();
    for file in markdown()? {
        let folder = file.parent().unwrap_or(Path::new(""));
        for (index, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let targets = line.split("](").skip(1);
            for target in targets.filter_map(|rest| rest.split(')').next()) {
                let path = target.split('#').next().unwrap_or_default();
                if !target.contains(':') && !path.is_empty() && !folder.join(path).exists() {
                    found.push(format!("{}:{}: {target}", shown(&file), index + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "dead links:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn the_guide_lists_all_log_messages() -> Outcome<()> {
    let source = fs::read_to_string(root().join("runtime/src/log.rs"))?;
    let guide = fs::read_to_string(root().join("generator/src/emit/guide/observability.md"))?;
    let tokens = source.parse().map_err(|_| "log.rs: not Rust")?;
    let mut messages = Vec::new();
    collect_messages(tokens, &mut messages);
    assert!(messages.len() > 20, "{} messages", messages.len());
    let is_listed = |(level, message): &(String, String)| {
        let level = format!("| `{}` |", level.to_uppercase());
        // Placeholders are replaced by values in the guide.
        let start = message.split('{').next().unwrap_or_default();
        guide
            .lines()
            .any(|line| line.starts_with(&level) && line.contains(start))
    };
    messages.retain(|message| !is_listed(message));
    assert!(messages.is_empty(), "not in the guide: {messages:#?}");
    Ok(())
}

/// Collects level and message of each `tracing::level!(.., "message")`.
fn collect_messages(tokens: TokenStream, messages: &mut Vec<(String, String)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for window in tokens.windows(6) {
        if let [first, _, _, level, mark, TokenTree::Group(arguments)] = window
            && first.to_string() == "tracing"
            && mark.to_string() == "!"
        {
            let mut literals = Vec::new();
            collect_literals(arguments.stream(), &mut literals);
            let message = literals.pop().unwrap_or_default();
            messages.push((level.to_string(), message.trim_matches('"').to_owned()));
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            collect_messages(group.stream(), messages);
        }
    }
}

/// Documents for maintainers, in which paths of files may be shortened to their end.
const DOCUMENTS: [&str; 4] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "spec/README.md",
    "tests/README.md",
];

#[test]
fn documents_for_maintainers_name_existing_files() -> Outcome<()> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root())? {
        paths.push(entry?.path());
    }
    for place in PLACES.iter().chain(&[".ci", ".github"]) {
        collect(&root().join(place), &mut paths, &|_| true)?;
    }
    // Folders are written with a `/` at the end.
    let mut known = Vec::new();
    for path in &paths {
        known.push(format!("/{}", shown(path)));
        let folders = path.ancestors().skip(1).take_while(|path| *path != root());
        known.extend(folders.map(|folder| format!("/{}/", shown(folder))));
    }
    let exists = |name: &str| {
        let end = format!("/{name}");
        known.iter().any(|path| {
            path.trim_end_matches('/')
                .ends_with(end.trim_end_matches('/'))
        })
    };
    let mut found = Vec::new();
    for document in DOCUMENTS {
        let mut is_code = false;
        for (index, line) in fs::read_to_string(root().join(document))?
            .lines()
            .enumerate()
        {
            is_code ^= line.starts_with("```");
            let quoted = line.split('`').skip(1).step_by(2);
            for name in quoted.filter(|name| !is_code && is_path(name) && !exists(name)) {
                found.push(format!("{document}:{}: no file `{name}`", index + 1));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

/// Returns whether a quoted string is the path of a file in the repository, or the end of such a path.
fn is_path(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "./_-".contains(c);
    let extensions = [".rs", ".md", ".yaml", ".yml", ".toml", ".json", ".jsonl"];
    let is_below = |folder: &&str| text.starts_with(&format!("{folder}/"));
    let is_output = text.starts_with("target/") || text.starts_with(".xtask-changes/");
    text.chars().all(is_plain)
        && !is_output
        && (text.ends_with('/')
            || extensions.iter().any(|end| text.ends_with(end))
            || PLACES.iter().any(is_below))
}

#[test]
fn phrases_are_found_as_words() {
    for (text, phrase, expected) in [
        ("It comes back.", "comes back", Some(3)),
        ("What Comes Back", "comes back", Some(5)),
        ("becomes backed", "comes back", None),
        ("comes backwards, then comes back", "comes back", Some(22)),
        ("", "comes back", None),
    ] {
        assert_eq!(find(text, phrase), expected, "{text}");
    }
}

/// Returns the position of a phrase in a text, ignoring case. There must be no letter directly before or after it.
fn find(text: &str, phrase: &str) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut places = text.match_indices(phrase);
    let place = places.find(|(start, found)| {
        let before = text.get(..*start).and_then(|text| text.chars().next_back());
        let after = text.get(start + found.len()..);
        !is_letter(before) && !is_letter(after.and_then(|text| text.chars().next()))
    });
    place.map(|(start, _)| start)
}

/// Collects all string literals, without escaped line breaks. Doc comments are skipped, because they are already
/// searched as comments.
fn collect_literals(tokens: TokenStream, literals: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_literals(group.stream(), literals),
            TokenTree::Literal(literal) => {
                let source = literal.to_string();
                let parts = source.split("\\\n").map(str::trim_start);
                literals.push(parts.collect());
            }
            _ => {}
        }
    }
}

/// Returns the prose in a line: the whole line, or its comment in a Rust file.
fn prose(file: &Path, line: &str) -> String {
    let line = line.trim();
    if !is(file, "rs") {
        return line.to_owned();
    }
    let comment = line.strip_prefix("//").unwrap_or_default();
    comment.trim_start_matches(['/', '!']).trim().to_owned()
}

/// Returns all files with texts. Contracts, recorded data and snapshots are excluded.
fn texts() -> Outcome<Vec<PathBuf>> {
    let mut files = markdown()?;
    for place in PLACES {
        collect(&root().join(place), &mut files, &|file| {
            is(file, "rs")
                || file.ends_with("spec/docs.yaml")
                || file.ends_with("spec/overlay.yaml")
        })?;
    }
    // Excludes this file, which contains the phrases.
    files.retain(|file| !file.ends_with("generator/tests/prose.rs"));
    Ok(files)
}

/// Returns the Markdown files that readers of the repository see. The sources of the guide are excluded, because
/// `generated/docs/` contains the same.
fn markdown() -> Outcome<Vec<PathBuf>> {
    let is_page = |file: &Path| is(file, "md") && !shown(file).starts_with("generator/src/emit/");
    let mut files = Vec::new();
    for entry in fs::read_dir(root())? {
        let path = entry?.path();
        if path.is_file() && is_page(&path) {
            files.push(path);
        }
    }
    for place in PLACES {
        collect(&root().join(place), &mut files, &is_page)?;
    }
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>, wanted: &dyn Fn(&Path) -> bool) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_output = path.ends_with("target") || path.ends_with("node_modules");
        if path.is_dir() && !is_output {
            collect(&path, files, wanted)?;
        } else if wanted(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

/// Returns the path of a file relative to the root, as failures show it.
fn shown(file: &Path) -> String {
    let below = file.strip_prefix(root()).unwrap_or(file);
    below.display().to_string().replace('\\', "/")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
