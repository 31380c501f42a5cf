//! The pages of Polar that customers see: the checkout, the portal, and the storage of invoices.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Router, http::StatusCode};
use maud::{DOCTYPE, Markup, html};
use polar_client::v2026_10::models::{Checkout, CheckoutStatus, Order, Product};
use serde::Deserialize;

use super::pdf;
use super::world::World;
use crate::pages::{date, money, not_found};

type Shared = State<Arc<World>>;

pub(super) fn router<S: Clone + Send + Sync + 'static>(world: &Arc<World>) -> Router<S> {
    Router::new()
        .route("/polar/checkout/{id}", get(checkout).post(pay))
        .route("/polar/portal/{external_id}", get(portal))
        .route("/polar/invoices/{id}", get(invoice))
        .with_state(Arc::clone(world))
}

async fn checkout(State(world): Shared, Path(id): Path<String>) -> Response {
    let Some(checkout) = world.store.get::<Checkout>(&id) else {
        return not_found().await.into_response();
    };
    if checkout.status != CheckoutStatus::Open {
        return Redirect::to(&checkout.success_url).into_response();
    }
    let product: Option<Product> = checkout.product_id.and_then(|id| world.store.get(id));
    let total = money(checkout.total_amount, &checkout.currency);
    let content = html! {
        p.lead {
            @if let Some(product) = &product { (product.name) " plan" }
            @if let Some(seats) = checkout.seats { ", " (seats) " seats" }
            ": " strong { (total) } " a month"
        }
        form.card method="post" {
            label for="email" { "Email address" }
            input #email type="email" name="email" autocomplete="email" required value=[&checkout.customer_email];
            label for="card" { "Card number" }
            input #card inputmode="numeric" autocomplete="off" value="4242 4242 4242 4242" aria-describedby="test";
            p.hint #test { "A test card. Nothing is charged." }
            button { "Pay " (total) }
        }
        @if let Some(back) = &checkout.return_url { p { a href=(back) { "Back" } } }
    };
    document("Checkout", &content).into_response()
}

#[derive(Deserialize)]
struct Payment {
    email: String,
}

async fn pay(
    State(world): Shared,
    Path(id): Path<String>,
    Form(Payment { email }): Form<Payment>,
) -> Response {
    let Some(checkout) = world.store.get::<Checkout>(&id) else {
        return not_found().await.into_response();
    };
    let success = Redirect::to(&checkout.success_url);
    // Paying again after going back in the browser has no effect.
    if checkout.status == CheckoutStatus::Open {
        world.pay(checkout, &email);
    }
    success.into_response()
}

async fn portal(State(world): Shared, Path(external_id): Path<String>) -> Markup {
    let subscriptions = world.subscriptions(&external_id);
    let content = html! {
        p.lead { "Polar's customer portal: here customers change their card and their billing details." }
        ul.rows {
            @for subscription in &subscriptions {
                li {
                    span { strong { (subscription.product.name) } br; small { "until " (date(subscription.current_period_end)) } }
                    span { (money(subscription.amount, &subscription.currency)) }
                }
            }
        }
        p { a.button href="/account" { "Back to Lumen" } }
    };
    document("Billing", &content)
}

async fn invoice(State(world): Shared, Path(id): Path<String>) -> Response {
    let Some(order) = world.store.get::<Order>(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let lines = [
        format!("Invoice {}", order.invoice_number.unwrap_or_default()),
        date(order.created_at),
        order.description,
        format!("Paid: {}", money(order.total_amount, &order.currency)),
    ];
    ([(CONTENT_TYPE, "application/pdf")], pdf::page(&lines)).into_response()
}

fn document(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Stand-in for Polar" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                header { nav { span.brand { "Stand-in for Polar" } } }
                main { h1 { (title) } (content) }
            }
        }
    }
}
