//! Types of different versions of the API that are one type: this only compiles if they are.
//!
//! A type is shared as soon as nothing it reaches differs. When a contract changes one of these for good, take it out.

use polar_client::{v2026_04, v2026_10, v2027_01};

/// Compiles if the two paths lead to one type.
macro_rules! same {
    ($($path:ident::$name:ident)*) => {
        $(
            const _: fn(v2026_04::$path::$name) -> v2026_10::$path::$name = |value| value;
            const _: fn(v2026_10::$path::$name) -> v2027_01::$path::$name = |value| value;
        )*
    };
}

same! {
    models::Customer
    models::CustomerUpdate
    models::CustomerSeat
    models::ResourceNotFound
}

const _: fn(v2026_04::models::Product) -> v2026_10::models::Product = |product| product;
const _: fn(v2026_04::models::Order) -> v2026_10::models::Order = |order| order;
const _: fn(v2026_04::models::Benefit) -> v2026_10::models::Benefit = |benefit| benefit;
const _: fn(v2026_04::models::Event) -> v2026_10::models::Event = |event| event;
const _: fn(v2026_10::models::LicenseKeyRead) -> v2027_01::models::LicenseKeyRead = |key| key;
const _: fn(v2026_04::ErrorCode) -> v2026_10::ErrorCode = |code| code;
const _: fn(v2026_04::webhooks::Event) -> v2026_10::webhooks::Event = |event| event;
const _: fn(v2026_04::services::customers::List) -> v2027_01::services::customers::List =
    |list| list;
