//! Every identifier of the generated crate is made here: casing, keywords, odd enum values, list names, variant names.
//!
//! Nothing else in the generator changes the case of a word or escapes a keyword.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

/// An identifier in Rust and the text it stands for on the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Valid Rust identifier, raw (`r#type`) or suffixed (`self_`) where the word is a keyword.
    pub rust: String,
    /// The text of the contract, unchanged.
    pub wire: String,
}

/// Words that are Rust keywords in edition 2024, reserved ones included.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that cannot be written as raw identifiers.
const NEVER_RAW: &[&str] = &["crate", "self", "super", "Self", "_"];

/// The name of a struct field, parameter, or method: `snake_case`, keywords raw.
///
/// A leading underscore is dropped (`_cost` is `cost`), a leading digit gets one, and `%` is a word.
pub fn field(wire: &str) -> Name {
    Name {
        rust: snake(&wire.replace('%', " percent ")),
        wire: wire.to_owned(),
    }
}

/// The name of a schema: `UpperCamelCase`, with the conventions of the document undone.
///
/// - `ListResource_Product_` is `ProductList`, `ListResourceWithCursorPagination_Event_` is `EventCursorList`;
/// - `CostMetadata-Output` is `CostMetadata`, `CostMetadata-Input` is `CostMetadataInput`.
pub fn schema(wire: &str) -> Name {
    let rust = if let Some(item) = generic(wire, "ListResource_") {
        format!("{}List", camel(item))
    } else if let Some(item) = generic(wire, "ListResourceWithCursorPagination_") {
        format!("{}CursorList", camel(item))
    } else if let Some(base) = wire.strip_suffix("-Output") {
        camel(base)
    } else {
        camel(wire)
    };
    Name {
        rust,
        wire: wire.to_owned(),
    }
}

/// The name of a type that the contract leaves inline: its title, or the place it stands at.
pub fn inline(title_or_place: &str) -> Name {
    Name {
        rust: camel(title_or_place),
        wire: title_or_place.to_owned(),
    }
}

/// The name of an enum variant for `value`, within the enum named `owner`.
///
/// - `-created_at` sorts downwards: `CreatedAtDesc`;
/// - a leading digit is preceded by the last word of the enum's name: `2xx` of `HttpCodeClass` is `Class2xx`;
/// - signs that carry meaning become words (`Etc/GMT+1` is `EtcGmtPlus1`), others separate words.
pub fn variant(owner: &str, value: &str) -> Name {
    let rust = match value.strip_prefix('-') {
        Some(descending) if descending.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("{}Desc", camel(descending))
        }
        _ => camel(&spell_signs(value)),
    };
    let rust = match rust.chars().next() {
        None => "Empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{}{rust}", last_word(owner)),
        Some(_) => rust,
    };
    Name {
        rust,
        wire: value.to_owned(),
    }
}

/// The variants of a union, named by what distinguishes their types: words that all of them share are left out.
///
/// `ProductPriceFixed` and `LegacyRecurringProductPriceFixed` become `Fixed` and `LegacyRecurringFixed`.
/// Words stay where leaving them out would leave one of the names empty or make two of them equal.
pub fn union_variants(types: &[&str]) -> Vec<String> {
    let mut names: Vec<Vec<String>> = types.iter().map(|name| words(name)).collect();
    if names.len() < 2 {
        return types.iter().map(|&name| name.to_owned()).collect();
    }
    while let Some(shared) = longest_shared_run(&names) {
        let shorter: Vec<Vec<String>> = names
            .iter()
            .map(|name| without_run(name, &shared))
            .collect();
        if !shorter.iter().all(|name| starts_a_name(name)) || has_equal(&shorter) {
            break;
        }
        names = shorter;
    }
    names.iter().map(|name| name.concat()).collect()
}

/// Method names that Rust's own traits give a meaning to.
const TRAIT_METHODS: &[&str] = &[
    "add", "cmp", "default", "div", "drop", "eq", "hash", "index", "mul", "neg", "next", "not",
    "rem", "shl", "shr", "sub",
];

/// The method that sets a field: its name, `set_` before it where Rust means something else by that.
pub fn setter(field: &Name) -> String {
    if TRAIT_METHODS.contains(&field.rust.as_str()) {
        format!("set_{}", field.rust)
    } else {
        field.rust.clone()
    }
}

/// The type of the request value of a method: `list_seats` is `ListSeats`.
pub fn request_type(method: &Name) -> String {
    camel(&method.wire)
}

/// The Rust module of a published version: `2026-10` is `v2026_10`.
pub fn version_module(version: &str) -> String {
    format!("v{}", version.replace('-', "_"))
}

/// The Cargo feature of a published version: `2026-10` is `v2026-10`.
pub fn version_feature(version: &str) -> String {
    format!("v{version}")
}

/// The enum variant for a published version: `2026-10` is `V2026_10`.
pub fn version_variant(version: &str) -> String {
    format!("V{}", version.replace('-', "_"))
}

/// The name of a constant: `SCREAMING_SNAKE_CASE`.
pub fn constant(wire: &str) -> String {
    wire.to_snake_case().to_uppercase()
}

/// A name as words for doc comments: `customer_seats` is `customer seats`.
pub fn spoken(wire: &str) -> String {
    wire.to_snake_case().replace('_', " ")
}

/// Whether all words of `part` stand in `name`, in order and side by side; the last one may differ by a plural `s`.
pub fn mentions(name: &str, part: &str) -> bool {
    let (name, part) = (snake_words(name), snake_words(part));
    name.windows(part.len().max(1)).any(|run| {
        run.iter()
            .zip(&part)
            .all(|(a, b)| singular(a) == singular(b))
    })
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

fn snake_words(name: &str) -> Vec<String> {
    name.to_snake_case().split('_').map(str::to_owned).collect()
}

fn snake(wire: &str) -> String {
    escape(wire.to_snake_case())
}

fn camel(wire: &str) -> String {
    let name = wire.to_upper_camel_case();
    if NEVER_RAW.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

fn escape(word: String) -> String {
    if KEYWORDS.contains(&word.as_str()) {
        format!("r#{word}")
    } else if NEVER_RAW.contains(&word.as_str()) {
        format!("{word}_")
    } else if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{word}")
    } else {
        word
    }
}

fn generic<'a>(wire: &'a str, prefix: &str) -> Option<&'a str> {
    wire.strip_prefix(prefix)?.strip_suffix('_')
}

fn spell_signs(value: &str) -> String {
    let signed = |sign: char| {
        move |(at, _): (usize, &str)| {
            value[at + sign.len_utf8()..].starts_with(|c: char| c.is_ascii_digit())
        }
    };
    let mut spelled = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        match c {
            '+' => spelled.push_str(" plus "),
            '-' if signed('-')((at, ""))
                && !value[..at].ends_with(|c: char| c.is_ascii_digit()) =>
            {
                spelled.push_str(" minus ");
            }
            '*' => spelled.push_str(" any "),
            _ => spelled.push(c),
        }
    }
    spelled
}

fn last_word(name: &str) -> String {
    words(name).pop().unwrap_or_else(|| "Value".to_owned())
}

/// The words of an `UpperCamelCase` name.
fn words(name: &str) -> Vec<String> {
    name.to_snake_case()
        .split('_')
        .filter(|word| !word.is_empty())
        .map(str::to_upper_camel_case)
        .collect()
}

fn starts_a_name(words: &[String]) -> bool {
    words
        .first()
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn has_equal(names: &[Vec<String>]) -> bool {
    names
        .iter()
        .enumerate()
        .any(|(at, name)| names[..at].contains(name))
}

/// Without it a name would say the opposite.
const NEGATION: &str = "Not";

/// The longest run of words that stands in every name and that the names can do without.
fn longest_shared_run(names: &[Vec<String>]) -> Option<Vec<String>> {
    let (first, others) = names.split_first()?;
    (1..=first.len())
        .rev()
        .flat_map(|length| first.windows(length))
        .filter(|run| run.iter().all(|word| word != NEGATION))
        .find(|run| others.iter().all(|name| find_run(name, run).is_some()))
        .map(<[String]>::to_vec)
}

fn without_run(name: &[String], run: &[String]) -> Vec<String> {
    match find_run(name, run) {
        Some(at) => [&name[..at], &name[at + run.len()..]].concat(),
        None => name.to_vec(),
    }
}

fn find_run(name: &[String], run: &[String]) -> Option<usize> {
    name.windows(run.len()).position(|window| window == run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_words_and_escape_keywords() {
        let table = [
            ("created_at", "created_at"),
            ("type", "r#type"),
            ("self", "self_"),
            ("_cost", "cost"),
            ("2fa", "_2fa"),
            ("externalId", "external_id"),
        ];
        for (wire, rust) in table {
            assert_eq!(
                field(wire),
                Name {
                    rust: rust.into(),
                    wire: wire.into()
                }
            );
        }
    }

    #[test]
    fn schemas_get_names_a_person_would_write() {
        let table = [
            ("ListResource_Product_", "ProductList"),
            ("ListResourceWithCursorPagination_Event_", "EventCursorList"),
            ("CostMetadata-Input", "CostMetadataInput"),
            ("CostMetadata-Output", "CostMetadata"),
            ("LLMMetadata", "LlmMetadata"),
            ("S3DownloadURL", "S3DownloadUrl"),
        ];
        for (wire, rust) in table {
            assert_eq!(schema(wire).rust, rust);
        }
    }

    #[test]
    fn enum_values_become_identifiers_by_rule() {
        let table = [
            ("EventSortProperty", "-created_at", "CreatedAtDesc"),
            ("HttpCodeClass", "2xx", "Class2xx"),
            ("Zone", "Etc/GMT+1", "EtcGmtPlus1"),
            ("Zone", "Etc/GMT-1", "EtcGmtMinus1"),
            ("ApiVersion", "2026-10", "Version202610"),
            ("Scope", "benefits:read", "BenefitsRead"),
            ("Scope", "*", "Any"),
            ("Kind", "", "Empty"),
            ("Kind", "self", "Self_"),
            (
                "WebhookEventType",
                "customer.state_changed",
                "CustomerStateChanged",
            ),
        ];
        for (owner, wire, rust) in table {
            assert_eq!(variant(owner, wire).rust, rust, "{owner} {wire}");
        }
    }

    #[test]
    fn union_variants_are_what_distinguishes_them() {
        let table: [(&[&str], &[&str]); 5] = [
            (
                &[
                    "LegacyRecurringProductPriceFixed",
                    "ProductPriceFixed",
                    "ProductPriceSeatBased",
                ],
                &["LegacyRecurringFixed", "Fixed", "SeatBased"],
            ),
            (
                &["BenefitGrantDiscordWebhook", "BenefitGrantCustomWebhook"],
                &["Discord", "Custom"],
            ),
            (&["MeterCreditEvent", "UserEvent"], &["MeterCredit", "User"]),
            (&["FilterClause", "Filter"], &["FilterClause", "Filter"]),
            (
                &["NotPermitted", "PaymentNotReady"],
                &["NotPermitted", "PaymentNotReady"],
            ),
        ];
        for (types, expected) in table {
            assert_eq!(union_variants(types), expected);
        }
    }

    #[test]
    fn plural_and_singular_mention_each_other() {
        assert!(mentions("CustomerSeat", "customer_seats"));
        assert!(!mentions("CustomerSeat", "subscriptions"));
    }
}
