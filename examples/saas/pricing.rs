//! The products and their prices.

use axum::extract::State;
use maud::{Markup, html};
use polar_client::v2026_10::models::{Price, Product};

use crate::account::Plan;
use crate::app::{App, Failure};
use crate::pages;
use crate::sign_in::User;

pub(crate) async fn page(State(app): State<App>, user: Option<User>) -> Result<Markup, Failure> {
    let products = app.polar.products().list().is_archived(false).await?.items;
    let plan = match &user {
        Some(user) => Plan::of(&app, user).await?,
        None => None,
    };
    let content = html! {
        p.lead { "Reports that write themselves. Start in a minute, cancel whenever you like." }
        div.plans {
            @for product in &products {
                section.card { (card(product, plan.as_ref())) }
            }
        }
        p.hint { "Prices in US dollars, billed monthly. Taxes are added at the checkout where they apply." }
    };
    Ok(pages::page(
        "Pricing that stays simple",
        user.as_ref(),
        content,
    ))
}

fn card(product: &Product, plan: Option<&Plan>) -> Markup {
    let price = product.prices.iter().find_map(Offer::of);
    html! {
        h2 { (product.name) }
        @if let Some(text) = &product.description { p { (text) } }
        @if let Some(offer) = &price {
            p.price {
                (pages::money(offer.amount, offer.currency))
                small { @if offer.is_per_seat { " per seat and month" } @else { " a month" } }
            }
        }
        ul.checks { @for benefit in &product.benefits { li { (benefit.description()) } } }
        @match plan {
            Some(plan) if plan.product.id == product.id => p { span.badge { "Your plan" } },
            Some(_) => p { a href="/account" { "Manage your plan" } },
            None => (buy(product, price.is_some_and(|offer| offer.is_per_seat))),
        }
    }
}

/// Returns a form that needs no script: it opens `/checkout?products=…&seats=…`.
fn buy(product: &Product, is_per_seat: bool) -> Markup {
    let seats = format!("seats-{}", product.id);
    html! {
        form action="/checkout" {
            input type="hidden" name="products" value=(product.id);
            @if is_per_seat {
                label for=(seats) { "Number of seats" }
                input id=(seats) type="number" name="seats" value="3" min="1" max="100" required;
            }
            button { "Choose " (product.name) }
        }
    }
}

struct Offer<'p> {
    amount: i64,
    currency: &'p str,
    is_per_seat: bool,
}

impl<'p> Offer<'p> {
    fn of(price: &'p Price) -> Option<Self> {
        match price {
            Price::Fixed(price) => Some(Self {
                amount: price.price_amount,
                currency: &price.price_currency,
                is_per_seat: false,
            }),
            Price::SeatBased(price) => Some(Self {
                amount: price.seat_tiers.tiers.first()?.price_per_seat,
                currency: &price.price_currency,
                is_per_seat: true,
            }),
            // Other prices, such as metered ones, are charged afterwards.
            _ => None,
        }
    }
}
