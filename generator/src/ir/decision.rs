//! How the variants of a union are discriminated: a tree of decisions, which emitted code follows when it decodes a value.

use super::Constant;

/// A tree of decisions about a JSON value. Its leaves are variants, as indices into
/// [`Union::variants`](super::Union::variants).
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// The value is this variant.
    Variant(usize),
    /// The value is none of the variants. The raw JSON is kept.
    Unknown,
    /// Decides by the constant at a path.
    Tag {
        /// The keys that lead to the constant.
        path: Vec<String>,
        /// The decision for each constant. Every constant occurs once.
        arms: Vec<(Vec<Constant>, Decision)>,
        /// The decision for any other constant, and for none.
        otherwise: Box<Decision>,
    },
    /// Decides by the presence of keys.
    Key {
        /// When a key counts as present.
        sought: Sought,
        /// How many of the keys must be present.
        needed: Needed,
        /// The paths of the keys.
        paths: Vec<Vec<String>>,
        /// The decision if enough keys are present.
        present: Box<Decision>,
        /// The decision otherwise.
        absent: Box<Decision>,
    },
    /// Decides by the type of the JSON value.
    Kind {
        /// The decision for each type.
        arms: Vec<(Vec<Kind>, Decision)>,
    },
    /// Decides by the format of a string. The string is of the variant if it can be parsed as the variant's scalar, and
    /// encoding the parsed value returns the same string.
    Format {
        /// The variant.
        variant: usize,
        /// The decision for other strings.
        otherwise: Box<Decision>,
    },
}

/// When a key counts as present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// Only if its value is not null.
    Value,
    /// With any value, including null.
    Key,
}

/// How many of several keys must be present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// At least one.
    Any,
    /// All of them.
    All,
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `true`, `false`.
    Boolean,
    /// A number without fraction or exponent that fits a signed 64-bit integer.
    Integer,
    /// A larger number without fraction or exponent.
    BigInteger,
    /// A number with a fraction or exponent whose value is an integer: `1.0`.
    Whole,
    /// Any other number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Decision {
    /// Returns the name of the type in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Variant(_) | Self::Unknown => "single",
            Self::Key { .. } => "keys",
            Self::Kind { .. } | Self::Format { .. } => "kind",
            Self::Tag {
                arms, otherwise, ..
            } => match **otherwise {
                Self::Unknown if arms.iter().all(|(_, then)| then.is_pure()) => "tag",
                Self::Unknown => "guard",
                _ => "fallback",
            },
        }
    }

    /// Returns whether the decision only depends on constants.
    fn is_pure(&self) -> bool {
        matches!(self, Self::Variant(_)) || self.label() == "tag"
    }

    /// Returns the properties that the decision reads, in the order in which it reads them, as dotted paths.
    pub fn deciding(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_deciding(&mut found);
        found
    }

    fn collect_deciding(&self, found: &mut Vec<String>) {
        let mut add = |path: String| {
            if !found.contains(&path) {
                found.push(path);
            }
        };
        match self {
            Self::Variant(_) | Self::Unknown => {}
            Self::Tag {
                path,
                arms,
                otherwise,
            } => {
                add(path.join("."));
                arms.iter()
                    .for_each(|(_, then)| then.collect_deciding(found));
                otherwise.collect_deciding(found);
            }
            Self::Key {
                paths,
                present,
                absent,
                ..
            } => {
                paths
                    .iter()
                    .for_each(|path| add(format!("{}?", path.join("."))));
                present.collect_deciding(found);
                absent.collect_deciding(found);
            }
            Self::Kind { arms } => {
                add("(type)".to_owned());
                arms.iter()
                    .for_each(|(_, then)| then.collect_deciding(found));
            }
            Self::Format { otherwise, .. } => {
                add("(text)".to_owned());
                otherwise.collect_deciding(found);
            }
        }
    }

    /// Returns the variants that the decision can select.
    pub fn outcomes(&self) -> Vec<usize> {
        match self {
            Self::Variant(variant) => vec![*variant],
            Self::Unknown => vec![],
            Self::Tag {
                arms, otherwise, ..
            } => arms
                .iter()
                .flat_map(|(_, then)| then.outcomes())
                .chain(otherwise.outcomes())
                .collect(),
            Self::Key {
                present, absent, ..
            } => [present.outcomes(), absent.outcomes()].concat(),
            Self::Kind { arms } => arms.iter().flat_map(|(_, then)| then.outcomes()).collect(),
            Self::Format { variant, otherwise } => [vec![*variant], otherwise.outcomes()].concat(),
        }
    }
}
