//! Sentences of doc comments about constraints, defaults and deprecation of a value.

use super::{capitalized, code};
use crate::ir::{Bound, Edge, Facts, Lifecycle, Limits, PatternSupport, Usage};

/// Describes deprecation, constraints and the default of a field or parameter.
pub(in crate::emit) fn sentences(facts: &Facts, usage: Usage) -> String {
    let mut sentences = Vec::new();
    if facts.lifecycle == Lifecycle::Deprecated {
        sentences.push("Deprecated.".to_owned());
    }
    sentences.extend(constraints("", &facts.limits, usage));
    sentences.extend(default(facts).map(|value| format!("Default: {value}.")));
    sentences.join(" ")
}

/// Returns the default as code, unless it is null.
pub(in crate::emit) fn default(facts: &Facts) -> Option<String> {
    let default = facts.default.as_deref()?;
    (default != "null").then(|| code(default))
}

/// Describes the constraints on a value. For a value that is sent, a note marks constraints that the client does not
/// validate: "(validated by the server)".
pub(in crate::emit) fn limits(limits: &Limits, usage: Usage) -> String {
    constraints("", limits, usage).join(" ")
}

/// The objects of a sentence about constraints, by verb: a value must *be* at least 1, *have* at most 5 characters, and
/// *match* a pattern.
#[derive(Default)]
struct Requirements {
    be: Vec<String>,
    have: Vec<String>,
    matching: Vec<String>,
}

/// Returns a sentence about the value, and sentences about its keys and items. `subject` is the subject of the sentence:
/// empty for the documented value itself, or words such as "each item".
fn constraints(subject: &str, limits: &Limits, usage: Usage) -> Vec<String> {
    let own = requirements(limits, usage).sentence(subject, usage);
    let keys = limits.keys.as_ref();
    let each = match (subject.is_empty(), keys.is_some()) {
        (true, false) => "each item",
        (true, true) => "each value",
        (false, _) => "each nested item",
    };
    let keys = keys.map(|keys| constraints("each key", keys, usage));
    let items = limits.items.as_ref();
    let items = items.map(|items| constraints(each, items, usage));
    own.into_iter()
        .chain(keys.into_iter().flatten())
        .chain(items.into_iter().flatten())
        .collect()
}

fn requirements(limits: &Limits, usage: Usage) -> Requirements {
    let note = match usage.is_built() {
        true => " (validated by the server)",
        false => "",
    };
    // `lower/types.rs` stores the name of the enum that lists the keys of a map as the format of the keys. Formats of
    // the contract are in lower case.
    let (names, format) = match &limits.format {
        Some(format) if format.starts_with(char::is_uppercase) => (Some(format), None),
        format => (None, format.as_ref()),
    };
    let names = names.map(|name| format!("a value of `{name}`{note}"));
    let entry = match limits.keys {
        Some(_) => ("entry", "entries"),
        None => ("item", "items"),
    };
    let pattern = limits
        .pattern
        .as_ref()
        .map(|pattern| match pattern.support {
            PatternSupport::Supported => code(&pattern.text),
            PatternSupport::Unsupported => format!("{}{note}", code(&pattern.text)),
        });
    let digits = limits.digits.map(|digits| {
        let (integer, fraction) = (digits.integer, digits.fraction);
        format!("at most {integer} digits before the decimal point and {fraction} after it")
    });
    let unique = limits.unique_items.then(|| format!("unique items{note}"));
    let have = [
        format.map(|format| format!("the format `{format}`{note}")),
        count(
            limits.min_length,
            limits.max_length,
            ("character", "characters"),
        ),
        digits,
        count(limits.min_items, limits.max_items, entry),
        unique,
    ];
    let multiple = limits.multiple_of.as_ref();
    let multiple = multiple.map(|number| format!("a multiple of {number}{note}"));
    let be = names.into_iter().chain(range(limits, note)).chain(multiple);
    Requirements {
        be: be.collect(),
        have: have.into_iter().flatten().collect(),
        matching: pattern.into_iter().collect(),
    }
}

impl Requirements {
    /// Returns the sentence, if there are any constraints. A value that is sent "must be"; a value that is received
    /// "always is".
    fn sentence(self, subject: &str, usage: Usage) -> Option<String> {
        let is_only_be = self.have.is_empty() && self.matching.is_empty();
        let (start, be, have, matching) = match usage.is_built() {
            true => ("must", "be", "have", "match"),
            // "Always at least 1."
            false if subject.is_empty() && is_only_be => ("always", "", "has", "matches"),
            false => ("always", "is", "has", "matches"),
        };
        let parts = [(have, self.have), (matching, self.matching), (be, self.be)];
        let parts = parts.iter().filter(|(_, objects)| !objects.is_empty());
        let parts = parts.map(|(verb, objects)| format!("{verb} {}", objects.join(" and ")));
        let predicate = parts.collect::<Vec<_>>().join(", and ");
        let words = format!("{subject} {start} {predicate}.");
        let sentence = words.split_whitespace().collect::<Vec<_>>().join(" ");
        (!predicate.is_empty()).then(|| capitalized(&sentence))
    }
}

fn range(limits: &Limits, note: &str) -> Vec<String> {
    let inclusive = |bound: &&Bound| bound.edge == Edge::Inclusive && bound.integer().is_some();
    let (minimum, maximum) = (limits.minimum.as_ref(), limits.maximum.as_ref());
    if let (Some(min), Some(max)) = (minimum.filter(inclusive), maximum.filter(inclusive)) {
        return vec![format!(
            "between {} and {}",
            number(min, note),
            number(max, note)
        )];
    }
    let minimum = minimum.map(|bound| match bound.edge {
        Edge::Inclusive => format!("at least {}", number(bound, note)),
        Edge::Exclusive => format!("greater than {}", number(bound, note)),
    });
    let maximum = maximum.map(|bound| match bound.edge {
        Edge::Inclusive => format!("at most {}", number(bound, note)),
        Edge::Exclusive => format!("less than {}", number(bound, note)),
    });
    minimum.into_iter().chain(maximum).collect()
}

fn number(bound: &Bound, note: &str) -> String {
    match bound.integer() {
        Some(number) => number.to_string(),
        None => format!("{}{note}", bound.value),
    }
}

fn count(min: Option<u64>, max: Option<u64>, unit: (&str, &str)) -> Option<String> {
    let plural = |count: u64| if count == 1 { unit.0 } else { unit.1 };
    match (min, max) {
        (Some(min), Some(max)) if min == max => Some(format!("exactly {max} {}", plural(max))),
        (Some(min), Some(max)) => Some(format!("{min} to {max} {}", plural(max))),
        (Some(min), None) => Some(format!("at least {min} {}", plural(min))),
        (None, Some(max)) => Some(format!("at most {max} {}", plural(max))),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above_zero() -> Limits {
        Limits {
            minimum: Some(Bound {
                value: "0".into(),
                edge: Edge::Exclusive,
            }),
            ..Limits::default()
        }
    }

    #[test]
    fn facts_are_sentences() {
        let limits = Limits {
            min_length: Some(1),
            max_length: Some(40),
            ..above_zero()
        };
        let all = Facts {
            limits,
            default: Some("10".into()),
            lifecycle: Lifecycle::Deprecated,
            ..Facts::default()
        };
        assert_eq!(
            sentences(&all, Usage::Input),
            "Deprecated. Must have 1 to 40 characters, and be greater than 0. Default: `10`."
        );
        assert_eq!(sentences(&Facts::default(), Usage::Input), "");
    }

    #[test]
    fn received_values_satisfy_their_constraints() {
        let facts = Facts {
            limits: above_zero(),
            ..Facts::default()
        };
        assert_eq!(sentences(&facts, Usage::Output), "Always greater than 0.");
    }

    #[test]
    fn keys_and_items_are_subjects() {
        let bound = |value: &str| Bound {
            value: value.into(),
            edge: Edge::Inclusive,
        };
        let range = Limits {
            minimum: Some(bound("1")),
            maximum: Some(bound("9")),
            ..Limits::default()
        };
        let list = Limits {
            min_items: Some(1),
            items: Some(Box::new(range)),
            ..Limits::default()
        };
        let map = Limits {
            max_items: Some(2),
            keys: Some(Box::new(Limits {
                max_length: Some(1),
                ..Limits::default()
            })),
            items: Some(Box::new(list)),
            ..Limits::default()
        };
        assert_eq!(
            limits(&map, Usage::Input),
            "Must have at most 2 entries. Each key must have at most 1 character. Each value must have at least 1 item. \
             Each nested item must be between 1 and 9."
        );
    }

    #[test]
    fn limits_that_only_the_server_checks_say_so_where_values_are_sent() {
        let email = Limits {
            format: Some("email".into()),
            max_length: Some(254),
            ..Limits::default()
        };
        let note =
            "Must have the format `email` (validated by the server) and at most 254 characters.";
        assert_eq!(limits(&email, Usage::Both), note);
        let received = limits(&email, Usage::Output);
        assert_eq!(
            received,
            "Always has the format `email` and at most 254 characters."
        );
    }
}
