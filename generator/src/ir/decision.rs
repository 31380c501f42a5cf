//! How the variants of a union are distinguished.

use super::Constant;

/// A decision over the properties of a JSON value. Variants are indices into [`Union::variants`](super::Union::variants).
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It is this variant.
    Variant(usize),
    /// It is none of them: keep the raw JSON.
    Unknown,
    /// By the constant at a path of object keys.
    Tag {
        /// The keys.
        path: Vec<String>,
        /// Constants and what follows from them; every constant occurs once.
        arms: Vec<(Vec<Constant>, Decision)>,
        /// What follows from another constant, or none.
        otherwise: Box<Decision>,
    },
    /// By the presence of keys.
    Key {
        /// What counts as there.
        sought: Sought,
        /// How many of them have to be there.
        needed: Needed,
        /// Paths of object keys.
        paths: Vec<Vec<String>>,
        /// If they are present.
        present: Box<Decision>,
        /// If they are not.
        absent: Box<Decision>,
    },
    /// By the type of the JSON value.
    Kind {
        /// Types and what follows from them.
        arms: Vec<(Vec<Kind>, Decision)>,
    },
    /// By whether a text reads as a value of this variant's scalar, and writes back as the same text.
    Text {
        /// The variant.
        variant: usize,
        /// If it does not.
        otherwise: Box<Decision>,
    },
}

/// What counts as a present key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// One with a value other than null.
    Value,
    /// One with any value, null included.
    Key,
}

/// How many of several keys have to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// One is enough.
    Any,
    /// None may be missing.
    All,
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `true`, `false`.
    Boolean,
    /// A number without fraction or exponent, within 64 bits with a sign.
    Integer,
    /// A number without fraction or exponent beyond that.
    BigInteger,
    /// A number with a fraction or exponent whose value is an integer: `1.0`.
    Whole,
    /// Any other number.
    Number,
    /// A text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

impl Decision {
    /// Returns the word for it in reports.
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

    /// Returns whether it is taken by constants that leave nothing open.
    fn is_pure(&self) -> bool {
        matches!(self, Self::Variant(_)) || self.label() == "tag"
    }

    /// Returns the properties it looks at, in the order it looks at them, as dotted paths.
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

    /// The variants it can lead to.
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
