//! Builds doc comments from paragraphs, examples and aliases. The modules contain the sentences: [`facts`] about
//! constraints and defaults, [`types`] about types and fields, [`operations`] about calls, and [`version_states`].

pub(super) mod facts;
pub(super) mod operations;
pub(super) mod types;
pub(super) mod version_states;

use proc_macro2::TokenStream;
use quote::quote;

use crate::names;

/// The maximum line length of a doc comment, in bytes, without indentation and `///`.
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

/// Returns a name as code with its indefinite article: ``an `Owner` ``, ``a `User` ``.
pub(super) fn article(name: &str) -> String {
    format!("{} `{name}`", article_of(name))
}

/// Returns words with their indefinite article: `an order`, `a customer`.
pub(super) fn with_article(words: &str) -> String {
    format!("{} {words}", article_of(words))
}

/// Returns `a` or `an` for the first word. The initialisms in the list are pronounced with a vowel first: "an HTTP".
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

/// Returns the summary of a method by the documentation of the value that it sets or returns: `Sets the ID of the order.`
/// A documentation that is not a noun phrase follows the name of the value.
pub(super) fn about(verb: &str, name: &str, value: Option<&str>) -> String {
    /// The words that a noun phrase or a subordinate clause starts with, before which there is no article.
    const STARTS: [&str; 11] = [
        "A", "All", "An", "How", "The", "What", "When", "Where", "Whether", "Which", "Who",
    ];
    let Some(value) = value else {
        return format!("{verb} `{name}`.");
    };
    let first = value.split(' ').next().unwrap_or_default();
    let is_sentence = first.starts_with('`') || first.ends_with(':') || first == "Must";
    match first {
        _ if is_sentence => format!("{verb} `{name}`: {}", continued(value)),
        _ if STARTS.contains(&first) => format!("{verb} {}", continued(value)),
        _ => format!("{verb} the {}", continued(value)),
    }
}

/// Returns a sentence for use after other words: its first letter in lower case, unless the first word is a name.
pub(super) fn continued(sentence: &str) -> String {
    const NAMES: [&str; 2] = ["Polar", "Slack"];
    let first = sentence.split(' ').next().unwrap_or_default();
    let is_word = first
        .chars()
        .skip(1)
        .all(|c| !c.is_uppercase() && !c.is_numeric());
    match is_word && !NAMES.contains(&first) {
        true => {
            let mut chars = sentence.chars();
            let first = chars.next().into_iter().flat_map(char::to_lowercase);
            first.chain(chars).collect()
        }
        false => sentence.to_owned(),
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
    fn the_summary_of_a_method_continues_with_the_documentation_of_its_value() {
        let about = |value| about("Sets", "it", Some(value));
        assert_eq!(about("Number of seats."), "Sets the number of seats.");
        assert_eq!(about("IDs of seats."), "Sets the IDs of seats.");
        assert_eq!(about("The seat."), "Sets the seat.");
        assert_eq!(about("Whether it is."), "Sets whether it is.");
        assert_eq!(about("`true` ends it."), "Sets `it`: `true` ends it.");
        assert_eq!(about("Empty: no seats."), "Sets `it`: empty: no seats.");
    }

    #[test]
    fn the_first_word_after_others_is_in_lower_case_unless_it_is_a_name() {
        let sentences = [
            "Number of seats.",
            "ID of it.",
            "SHA-256 of it.",
            "Slack users.",
        ];
        let continued = sentences.map(continued);
        let expected = [
            "number of seats.",
            "ID of it.",
            "SHA-256 of it.",
            "Slack users.",
        ];
        assert_eq!(continued, expected);
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
