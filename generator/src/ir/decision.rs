//! How the variants of a union are distinguished.

use super::Constant;

/// A decision over the properties of a JSON value. Variants are indices into [`Union::variants`](super::Union::variants).
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// The value is this variant.
    Variant(usize),
    /// The value is none of them: keep the raw JSON.
    Unknown,
    /// By the constant at a path of keys.
    Tag {
        /// The path.
        path: Vec<String>,
        /// Constants and the decisions that follow from them; every constant occurs once.
        arms: Vec<(Vec<Constant>, Decision)>,
        /// The decision for any other constant, or none.
        otherwise: Box<Decision>,
    },
    /// By the presence of keys.
    Key {
        /// What counts as present.
        sought: Sought,
        /// How many of them must be present.
        needed: Needed,
        /// The paths.
        paths: Vec<Vec<String>>,
        /// The decision if they are present.
        present: Box<Decision>,
        /// The decision if they are not.
        absent: Box<Decision>,
    },
    /// By the type of the JSON value.
    Kind {
        /// Types and the decisions that follow from them.
        arms: Vec<(Vec<Kind>, Decision)>,
    },
    /// By whether a string parses as a value of this variant's scalar, and is unchanged when it is written again.
    Text {
        /// The variant.
        variant: usize,
        /// The decision if it does not.
        otherwise: Box<Decision>,
    },
}

/// When a key counts as present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// If its value is not null.
    Value,
    /// With any value, null included.
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
    /// Returns its name in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Variant(_) | Self::Unknown => "single",
            Self::Key { .. } => "keys",
            Self::Kind { .. } | Self::Text { .. } => "kind",
            Self::Tag {
                arms, otherwise, ..
            } => match **otherwise {
                Self::Unknown if arms.iter().all(|(_, then)| then.is_pure()) => "tag",
                Self::Unknown => "guard",
                _ => "fallback",
            },
        }
    }

    /// Returns whether it needs no decision beyond constants.
    fn is_pure(&self) -> bool {
        matches!(self, Self::Variant(_)) || self.label() == "tag"
    }

    /// Returns the properties that it reads, in that order, as dotted paths.
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
            Self::Text { otherwise, .. } => {
                add("(text)".to_owned());
                otherwise.collect_deciding(found);
            }
        }
    }

    /// Returns the variants that it can select.
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
            Self::Text { variant, otherwise } => [vec![*variant], otherwise.outcomes()].concat(),
        }
    }
}
