//! Names variants of enums and unions. A variant of an enum is named after its value, a variant of a union after the words
//! that distinguish its type from the other types.

use std::collections::HashSet;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

use super::{Name, cased, escape_type, free, taken};

/// Returns the name of the enum variant for `value`, in the enum named `owner`.
///
/// - `-created_at` sorts in descending order: `CreatedAtDesc`;
/// - a leading digit is preceded by the last word of the enum's name: `2xx` of `HttpCodeClass` is `Class2xx`;
/// - signs with a meaning are spelled out (`Etc/GMT+1` is `EtcGmtPlus1`), others separate words.
pub fn variant(owner: &str, value: &str) -> Name {
    let rust = match value.strip_prefix('-') {
        Some(descending) if descending.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("{}Desc", cased(descending))
        }
        _ => cased(&spell_signs(value)),
    };
    let rust = match rust.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("{}{rust}", last_word(owner)),
        false => rust,
    };
    let name = Name {
        rust: escape_type(rust),
        wire: value.to_owned(),
    };
    free(name, &[taken::VARIANTS])
}

/// Returns the names of a union's variants: the names of their types without the words that all of them contain.
///
/// `ProductPriceFixed` and `LegacyRecurringProductPriceFixed` become `Fixed` and `LegacyRecurringFixed`. Common words
/// are kept if a name would otherwise be empty or not unique.
pub fn union_variants(types: &[&str]) -> Vec<String> {
    let mut names: Vec<Vec<String>> = types.iter().map(|name| words(name)).collect();
    if names.len() < 2 {
        let own = types.iter().map(|&name| name.to_owned());
        return own.map(free_variant).collect();
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
    names
        .iter()
        .map(|name| free_variant(name.concat()))
        .collect()
}

fn free_variant(rust: String) -> String {
    let name = Name {
        rust: escape_type(rust),
        wire: String::new(),
    };
    free(name, &[taken::VARIANTS]).rust
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

/// Returns the words of an `UpperCamelCase` name.
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
    let mut seen = HashSet::new();
    !names.iter().all(|name| seen.insert(name.concat()))
}

/// A word that is never omitted, because the name would get the opposite meaning.
const NEGATION: &str = "Not";

/// Returns the longest sequence of words that every name contains, and that can be omitted from all of them.
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
