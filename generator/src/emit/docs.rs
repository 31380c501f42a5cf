//! Doc comments: our words where there are some, and the facts of the contract.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{
    Access, Bound, Edge, Engine, Facts, Lifecycle, Limits, Operation, Param, Presence, Safety,
};

/// Width that doc text is wrapped to, the comment sign and the deepest indentation not counted.
const WIDTH: usize = 82;

/// Paragraphs of a doc comment.
#[derive(Debug, Default)]
pub(super) struct Docs {
    paragraphs: Vec<String>,
}

impl Docs {
    /// Our words, or the fallback.
    pub(super) fn new(words: Option<&str>, fallback: impl Into<String>) -> Self {
        let words = words.map_or_else(|| fallback.into(), str::to_owned);
        Self {
            paragraphs: words
                .split("\n\n")
                .map(|text| text.trim().to_owned())
                .collect(),
        }
    }

    /// Adds a paragraph, unless it is empty.
    pub(super) fn paragraph(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.paragraphs.push(text);
        }
        self
    }

    /// `#[doc = "..."]` attributes, one a line.
    pub(super) fn attributes(&self) -> TokenStream {
        self.lines()
            .into_iter()
            .map(|line| quote!(#[doc = #line]))
            .collect()
    }

    /// `#![doc = "..."]` attributes, one a line.
    pub(super) fn inner_attributes(&self) -> TokenStream {
        self.lines()
            .into_iter()
            .map(|line| quote!(#![doc = #line]))
            .collect()
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, paragraph) in self.paragraphs.iter().enumerate() {
            if index > 0 {
                lines.push(String::new());
            }
            for line in paragraph.lines() {
                wrap(line, &mut lines);
            }
        }
        lines
            .into_iter()
            .map(|line| {
                if line.is_empty() {
                    line
                } else {
                    format!(" {line}")
                }
            })
            .collect()
    }
}

/// Wraps a line; what hangs below a list item is indented.
fn wrap(text: &str, lines: &mut Vec<String>) {
    let indent = if text.starts_with("- ") { "  " } else { "" };
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.trim_start().is_empty() && line.len() + 1 + word.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        }
        if !line.trim_start().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
}

/// What the contract says of a field beyond its type, as sentences.
pub(super) fn facts(facts: &Facts) -> String {
    let mut sentences = Vec::new();
    if facts.lifecycle == Lifecycle::Deprecated {
        sentences.push("Deprecated.".to_owned());
    }
    let limits = limits(&facts.limits);
    if !limits.is_empty() {
        sentences.push(format!("{}.", capitalized(&limits)));
    }
    if let Some(default) = facts
        .default
        .as_deref()
        .filter(|default| *default != "null")
    {
        sentences.push(format!("Default: {}.", code(default)));
    }
    sentences.join(" ")
}

fn limits(limits: &Limits) -> String {
    let mut parts = Vec::new();
    parts.extend(
        limits
            .format
            .as_ref()
            .map(|format| format!("format `{format}`")),
    );
    parts.extend(count(limits.min_length, limits.max_length, "character"));
    parts.extend(limits.pattern.as_ref().map(|pattern| match pattern.engine {
        Engine::Reads => format!("matches {}", code(&pattern.text)),
        Engine::Refuses => format!("matches {} (not checked)", code(&pattern.text)),
    }));
    parts.extend(limits.digits.map(|digits| {
        let (integer, fraction) = (digits.integer, digits.fraction);
        format!("at most {integer} digits before the point and {fraction} after it")
    }));
    parts.extend(limits.minimum.as_ref().map(|bound| {
        let words = if bound.edge == Edge::Inclusive {
            "at least"
        } else {
            "more than"
        };
        format!("{words} {}", number(bound))
    }));
    parts.extend(limits.maximum.as_ref().map(|bound| {
        let words = if bound.edge == Edge::Inclusive {
            "at most"
        } else {
            "less than"
        };
        format!("{words} {}", number(bound))
    }));
    parts.extend(
        limits
            .multiple_of
            .as_ref()
            .map(|number| format!("a multiple of {number} (not checked)")),
    );
    parts.extend(count(limits.min_items, limits.max_items, "item"));
    if limits.unique_items {
        parts.push("no item twice (not checked)".to_owned());
    }
    parts.extend(
        limits
            .keys
            .as_ref()
            .map(|keys| format!("keys: {}", self::limits(keys))),
    );
    parts.extend(
        limits
            .items
            .as_ref()
            .map(|items| format!("each: {}", self::limits(items))),
    );
    parts.join(", ")
}

fn number(bound: &Bound) -> String {
    match bound.integer() {
        Some(number) => number.to_string(),
        None => format!("{} (not checked)", bound.value),
    }
}

/// Limits of a union's variant, as a sentence.
pub(super) fn variant_limits(limits: &Limits) -> String {
    facts(&Facts {
        limits: limits.clone(),
        ..Facts::default()
    })
}

fn count(min: Option<u64>, max: Option<u64>, unit: &str) -> Option<String> {
    let plural = |count: u64| {
        if count == 1 {
            unit.to_owned()
        } else {
            format!("{unit}s")
        }
    };
    match (min, max) {
        (Some(min), Some(max)) if min == max => Some(format!("exactly {max} {}", plural(max))),
        (Some(min), Some(max)) => Some(format!("{min} to {max} {}", plural(max))),
        (Some(min), None) => Some(format!("at least {min} {}", plural(min))),
        (None, Some(max)) => Some(format!("at most {max} {}", plural(max))),
        (None, None) => None,
    }
}

/// A name as code, with its article: `an `Owner``, `a `User``.
pub(super) fn article(name: &str) -> String {
    let article = if name.starts_with(['A', 'E', 'I', 'O']) {
        "an"
    } else {
        "a"
    };
    format!("{article} `{name}`")
}

/// Text as code; in quotes where there is nothing to see, with longer fences where it contains backticks itself.
pub(super) fn code(text: &str) -> String {
    if text.trim().is_empty() {
        format!("`{text:?}`")
    } else if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// The doc comment of an operation's method.
pub(super) fn operation(operation: &Operation) -> Docs {
    let request = format!("`{} {}`", operation.method.as_str(), operation.path);
    let (words, fact) = match &operation.docs {
        Some(words) => (
            Some(words.as_str()),
            format!("{request}, operation `{}`.", operation.id),
        ),
        None => (None, String::new()),
    };
    Docs::new(
        words,
        format!("Calls {request}, operation `{}`.", operation.id),
    )
    .paragraph(fact)
    .paragraph(arguments(operation))
    .paragraph(one_of(operation))
    .paragraph(if operation.lifecycle == Lifecycle::Deprecated {
        "Deprecated."
    } else {
        ""
    })
    .paragraph(credential(operation))
    .paragraph(repeating(operation))
    .paragraph(errors(operation))
}

fn arguments(operation: &Operation) -> String {
    let required = operation
        .query
        .iter()
        .filter(|param| param.presence == Presence::Required);
    let described = operation
        .path_params
        .iter()
        .chain(required)
        .filter_map(argument);
    let body = operation.body.as_ref().map(|body| limits(&body.limits));
    let body = body.filter(|limits| !limits.is_empty());
    let body = body.map(|limits| format!("- `body`: {}. (Not checked.)", capitalized(&limits)));
    described.chain(body).collect::<Vec<_>>().join("\n")
}

fn argument(param: &Param) -> Option<String> {
    let words = param.docs.clone().unwrap_or_default();
    let text = [words, facts(&param.facts)].join(" ");
    let text = text.trim();
    (!text.is_empty()).then(|| format!("- `{}`: {text}", param.name.wire))
}

/// What an operation needs although each of it is optional.
fn one_of(operation: &Operation) -> String {
    let sentences = operation.one_of.iter().map(|names| {
        let names: Vec<String> = names.iter().map(|name| code(name)).collect();
        let names = match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} or {last}", others.join(", "))
            }
            _ => names.concat(),
        };
        format!("Requires {names}: the server refuses a request with none of them.")
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// Who may call an operation, as a sentence.
pub(super) fn credential(operation: &Operation) -> String {
    let who = match operation.access {
        Access::Public => return "Credential: none. That of the client is not sent.".to_owned(),
        Access::Optional => {
            return "Credential: none, or a personal access token. A client that acts for an organization calls it \
                    after `with_credential(Anonymous)`."
                .to_owned();
        }
        Access::Account => "an organization or personal access token",
        Access::Personal => "a personal access token, not that of an organization,",
        Access::OpenIdConnect => "an OpenID Connect access token",
        Access::Portal => "a customer or member session",
        Access::Member => "a member session",
        Access::Registration => "the registration access token of the OAuth2 client",
    };
    match operation.scopes.as_slice() {
        [] => format!("Credential: {who}."),
        [scope] => format!("Credential: {who} with the scope `{scope}`."),
        scopes => format!(
            "Credential: {who} with one of the scopes `{}`.",
            scopes.join("`, `")
        ),
    }
}

fn repeating(operation: &Operation) -> String {
    match &operation.safety {
        Safety::Repeatable => String::new(),
        Safety::Once => "Sending it twice may do it twice.".to_owned(),
        Safety::Keyed(path) => format!(
            "Sending it twice does it once where `{}` is set; otherwise it may do it twice.",
            path.join(".")
        ),
    }
}

/// What a status means that comes without a code.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "the request does not fit what it is about",
        401 => "no credential, or one that is not valid",
        402 => "a payment failed or is missing",
        403 => "the credential may not do this, or it is not possible now",
        404 => "what it is about does not exist, or not for this credential",
        409 => "the state of what it is about is in the way",
        410 => "it is over",
        412 => "a precondition is not met",
        422 => "the request is not valid",
        429 => "too many requests",
        _ => "another error",
    }
}

fn errors(operation: &Operation) -> String {
    let lines = operation
        .errors
        .iter()
        .map(|(status, codes)| match codes.as_slice() {
            [] => format!("- {status}: {}", meaning(*status)),
            codes => format!("- {status}: `{}`", codes.join("`, `")),
        });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!("# Errors\n{}", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_as_sentences() {
        let limits = Limits {
            min_length: Some(1),
            max_length: Some(40),
            minimum: Some(Bound {
                value: "0".into(),
                edge: Edge::Exclusive,
            }),
            ..Limits::default()
        };
        let all = Facts {
            limits,
            default: Some("10".into()),
            lifecycle: Lifecycle::Deprecated,
            ..Facts::default()
        };
        assert_eq!(
            facts(&all),
            "Deprecated. 1 to 40 characters, more than 0. Default: `10`."
        );
        assert_eq!(facts(&Facts::default()), "");
    }

    #[test]
    fn long_text_is_wrapped_and_list_items_hang() {
        let docs = Docs::new(Some(&format!("- {}", "word ".repeat(30))), "");
        let lines = docs.lines();
        assert_eq!(lines.len(), 2);
        assert!(
            lines.iter().all(|line| line.len() <= WIDTH + 1),
            "{lines:?}"
        );
        assert!(lines[1].starts_with("   word"), "{lines:?}");
    }
}
