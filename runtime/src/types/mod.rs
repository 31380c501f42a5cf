//! Types of fields that are not structs, enums or unions of the API.

mod collect;
mod decimal;
mod id;
mod number;
mod one_or_many;
mod patch;
mod string_enum;
pub(crate) mod timestamp;

/// A date without a time and time zone.
pub use chrono::NaiveDate as Date;
pub use uuid::Uuid;

pub use collect::{Entries, Items, Pairs, Strings};
pub use decimal::{Decimal, InvalidDecimal};
pub use id::Id;
pub use number::Number;
pub use one_or_many::OneOrMany;
pub use patch::Patch::{self, Clear};
pub use string_enum::StringEnum;
pub use timestamp::Timestamp;

/// Any JSON value.
pub type JsonValue = serde_json::Value;

/// A JSON object with any keys and values.
pub type JsonObject = serde_json::Map<String, JsonValue>;
