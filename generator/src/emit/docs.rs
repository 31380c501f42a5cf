//! Doc comments: our words where there are some, and the facts of the contract.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Bound, Edge, Engine, Facts, Lifecycle, Limits};
use crate::names;

/// Width that doc text is wrapped to, the comment sign and the deepest indentation not counted.
const WIDTH: usize = 82;

/// Paragraphs of a doc comment.
#[derive(Debug, Default)]
pub(super) struct Docs {
    paragraphs: Vec<String>,
    /// What people may search for instead of the item's name.
    aliases: Vec<String>,
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
            aliases: Vec::new(),
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

    /// Adds a name that the search of rustdoc finds the item by, unless that cannot be one.
    pub(super) fn alias(mut self, name: &str) -> Self {
        let is_forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\'');
        if !name.is_empty() && !name.contains(is_forbidden) {
            self.aliases.push(name.to_owned());
        }
        self
    }

    /// `#[doc = "..."]` attributes, one a line, and those of the aliases.
    pub(super) fn attributes(&self) -> TokenStream {
        let lines = self.lines().into_iter().map(|line| quote!(#[doc = #line]));
        let aliases = self
            .aliases
            .iter()
            .map(|alias| quote!(#[doc(alias = #alias)]));
        lines.chain(aliases).collect()
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

/// Limits on a value, as a list of phrases.
pub(super) fn limits(limits: &Limits) -> String {
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
    format!("{} `{name}`", article_of(name))
}

/// Words with their article: `an order`, `a customer`.
pub(super) fn with_article(words: &str) -> String {
    format!("{} {words}", article_of(words))
}

/// By how the first word is pronounced: a letter at a time, if it is one of these initialisms.
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
