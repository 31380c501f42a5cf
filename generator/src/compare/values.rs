//! Compares the types of values: their descriptions, their Rust types, and whether one side can read values of the
//! other.

use crate::ir::{Api, Constant, Scalar, Shape, Type};

/// A type, with the contract that defines it.
#[derive(Clone, Copy)]
pub(super) struct Typed<'a> {
    pub(super) api: &'a Api,
    pub(super) ty: &'a Type,
}

impl<'a> Typed<'a> {
    pub(super) fn new(api: &'a Api, ty: &'a Type) -> Self {
        Self { api, ty }
    }

    /// Returns the type without null.
    pub(super) fn non_null(self) -> Self {
        self.of(self.ty.non_null())
    }

    fn of(self, ty: &'a Type) -> Self {
        Self { api: self.api, ty }
    }

    /// Returns the type of the values in JSON, in which an identifier of any entity is a UUID.
    fn written(self) -> Self {
        static UUID: Type = Type::Scalar(Scalar::Uuid);
        match self.api.target(self.ty) {
            Type::Id(_) => self.of(&UUID),
            target => self.of(target),
        }
    }

    /// Describes the type. Different types have different descriptions.
    pub(super) fn description(self) -> String {
        match self.ty {
            Type::Const(Constant::String(text)) => format!("constant {text:?}"),
            Type::Const(other) => format!("constant {other}"),
            Type::Scalar(scalar) => scalar_words(*scalar).to_owned(),
            Type::Id(entity) => format!("identifier of {entity}"),
            Type::Named(id) => self.api.def(*id).name.rust.clone(),
            Type::List(item) => format!("list of {}", self.of(item).description()),
            Type::Map(value) => format!("map of {}", self.of(value).description()),
            Type::Tuple(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| self.of(item).description())
                    .collect();
                format!("tuple of {}", items.join(", "))
            }
            Type::Nullable(inner) => format!("{} or null", self.of(inner).description()),
            Type::Boxed(inner) => format!("boxed {}", self.of(inner).description()),
            Type::Json => "any JSON".to_owned(),
        }
    }

    /// Describes the Rust type. Types with the same Rust type have the same description.
    pub(super) fn rust(self) -> String {
        match self.ty {
            Type::Const(Constant::String(_)) => "constant string".to_owned(),
            Type::Const(Constant::Boolean(_)) => scalar_words(Scalar::Boolean).to_owned(),
            Type::Const(Constant::Integer(_)) => scalar_words(Scalar::Integer).to_owned(),
            Type::List(item) => format!("list of {}", self.of(item).rust()),
            Type::Map(value) => format!("map of {}", self.of(value).rust()),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| self.of(item).rust()).collect();
                format!("tuple of {}", items.join(", "))
            }
            Type::Nullable(inner) => format!("{} or null", self.of(inner).rust()),
            Type::Boxed(inner) => format!("boxed {}", self.of(inner).rust()),
            Type::Scalar(_)
            | Type::Id(_)
            | Type::Named(_)
            | Type::Json
            | Type::Const(Constant::Null) => self.description(),
        }
    }

    /// Returns whether this type is an identifier and the other type is a plain UUID, which converts to it.
    pub(super) fn identifies(self, other: Self) -> bool {
        matches!(self.ty, Type::Id(_)) && matches!(other.ty, Type::Scalar(Scalar::Uuid))
    }

    /// Returns whether the type is a union that has the other type as a variant.
    pub(super) fn has_variant(self, other: Self) -> bool {
        let own = self.of(self.api.target(self.ty));
        let other = other.of(other.api.target(other.ty)).rust();
        let Type::Named(id) = own.ty else {
            return false;
        };
        match &own.api.def(*id).shape {
            Shape::Union(union) => {
                let variants = union.variants.iter().map(|it| own.api.target(&it.ty));
                own.rust() != other && variants.into_iter().any(|ty| own.of(ty).rust() == other)
            }
            _ => false,
        }
    }

    /// Formats a change from this type to the new one: `X → Y`.
    pub(super) fn to(self, new: Self) -> Option<String> {
        Some(format!("{} → {}", self.description(), new.description()))
    }
}

fn scalar_words(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Integer => "integer",
        Scalar::Unsigned => "unsigned integer",
        Scalar::Float => "double",
        Scalar::Number => "number",
        Scalar::Decimal => "decimal",
        Scalar::Boolean => "boolean",
        Scalar::Uuid => "UUID",
        Scalar::Timestamp => "timestamp",
        Scalar::Date => "date",
    }
}

/// The side that decodes values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// The client, which accepts unknown values of enums and constants.
    Client,
    /// The server, which accepts what its contract allows.
    Server,
}

impl Reader {
    /// Returns whether the reader, which expects the type `own`, can read all values of the type `written`. Types with
    /// the same name are assumed to be equal, since a difference between them is reported separately.
    pub(super) fn reads(self, own: Typed<'_>, written: Typed<'_>) -> bool {
        let (own, written) = (own.written(), written.written());
        if own.description() == written.description() {
            return true;
        }
        match (own.ty, written.ty) {
            (Type::Json, _) => true,
            (Type::Nullable(inner), Type::Nullable(other)) => {
                self.reads(own.of(inner), written.of(other))
            }
            (Type::Nullable(inner), _) => self.reads(own.of(inner), written),
            (Type::List(item), Type::List(other)) | (Type::Map(item), Type::Map(other)) => {
                self.reads(own.of(item), written.of(other))
            }
            (Type::Tuple(items), Type::Tuple(others)) => {
                let mut pairs = items.iter().zip(others);
                items.len() == others.len()
                    && pairs.all(|(item, other)| self.reads(own.of(item), written.of(other)))
            }
            (Type::Scalar(own), Type::Scalar(written)) => self.reads_scalar(*own, *written),
            (Type::Scalar(own), Type::Const(constant)) => of_constant(*own, constant),
            (Type::Const(Constant::String(_)), _) => self == Self::Client && is_text(written),
            (Type::Named(id), _) => self.reads_named(own, &own.api.def(*id).shape, written),
            (Type::Scalar(Scalar::String), Type::Named(_)) => is_text(written),
            _ => false,
        }
    }

    fn reads_scalar(self, own: Scalar, written: Scalar) -> bool {
        use Scalar::{Date, Decimal, Float, Integer, Number, String, Timestamp, Unsigned, Uuid};
        match (own, written) {
            (String, Uuid | Timestamp | Date) => true,
            // Server and client both encode decimals as strings.
            (String, Decimal) => true,
            (Number | Float | Decimal, Integer | Unsigned | Float | Number) => true,
            (Decimal, String) => false,
            // An integer out of range would violate the contract, so it is not expected.
            (Integer, Unsigned) => true,
            _ => own == written,
        }
    }

    fn reads_named(self, own: Typed<'_>, shape: &Shape, written: Typed<'_>) -> bool {
        match shape {
            Shape::Enum(_) if self == Self::Client => is_text(written),
            Shape::Enum(known) => {
                let knows = |text: &str| known.values.iter().any(|value| value.name.wire == text);
                texts(written).is_some_and(|texts| texts.iter().all(|text| knows(text)))
            }
            Shape::Union(union) => union
                .variants
                .iter()
                .any(|variant| self.reads(own.of(&variant.ty), written)),
            Shape::Struct(_) | Shape::Alias(_) => false,
        }
    }
}

/// Returns whether the values are strings.
fn is_text(written: Typed<'_>) -> bool {
    use Scalar::{Date, Decimal, String, Timestamp, Uuid};
    let text = matches!(
        written.ty,
        Type::Scalar(String | Uuid | Timestamp | Date | Decimal)
    );
    text || texts(written).is_some()
}

/// Returns the strings that a constant or an enum allows.
fn texts(written: Typed<'_>) -> Option<Vec<&str>> {
    match written.ty {
        Type::Const(Constant::String(text)) => Some(vec![text]),
        Type::Named(id) => match &written.api.def(*id).shape {
            Shape::Enum(texts) => {
                let values = texts.values.iter();
                Some(values.map(|value| value.name.wire.as_str()).collect())
            }
            _ => None,
        },
        _ => None,
    }
}

fn of_constant(own: Scalar, constant: &Constant) -> bool {
    match constant {
        Constant::String(_) => own == Scalar::String,
        Constant::Boolean(_) => own == Scalar::Boolean,
        Constant::Integer(_) => matches!(
            own,
            Scalar::Integer | Scalar::Unsigned | Scalar::Float | Scalar::Number | Scalar::Decimal
        ),
        Constant::Null => false,
    }
}
