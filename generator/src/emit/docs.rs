//! Builds doc comments from the documentation and the facts of the contract.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Bound, Edge, Facts, Lifecycle, Limits, PatternSupport, Usage};
use crate::names;

/// The width of doc text, without the comment marker and the deepest indentation.
const WIDTH: usize = 82;

/// A doc comment.
#[derive(Debug, Default)]
pub(super) struct Docs {
    paragraphs: Vec<Paragraph>,
    /// Names for the attribute `#[doc(alias)]`.
    aliases: Vec<String>,
}

#[derive(Debug)]
enum Paragraph {
    /// Prose, which is wrapped.
    Prose(String),
    /// A block of Rust code, which is not wrapped.
    Code(String),
}

impl Docs {
    /// Creates a doc comment with a summary, or with the fallback if there is no summary.
    pub(super) fn new(summary: Option<&str>, fallback: impl Into<String>) -> Self {
        let summary = summary.map_or_else(|| fallback.into(), str::to_owned);
        Self {
            paragraphs: summary
                .split("\n\n")
                .map(|text| Paragraph::Prose(text.trim().to_owned()))
                .collect(),
            aliases: Vec::new(),
        }
    }

    /// Adds a paragraph, unless it is empty.
    pub(super) fn paragraph(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.paragraphs.push(Paragraph::Prose(text));
        }
        self
    }

    /// Adds a section with an example, if there is one. The example becomes a doctest.
    pub(super) fn example(self, code: Option<String>) -> Self {
        let Some(code) = code else {
            return self;
        };
        let mut docs = self.paragraph("# Examples");
        docs.paragraphs.push(Paragraph::Code(code));
        docs
    }

    /// Adds a name by which the search of rustdoc finds the item, unless it is invalid as an alias.
    pub(super) fn alias(mut self, name: &str) -> Self {
        let is_forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\'');
        if !name.is_empty() && !name.contains(is_forbidden) {
            self.aliases.push(name.to_owned());
        }
        self
    }

    /// Emits `#[doc = "..."]` attributes, one per line, and the aliases.
    pub(super) fn attributes(&self) -> TokenStream {
        let lines = self.lines().into_iter().map(|line| quote!(#[doc = #line]));
        let aliases = self
            .aliases
            .iter()
            .map(|alias| quote!(#[doc(alias = #alias)]));
        lines.chain(aliases).collect()
    }

    /// Emits `#![doc = "..."]` attributes, one per line.
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
            match paragraph {
                Paragraph::Prose(text) => text.lines().for_each(|line| wrap(line, &mut lines)),
                Paragraph::Code(code) => {
                    lines.push("```rust".to_owned());
                    lines.extend(code.lines().map(str::to_owned));
                    lines.push("```".to_owned());
                }
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

/// Wraps a line, with a hanging indent in list items.
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

/// Describes the facts about a field other than its type, as sentences.
pub(super) fn facts(facts: &Facts, usage: Usage) -> String {
    let mut sentences = Vec::new();
    if facts.lifecycle == Lifecycle::Deprecated {
        sentences.push("Deprecated.".to_owned());
    }
    let limits = limits(&facts.limits, usage);
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

/// Describes constraints as a list of phrases. For sent values, those that only the server validates are marked.
pub(super) fn limits(limits: &Limits, usage: Usage) -> String {
    let note = match usage.is_built() {
        true => " (validated by the server)",
        false => "",
    };
    let mut parts = Vec::new();
    parts.extend(
        limits
            .format
            .as_ref()
            .map(|format| format!("format `{format}`{note}")),
    );
    parts.extend(count(limits.min_length, limits.max_length, "character"));
    parts.extend(
        limits
            .pattern
            .as_ref()
            .map(|pattern| match pattern.support {
                PatternSupport::Supported => format!("matches {}", code(&pattern.text)),
                PatternSupport::Unsupported => format!("matches {}{note}", code(&pattern.text)),
            }),
    );
    parts.extend(limits.digits.map(|digits| {
        let (integer, fraction) = (digits.integer, digits.fraction);
        format!("at most {integer} digits before the point and {fraction} after it")
    }));
    parts.extend(limits.minimum.as_ref().map(|bound| {
        let phrase = if bound.edge == Edge::Inclusive {
            "at least"
        } else {
            "more than"
        };
        format!("{phrase} {}", number(bound, note))
    }));
    parts.extend(limits.maximum.as_ref().map(|bound| {
        let phrase = if bound.edge == Edge::Inclusive {
            "at most"
        } else {
            "less than"
        };
        format!("{phrase} {}", number(bound, note))
    }));
    parts.extend(
        limits
            .multiple_of
            .as_ref()
            .map(|number| format!("a multiple of {number}{note}")),
    );
    parts.extend(count(limits.min_items, limits.max_items, "item"));
    if limits.unique_items {
        parts.push(format!("unique items{note}"));
    }
    parts.extend(
        limits
            .keys
            .as_ref()
            .map(|keys| format!("keys: {}", self::limits(keys, usage))),
    );
    parts.extend(
        limits
            .items
            .as_ref()
            .map(|items| format!("each: {}", self::limits(items, usage))),
    );
    parts.join(", ")
}

fn number(bound: &Bound, note: &str) -> String {
    match bound.integer() {
        Some(number) => number.to_string(),
        None => format!("{}{note}", bound.value),
    }
}

/// Describes the constraints of a union's variant, as a sentence.
pub(super) fn variant_limits(limits: &Limits, usage: Usage) -> String {
    let limits = limits.clone();
    let lone = Facts {
        limits,
        ..Facts::default()
    };
    facts(&lone, usage)
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

/// Returns a name as code with its article: `an `Owner``, `a `User``.
pub(super) fn article(name: &str) -> String {
    format!("{} `{name}`", article_of(name))
}

/// Returns words with their article: `an order`, `a customer`.
pub(super) fn with_article(words: &str) -> String {
    format!("{} {words}", article_of(words))
}

/// Returns the article for the pronunciation of the first word. Initialisms in the list are spelled out.
fn article_of(words: &str) -> &'static str {
    const FROM_A_VOWEL: [&str; 5] = ["html", "http", "llm", "mcp", "sso"];
    let words = names::spoken(words);
    let first = words.split(' ').next().unwrap_or_default();
    let vowel = first.starts_with(['a', 'e', 'i', 'o']) && first != "one";
    match vowel || first == "unknown" || FROM_A_VOWEL.contains(&first) {
        true => "an",
        false => "a",
    }
}

/// Formats a string as code; quoted if it is blank, and with longer fences if it contains backticks.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_as_spoken() {
        let names = [
            "Order",
            "User",
            "LlmMetadata",
            "OneTime",
            "UnknownPrice",
            "UnitBased",
        ];
        let articles = names.map(article_of);
        assert_eq!(articles, ["an", "a", "an", "a", "an", "a"]);
    }

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
            facts(&all, Usage::Input),
            "Deprecated. 1 to 40 characters, more than 0. Default: `10`."
        );
        assert_eq!(facts(&Facts::default(), Usage::Input), "");
    }

    #[test]
    fn limits_that_only_the_server_checks_say_so_where_values_are_sent() {
        let email = Limits {
            format: Some("email".into()),
            max_length: Some(254),
            ..Limits::default()
        };
        let note = "format `email` (validated by the server), at most 254 characters";
        assert_eq!(limits(&email, Usage::Both), note);
        let received = limits(&email, Usage::Output);
        assert_eq!(received, "format `email`, at most 254 characters");
    }

    #[test]
    fn examples_keep_their_lines() {
        let code = format!("fn f() {{\n    g(\"{}\");\n}}", "word ".repeat(20));
        let docs = Docs::new(None, "Calls.").example(Some(code.clone()));
        let expected = format!("Calls.\n\n# Examples\n\n```rust\n{code}\n```");
        let lines: Vec<String> = expected
            .lines()
            .map(|line| match line {
                "" => String::new(),
                line => format!(" {line}"),
            })
            .collect();
        assert_eq!(docs.lines(), lines);
        assert_eq!(Docs::new(None, "Calls.").example(None).lines(), [" Calls."]);
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
