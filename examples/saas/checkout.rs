//! From a plan to a paid order: Polar's hosted checkout, and the page to which customers return.

use axum::extract::{FromRequestParts as _, Query, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::MethodRouter;
use maud::{Markup, html};
use polar_client::ids::CheckoutId;
use polar_client::routes::Identity;
use serde::Deserialize;

use crate::app::{App, Failure};
use crate::pages;
use crate::sign_in::User;

/// `GET /checkout?products=ID`: redirects the logged-in user to a new checkout.
pub(crate) fn route(app: &App, public_url: &str) -> MethodRouter<App> {
    let visitors = app.clone();
    app.polar
        .checkouts()
        .axum_route()
        .success_url(format!("{public_url}/thanks?checkout={{CHECKOUT_ID}}"))
        .return_url(format!("{public_url}/"))
        .identified_by(move |parts| visitor(visitors.clone(), parts))
}

/// Returns the customer of a visitor, also for the portal.
pub(crate) async fn visitor(app: App, mut parts: Parts) -> Result<Option<Identity>, Response> {
    let user = User::from_request_parts(&mut parts, &app).await?;
    Ok(Some(Identity::external_id(user.id).email(user.email)))
}

#[derive(Deserialize)]
pub(crate) struct Thanks {
    checkout: CheckoutId,
}

/// The page after the payment. The webhook may arrive later.
pub(crate) async fn thanks(
    State(app): State<App>,
    Query(Thanks { checkout }): Query<Thanks>,
    user: User,
) -> Result<Markup, Failure> {
    let is_paid = app.db.is_paid(&user, checkout)?;
    let has_plan = app.db.state(&user)?.is_some();
    if !(is_paid && has_plan) {
        let content = html! {
            p.lead { "Your payment is being confirmed. This page reloads until it is." }
            p { a href="" { "Reload now" } }
        };
        return Ok(pages::waiting("One moment", &user, content));
    }
    let content = html! {
        p.lead { "Your payment went through and your plan is active." }
        p.actions {
            a.button href="/account" { "Go to your account" }
            a.button.quiet href="/invoices" { "See the invoice" }
        }
    };
    Ok(pages::page("Thank you", Some(&user), content))
}
