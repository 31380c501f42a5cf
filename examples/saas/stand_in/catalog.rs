//! The products of the business.

use polar_client::testing::{json, sample_with};
use polar_client::v2026_10::models::Product;

/// The monthly credits of all plans.
pub(super) const CREDITS: i64 = 100;

pub(super) fn products() -> [Product; 2] {
    let solo = sample_with(&json!({
        "id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7a01",
        // Created later than the other one: products are listed in this order.
        "created_at": "2026-02-01T00:00:00Z",
        "name": "Solo",
        "description": "For one person with a lot to report.",
        "recurring_interval": "month",
        "is_recurring": true,
        "prices": [{"amount_type": "fixed", "price_amount": 1200, "price_currency": "usd"}],
        "benefits": [
            {"id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7b01", "type": "custom", "description": "100 credits a month"},
            {"id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7b02", "type": "custom", "description": "All templates"},
        ],
    }));
    let team = sample_with(&json!({
        "id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7a02",
        "created_at": "2026-01-01T00:00:00Z",
        "name": "Team",
        "description": "For everybody you work with. One bill.",
        "recurring_interval": "month",
        "is_recurring": true,
        "prices": [{
            "amount_type": "seat_based",
            "price_currency": "usd",
            "seat_tiers": {"tiers": [{"min_seats": 1, "max_seats": null, "price_per_seat": 900}]},
        }],
        "benefits": [
            {"id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7b03", "type": "custom", "description": "Everything in Solo"},
            {"id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7b04", "type": "custom", "description": "Shared reports"},
            {"id": "5a1f2f6e-6d2b-4d0e-9a38-0f5c8b1d7b05", "type": "custom", "description": "Move seats at any time"},
        ],
    }));
    [solo, team]
}
