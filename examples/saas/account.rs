//! A customer's plan and entitlements.

use axum::extract::State;
use axum::routing::MethodRouter;
use maud::{Markup, html};
use polar_client::v2026_10::models::{CustomerStateSubscription, Product};

use crate::app::{App, Failure};
use crate::checkout::visitor;
use crate::pages;
use crate::sign_in::User;

/// `GET /portal`: redirects customers to Polar's portal, signed in.
pub(crate) fn portal(app: &App, public_url: &str) -> MethodRouter<App> {
    let visitors = app.clone();
    app.polar
        .customer_sessions()
        .axum_route()
        .return_url(format!("{public_url}/account"))
        .identified_by(move |parts| visitor(visitors.clone(), parts))
}

/// A user's active subscription.
pub(crate) struct Plan {
    pub(crate) subscription: CustomerStateSubscription,
    pub(crate) product: Product,
}

impl Plan {
    /// Returns the plan of a user: `None` without an active subscription.
    pub(crate) async fn of(app: &App, user: &User) -> Result<Option<Self>, Failure> {
        let state = app.db.state(user)?;
        let subscriptions = state.as_ref().map(|state| state.active_subscriptions());
        let Some(subscription) = subscriptions.into_iter().flatten().next().cloned() else {
            return Ok(None);
        };
        let product = app.polar.products().get(subscription.product_id).await?;
        Ok(Some(Self {
            subscription,
            product,
        }))
    }
}

pub(crate) async fn page(State(app): State<App>, user: User) -> Result<Markup, Failure> {
    let Some(plan) = Plan::of(&app, &user).await? else {
        return Ok(no_plan("Your account", &user));
    };
    let state = app.db.state(&user)?;
    let granted: Vec<_> = state
        .iter()
        .flat_map(|state| state.granted_benefits())
        .map(|grant| grant.benefit_id)
        .collect();
    let Plan {
        subscription,
        product,
    } = plan;
    let until = pages::date(subscription.current_period_end);
    let content = html! {
        section.card {
            h2 { (product.name) " plan" }
            p.price { (pages::money(subscription.amount, &subscription.currency)) small { " a month" } }
            @if subscription.cancel_at_period_end {
                p { span.badge.warn { "Cancelled" } " It works until " (until) "." }
                form method="post" action="/resume" { button { "Keep my plan" } }
            } @else {
                p { span.badge { "Active" } " Renews on " (until) "." }
            }
            @if let Some(seats) = subscription.seats {
                p { (seats) " seats. " a href="/seats" { "Invite your team" } }
            }
        }
        section {
            h2 { "What you can use" }
            ul.checks {
                @for benefit in &product.benefits {
                    @if granted.contains(&benefit.id()) {
                        li { (benefit.description()) }
                    }
                }
            }
        }
        section {
            h2 { "Manage" }
            p.actions {
                a.button.quiet href="/portal" { "Payment method and billing details" }
                @if !subscription.cancel_at_period_end {
                    a.button.quiet href="/cancel" { "Cancel plan" }
                }
            }
        }
    };
    Ok(pages::page("Your account", Some(&user), content))
}

/// Returns the page of a user without a plan.
pub(crate) fn no_plan(title: &str, user: &User) -> Markup {
    let content = html! {
        p.lead { "You have no plan yet." }
        p { a.button href="/" { "Choose a plan" } }
    };
    pages::page(title, Some(user), content)
}
