//! Creates all identifiers of the generated crate from names of the contract. No other module of the generator changes the
//! case of a word or escapes a keyword.
//!
//! Identifiers are ASCII. Other characters separate words. If a string contains no ASCII letter or digit, the code points
//! of its characters are used. A name that Rust or the client reserves gets a trailing underscore or, for a setter, the
//! prefix `set_`.

mod taken;
#[cfg(test)]
mod tests;
mod variants;

pub use variants::{union_variants, variant};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

/// The name of the field for additional entries of a struct.
pub const REST_FIELD: &str = "additional";

/// Words with a capital letter inside, which are not split there: `GitHub` becomes `github`.
const ONE_WORD: &[&str] = &["GitHub", "OAuth"];

/// A Rust identifier, and the name on the wire that it is derived from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The Rust identifier. A keyword is raw (`r#type`) or, if it cannot be raw, has an underscore (`self_`).
    pub rust: String,
    /// The name in the contract, unchanged.
    pub wire: String,
}

/// The keywords of Rust in edition 2024, including reserved ones.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that cannot be written as raw identifiers.
const NEVER_RAW: &[&str] = &["crate", "self", "super", "Self", "_"];

/// Returns the name of a struct field or of an optional parameter: `snake_case`, with raw keywords.
///
/// A leading underscore is dropped (`_cost` is `cost`), a leading digit gets an underscore, and `%` is spelled out.
pub fn field(wire: &str) -> Name {
    Name {
        rust: snake(&wire.replace('%', " percent ")),
        wire: wire.to_owned(),
    }
}

/// Returns the name of a required parameter, which is an argument of its method.
pub fn argument(wire: &str) -> Name {
    free(field(wire), &[taken::VARIABLES])
}

/// Returns the name of an operation: a method of its service.
pub fn method(wire: &str) -> Name {
    free(field(wire), &[taken::METHODS])
}

/// Returns the name of a service. It is the name of a method, of a module and of a file.
pub fn service(wire: &str) -> Name {
    free(
        field(wire),
        &[taken::METHODS, taken::ROOT_METHODS, taken::MODULES],
    )
}

/// Returns the name of the constructor for a server: `sandbox`.
pub fn server(wire: &str) -> Name {
    free(field(wire), &[taken::METHODS, taken::ROOT_METHODS])
}

/// Returns the type name of a service: `customer_seats` is `CustomerSeats`.
pub fn service_type(service: &Name) -> String {
    camel(plain(&service.rust))
}

/// Returns the name of the module and file for the types that belong to a service.
pub fn module(service: &Name) -> String {
    match service.rust.strip_prefix("r#") {
        Some(keyword) => format!("{keyword}_"),
        None => service.rust.clone(),
    }
}

/// Adds an underscore to a name that is in one of the lists.
fn free(name: Name, lists: &[&[&str]]) -> Name {
    let is_taken = lists.iter().any(|list| list.contains(&plain(&name.rust)));
    match is_taken {
        true => Name {
            rust: format!("{}_", plain(&name.rust)),
            ..name
        },
        false => name,
    }
}

/// Returns a name without the prefix of raw identifiers.
fn plain(rust: &str) -> &str {
    rust.trim_start_matches("r#")
}

/// Returns the name that the overlay sets for `wire`, if it is valid: `make` would leave it unchanged.
pub fn given(wire: &str, rust: &str, make: fn(&str) -> Name) -> Option<Name> {
    let made = make(rust);
    (plain(&made.rust) == rust).then(|| Name {
        rust: made.rust,
        wire: wire.to_owned(),
    })
}

/// Returns the name that the overlay sets for the schema `wire`, if it is an `UpperCamelCase` identifier.
pub fn given_type(wire: &str, rust: &str) -> Option<Name> {
    let begins = rust.starts_with(|c: char| c.is_ascii_uppercase());
    let is_camel = begins && rust.chars().all(|c| c.is_ascii_alphanumeric());
    (is_camel && rust != "Self").then(|| Name {
        rust: rust.to_owned(),
        wire: wire.to_owned(),
    })
}

/// Returns whether a string is a version of the API: `YYYY-MM`.
pub fn is_version(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('-').is_some_and(|(year, month)| {
        let is_month = month.len() == 2 && ("01"..="12").contains(&month);
        year.len() == 4 && digits(year) && digits(month) && is_month
    })
}

/// Returns a month in words: `January 2027` for `2027-01`.
pub fn month(text: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let words = text.split_once('-').and_then(|(year, month)| {
        let index = month.parse::<usize>().ok()?.checked_sub(1)?;
        Some(format!("{} {year}", MONTHS.get(index)?))
    });
    words.unwrap_or_else(|| text.to_owned())
}

/// Returns the type name of a schema: `UpperCamelCase`, without the prefixes and suffixes that servers add.
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

/// Returns the name of an inline type, from its title or its location.
pub fn inline(title_or_place: &str) -> Name {
    Name {
        rust: camel(title_or_place),
        wire: title_or_place.to_owned(),
    }
}

/// Returns the name of a field's setter: the name of the field, with the prefix `set_` if it is reserved.
pub fn setter(field: &Name) -> String {
    set(field, &[taken::TRAIT_METHODS, taken::MODEL_METHODS])
}

/// Returns the name of a parameter's setter: the name of the parameter, with the prefix `set_` if it is reserved.
pub fn param_setter(param: &Name) -> String {
    set(param, &[taken::TRAIT_METHODS, taken::REQUEST_METHODS])
}

fn set(name: &Name, lists: &[&[&str]]) -> String {
    let plain = plain(&name.rust);
    match lists.iter().any(|list| list.contains(&plain)) {
        true => format!("set_{plain}"),
        false => name.rust.clone(),
    }
}

/// Returns whether a name is reserved for another method of unions, so that a shared field cannot have it.
pub fn is_union_method(name: &str) -> bool {
    taken::UNION_METHODS.contains(&name)
}

/// Returns the name of the method that decodes an ambiguous field as the variant that another field selects.
pub fn field_view(field: &Name) -> String {
    format!("{}_view", plain(&field.rust))
}

/// Returns the name of the method of a union that returns the value of a variant: `as_fixed`.
pub fn narrowing(variant: &str) -> String {
    format!("as_{}", plain(&snake(variant)))
}

/// Returns the name of the struct for unknown variants of a union: `UnknownPrice`.
pub fn unknown(union: &str) -> String {
    format!("Unknown{union}")
}

/// Returns the name of the method that decodes an ambiguous union as a variant: `to_fixed`.
pub fn view(variant: &str) -> String {
    snake(&format!("to_{variant}"))
}

/// Returns the name of the request type of a method: `list_seats` is `ListSeats`.
pub fn request_type(method: &str) -> String {
    camel(method)
}

/// Returns the Rust module of a published version: `2026-10` is `v2026_10`.
pub fn version_module(version: &str) -> String {
    format!("v{}", version.replace('-', "_"))
}

/// Returns the Cargo feature of a published version: `2026-10` is `v2026-10`.
pub fn version_feature(version: &str) -> String {
    format!("v{version}")
}

/// Returns the enum variant for a published version: `2026-10` is `V2026_10`.
pub fn version_variant(version: &str) -> String {
    format!("V{}", version.replace('-', "_"))
}

/// Returns the name of the constant for a method or server, in `SCREAMING_SNAKE_CASE`.
pub fn constant(name: &Name) -> String {
    plain(&name.rust).to_uppercase()
}

/// Returns a name as words for doc comments: `customer seats` for `customer_seats`.
pub fn spoken(wire: &str) -> String {
    wire.to_snake_case().replace('_', " ")
}

/// Returns the name of an entity: `CheckoutLink` for `checkout_link`.
pub fn entity(word: &str) -> String {
    camel(word)
}

/// Returns the name of the entity in a collection: `CheckoutLink` for `checkout-links`.
pub fn entity_of(collection: &str) -> String {
    match collection.strip_suffix("ies") {
        Some(word) => camel(&format!("{word}y")),
        None => camel(singular(collection)),
    }
}

/// Returns the name of the ID type of an entity: `CheckoutLinkId`.
pub fn id_type(entity: &str) -> String {
    format!("{entity}Id")
}

/// Returns the words of a name, in lower case.
pub fn words(name: &str) -> Vec<String> {
    snake_words(name)
}

/// Returns whether `name` contains the words of `part`, in order and next to each other. A plural `s` at the end of a word
/// is ignored.
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
    let text = ONE_WORD.iter().fold(ascii(wire), |text, word| {
        text.replace(word, &word.to_ascii_lowercase().to_upper_camel_case())
    });
    escape(text.to_snake_case())
}

fn camel(wire: &str) -> String {
    escape_type(cased(wire))
}

fn cased(wire: &str) -> String {
    ascii(wire).to_upper_camel_case()
}

/// Returns the characters of a string that are valid in identifiers.
fn ascii(text: &str) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    if text.contains(|c: char| c.is_ascii_alphanumeric()) {
        return text.replace(|c: char| !c.is_ascii(), " ");
    }
    let spelled = text.chars().map(|c| format!(" u{:04x}", u32::from(c)));
    spelled.collect()
}

fn escape(word: String) -> String {
    if KEYWORDS.contains(&word.as_str()) {
        format!("r#{word}")
    } else if NEVER_RAW.contains(&word.as_str()) {
        format!("{word}_")
    } else if word.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{word}")
    } else {
        word
    }
}

fn escape_type(word: String) -> String {
    if NEVER_RAW.contains(&word.as_str()) {
        format!("{word}_")
    } else if word.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{word}")
    } else {
        word
    }
}

fn generic<'a>(wire: &'a str, prefix: &str) -> Option<&'a str> {
    wire.strip_prefix(prefix)?.strip_suffix('_')
}
