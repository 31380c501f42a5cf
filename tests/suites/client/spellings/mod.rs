//! Arguments of different types that users are likely to pass. All expressions of a group compile, and have the same
//! meaning.

#![allow(
    clippy::unwrap_used,
    clippy::needless_borrows_for_generic_args,
    clippy::useless_vec,
    clippy::useless_conversion,
    reason = "a panic is how a test fails, and users write expressions that could be shorter"
)]

mod models;
mod requests;

use polar_client::codec::{self, Encode};
use polar_client::types::Uuid;
use serde_json::Value;

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

/// Returns the JSON that is sent for a value.
fn written(value: &dyn Encode) -> Value {
    serde_json::from_str(&codec::to_string(value)).unwrap()
}

/// Asserts that all values are sent as this JSON.
macro_rules! same {
    ($expected:expr; $($value:expr),+ $(,)?) => {
        for written in [$(crate::spellings::written(&$value)),+] {
            assert_eq!(written, $expected);
        }
    };
}
pub(crate) use same;
