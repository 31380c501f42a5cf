//! Cancelling a subscription, and undoing it.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use polar_client::v2026_10::models::SubscriptionCancel;

use crate::account::{Plan, no_plan};
use crate::app::{App, Failure};
use crate::pages;
use crate::sign_in::User;

pub(crate) async fn page(State(app): State<App>, user: User) -> Result<Markup, Failure> {
    let Some(plan) = Plan::of(&app, &user).await? else {
        return Ok(no_plan("Cancel your plan", &user));
    };
    let until = pages::date(plan.subscription.current_period_end);
    let content = html! {
        p.lead { "You keep everything until " (until) ", and are not charged again." }
        form.actions method="post" {
            button.danger { "Cancel my plan" }
            a.button.quiet href="/account" { "Keep it" }
        }
    };
    Ok(pages::page("Cancel your plan?", Some(&user), content))
}

pub(crate) async fn cancel(State(app): State<App>, user: User) -> Result<Redirect, Failure> {
    set_canceled(&app, &user, true).await
}

pub(crate) async fn resume(State(app): State<App>, user: User) -> Result<Redirect, Failure> {
    set_canceled(&app, &user, false).await
}

async fn set_canceled(app: &App, user: &User, is_canceled: bool) -> Result<Redirect, Failure> {
    if let Some(plan) = Plan::of(app, user).await? {
        let id = plan.subscription.id;
        let update = SubscriptionCancel::new(is_canceled);
        app.polar.subscriptions().update(id, update).await?;
        // Requested here, because the webhook arrives later than the customer loads the next page.
        let state = app.polar.customers().get_state_external(&user.id).await?;
        app.db
            .keep_state(std::time::SystemTime::now().into(), &state)?;
    }
    Ok(Redirect::to("/account"))
}
