//! The types of the API: what they are made of, and what the contract says of their values.

use std::cmp::Ordering;
use std::fmt;

use super::Decision;
use crate::names::Name;

/// Index of a type in [`Api::types`](super::Api::types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub usize);

/// A named type of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Rust name and schema name.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// Which way the type travels.
    pub usage: Usage,
    /// Whether fields that accept null are cleared by it: the type is (part of) the body of a partial update.
    pub role: Role,
    /// Whether the type still should be used.
    pub lifecycle: Lifecycle,
    /// The file of `models/` the type belongs to.
    pub module: String,
    /// What the type is made of.
    pub shape: Shape,
    /// JSON pointer into the contract.
    pub at: String,
}

impl TypeDef {
    /// Whether the contract names the type, rather than leaving it inline somewhere.
    pub fn is_component(&self) -> bool {
        let name = self.at.strip_prefix("/components/schemas/");
        name.is_some_and(|name| !name.contains('/'))
    }
}

/// Which way a type travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Only sent.
    Input,
    /// Only received.
    Output,
    /// Sent and received.
    Both,
}

impl Usage {
    /// Whether values are received, and so decoded.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Output | Self::Both)
    }

    /// Whether values are built by the user, and so need constructors.
    pub fn is_built(self) -> bool {
        matches!(self, Self::Input | Self::Both)
    }
}

/// What sending null in a field of the type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Null is the same as leaving the field out.
    Plain,
    /// Null clears the stored value: part of the body of a `PATCH`.
    Patch,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// An object with known fields.
    Struct(Struct),
    /// A set of texts.
    Enum(Enum),
    /// One of several types.
    Union(Union),
    /// Another name for a type.
    Alias(Type),
}

/// An object with known fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// In the order of the contract.
    pub fields: Vec<Field>,
    /// The type of further entries, where the contract gives them one.
    pub rest: Option<Type>,
    /// Limits on each further entry.
    pub rest_limits: Limits,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Rust name and key.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// What it holds.
    pub ty: Type,
    /// Whether the key must be there.
    pub presence: Presence,
    /// What else the contract says of it.
    pub facts: Facts,
    /// The keys that lead, from the struct, to the text that says which form the value has; for an ambiguous union.
    pub chosen_by: Option<Vec<String>>,
    /// JSON pointer into the contract.
    pub at: String,
}

/// Whether a field or parameter must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always there.
    Required,
    /// May be left out.
    Optional,
}

/// What the contract says of a value beyond its type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Limits on the value.
    pub limits: Limits,
    /// The value the server takes when there is none, as it would stand in JSON.
    pub default: Option<String>,
    /// Whether it still should be used.
    pub lifecycle: Lifecycle,
    /// Whether it may appear in `Debug` output.
    pub sensitivity: Sensitivity,
    /// Whether it is in requests, in responses, or in both.
    pub direction: Direction,
}

impl Facts {
    /// What holds of a value of which two schemas speak, one of which refers to the other. The referring one decides where
    /// only one can be right.
    #[must_use]
    pub fn beside(self, referred: Self) -> Self {
        Self {
            limits: self.limits.beside(referred.limits),
            default: self.default.or(referred.default),
            lifecycle: self.lifecycle.max(referred.lifecycle),
            sensitivity: self.sensitivity.max(referred.sensitivity),
            direction: match self.direction {
                Direction::Both => referred.direction,
                own => own,
            },
        }
    }

    /// What these facts of each item say of the list or map. Default and deprecation are those of an item alone.
    #[must_use]
    pub fn of_items(self) -> Self {
        let items = (!self.limits.is_empty()).then(|| Box::new(self.limits));
        Self {
            limits: Limits {
                items,
                ..Limits::default()
            },
            sensitivity: self.sensitivity,
            direction: self.direction,
            ..Self::default()
        }
    }
}

/// Which way a property travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// In requests and responses.
    #[default]
    Both,
    /// Only in responses (`readOnly`).
    Received,
    /// Only in requests (`writeOnly`).
    Sent,
}

/// Limits on a value; those of list items, map values and map keys are nested.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Fewest characters.
    pub min_length: Option<u64>,
    /// Most characters.
    pub max_length: Option<u64>,
    /// Regular expression that the text matches.
    pub pattern: Option<Pattern>,
    /// Most digits of a decimal.
    pub digits: Option<Digits>,
    /// Name of a textual format that has no Rust type of its own (`email`, `uri`).
    pub format: Option<String>,
    /// Lower bound.
    pub minimum: Option<Bound>,
    /// Upper bound.
    pub maximum: Option<Bound>,
    /// Fewest items or entries.
    pub min_items: Option<u64>,
    /// Most items or entries.
    pub max_items: Option<u64>,
    /// Whether all items differ. Only documented.
    pub unique_items: bool,
    /// Number that the value is a multiple of, as it stands in JSON. Only documented.
    pub multiple_of: Option<String>,
    /// Limits on each item of a list or value of a map.
    pub items: Option<Box<Limits>>,
    /// Limits on each key of a map.
    pub keys: Option<Box<Limits>>,
}

impl Limits {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The limits of two schemas, one of which refers to the other.
    #[must_use]
    pub fn beside(self, referred: Self) -> Self {
        let nested = |own: Option<Box<Self>>, referred: Option<Box<Self>>| match (own, referred) {
            (Some(own), Some(referred)) => Some(Box::new(own.beside(*referred))),
            (own, referred) => own.or(referred),
        };
        Self {
            min_length: self.min_length.or(referred.min_length),
            max_length: self.max_length.or(referred.max_length),
            pattern: self.pattern.or(referred.pattern),
            digits: self.digits.or(referred.digits),
            format: self.format.or(referred.format),
            minimum: self.minimum.or(referred.minimum),
            maximum: self.maximum.or(referred.maximum),
            min_items: self.min_items.or(referred.min_items),
            max_items: self.max_items.or(referred.max_items),
            unique_items: self.unique_items || referred.unique_items,
            multiple_of: self.multiple_of.or(referred.multiple_of),
            items: nested(self.items, referred.items),
            keys: nested(self.keys, referred.keys),
        }
    }

    /// What holds for a value of any of several types: of the limits on one kind of values the loosest, and none where a
    /// type sets none. Each type comes with the subjects that its values are.
    pub fn of_any(types: &[(Vec<Subject>, Limits)]) -> Self {
        let on = |subject| {
            let limits = types
                .iter()
                .filter(|(subjects, _)| subjects.contains(&subject))
                .map(|(_, limits)| limits.clone());
            limits.reduce(Self::loosest).unwrap_or_default()
        };
        let (text, number) = (on(Subject::Text), on(Subject::Number));
        Self {
            digits: on(Subject::Decimal).digits,
            minimum: number.minimum,
            maximum: number.maximum,
            multiple_of: number.multiple_of,
            min_length: text.min_length,
            max_length: text.max_length,
            pattern: text.pattern,
            format: text.format,
            ..on(Subject::Collection)
        }
    }

    /// What two types of one kind limit both: the looser limit, or none where neither is that.
    pub fn loosest(self, other: Self) -> Self {
        Self {
            min_length: of_both(self.min_length, other.min_length, u64::min),
            max_length: of_both(self.max_length, other.max_length, u64::max),
            pattern: same(self.pattern, other.pattern),
            digits: of_both(self.digits, other.digits, |a, b| Digits {
                integer: a.integer.max(b.integer),
                fraction: a.fraction.max(b.fraction),
            }),
            format: same(self.format, other.format),
            minimum: looser_bound(self.minimum, other.minimum, Ordering::Less),
            maximum: looser_bound(self.maximum, other.maximum, Ordering::Greater),
            min_items: of_both(self.min_items, other.min_items, u64::min),
            max_items: of_both(self.max_items, other.max_items, u64::max),
            unique_items: self.unique_items && other.unique_items,
            multiple_of: same(self.multiple_of, other.multiple_of),
            items: same(self.items, other.items),
            keys: same(self.keys, other.keys),
        }
    }
}

fn of_both<T>(a: Option<T>, b: Option<T>, looser: impl FnOnce(T, T) -> T) -> Option<T> {
    Some(looser(a?, b?))
}

fn same<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.filter(|a| Some(a) == b.as_ref())
}

/// The bound that lies further in a direction. Of two at one number, the one that includes it.
fn looser_bound(a: Option<Bound>, b: Option<Bound>, further: Ordering) -> Option<Bound> {
    let (a, b) = (a?, b?);
    let order = a.compare(&b)?;
    let is_a = order == further || (order.is_eq() && a.edge == Edge::Inclusive);
    Some(if is_a { a } else { b })
}

/// What a limit can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The characters of a text.
    Text,
    /// The size of a number.
    Number,
    /// The digits of a decimal.
    Decimal,
    /// The items of a list or the entries of a map.
    Collection,
}

/// A regular expression (ECMA 262) that matches somewhere in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The expression.
    pub text: String,
    /// Whether the client holds texts against it.
    pub engine: Engine,
}

/// Whether the client's engine for regular expressions reads an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// It does.
    Reads,
    /// It does not: the expression looks ahead or behind. It is only documented.
    Refuses,
}

/// Most digits that a decimal may have at either side of its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// Before the point.
    pub integer: usize,
    /// After the point.
    pub fraction: usize,
}

/// A numeric bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The number, as it stands in JSON.
    pub value: String,
    /// Whether the number itself is allowed.
    pub edge: Edge,
}

impl Bound {
    /// The number as a 64-bit integer, if it is one: the client checks no other bounds.
    pub fn integer(&self) -> Option<i64> {
        self.value.parse().ok()
    }

    /// Which number is larger. `None` where doubles cannot tell.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.integer(), other.integer()) {
            return Some(a.cmp(&b));
        }
        let (a, b): (f64, f64) = (self.value.parse().ok()?, other.value.parse().ok()?);
        let order = a.partial_cmp(&b)?;
        (order.is_ne() || self.value == other.value).then_some(order)
    }
}

/// Whether a bound includes its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `<=`, `>=`.
    Inclusive,
    /// `<`, `>`.
    Exclusive,
}

/// Whether something still should be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifecycle {
    /// Yes.
    #[default]
    Active,
    /// No: it will go.
    Deprecated,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Yes.
    #[default]
    Public,
    /// No: it grants access.
    Secret,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// A single value.
    Scalar(Scalar),
    /// A type of [`Api::types`](super::Api::types).
    Named(TypeId),
    /// A JSON array.
    List(Box<Type>),
    /// A JSON object with free keys.
    Map(Box<Type>),
    /// A JSON array of fixed length.
    Tuple(Vec<Type>),
    /// A value or null.
    Nullable(Box<Type>),
    /// A value on the heap: a struct that contains itself.
    Boxed(Box<Type>),
    /// Always the same value.
    Const(Constant),
    /// Anything.
    Json,
}

impl Type {
    /// The type without its null.
    pub fn non_null(&self) -> &Type {
        match self {
            Self::Nullable(inner) => inner.non_null(),
            other => other,
        }
    }

    /// Whether null is a value of it.
    pub fn is_nullable(&self) -> bool {
        matches!(self, Self::Nullable(_))
    }

    /// The same type, null included.
    pub fn nullable(self) -> Type {
        if self.is_nullable() {
            self
        } else {
            Self::Nullable(Box::new(self))
        }
    }

    /// Calls `visit` with every named type in it.
    pub fn visit_named(&self, visit: &mut impl FnMut(TypeId)) {
        match self {
            Self::Named(id) => visit(*id),
            Self::List(inner) | Self::Map(inner) | Self::Nullable(inner) | Self::Boxed(inner) => {
                inner.visit_named(visit);
            }
            Self::Tuple(items) => items.iter().for_each(|item| item.visit_named(visit)),
            Self::Scalar(_) | Self::Const(_) | Self::Json => {}
        }
    }
}

/// A single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// Text.
    String,
    /// Signed 64-bit integer; money in cents.
    Integer,
    /// Unsigned 64-bit integer.
    Unsigned,
    /// Double.
    Float,
    /// Integer or double, kept apart.
    Number,
    /// Exact decimal: a string out, number or string in.
    Decimal,
    /// True or false.
    Boolean,
    /// UUID.
    Uuid,
    /// Instant.
    Timestamp,
    /// Calendar date.
    Date,
}

/// A constant of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constant {
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Null.
    Null,
}

/// As it is written in JSON, without quotes.
impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Null => f.write_str("null"),
        }
    }
}

/// A set of texts. The client keeps texts it does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// In the order of the contract.
    pub values: Vec<EnumValue>,
}

/// One text of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// Variant name and text.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
}

/// One of several types.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// Nested unions are flattened.
    pub variants: Vec<Variant>,
    /// How a value is told apart.
    pub resolution: Resolution,
}

/// One of the types of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Variant name; the wire part is the schema's or scalar's name.
    pub name: Name,
    /// What it holds.
    pub ty: Type,
    /// Limits on the value.
    pub limits: Limits,
    /// JSON pointers into the contract: the members of the union that it stands for.
    pub at: Vec<String>,
}

/// How the variants of a union are told apart when a value is decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// By a decision that can be taken from the value alone.
    Decided(Decision),
    /// Never decoded.
    WriteOnly,
    /// Not at all, for a reason given with the corrections; the raw JSON is kept.
    Ambiguous {
        /// Why that is right.
        reason: String,
        /// What a text that stands beside the union's value says of it.
        choices: Option<Choices>,
    },
}

/// The forms of an ambiguous union, by a text that stands elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// The name of the enum over the forms.
    pub name: String,
    /// The paths where such a text is looked for, from the struct that has the union as a field.
    pub paths: Vec<Vec<String>>,
    /// Texts, and which of [`Union::variants`] they stand for.
    pub variants: Vec<(String, usize)>,
}

impl Resolution {
    /// The word for it in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.label(),
            Self::WriteOnly => "write-only",
            Self::Ambiguous { .. } => "ambiguous",
        }
    }
}
