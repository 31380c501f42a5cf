//! Metered usage: the program sends events, and a meter of Polar sums them up.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use polar_client::v2026_10::models::EventCreateExternalCustomer;

use crate::account::{Plan, no_plan};
use crate::app::{App, Failure};
use crate::pages;
use crate::sign_in::User;

/// The name of the events that the meter counts, and the units of one report.
const EVENT: &str = "report";
const CREDITS: i64 = 10;

pub(crate) async fn page(State(app): State<App>, user: User) -> Result<Markup, Failure> {
    if Plan::of(&app, &user).await?.is_none() {
        return Ok(no_plan("Usage", &user));
    }
    // Requested from the API: meters change with each event, and no webhook reports that.
    let state = app.polar.customers().get_state_external(&user.id).await?;
    let content = html! {
        @for meter in state.active_meters() {
            section.card {
                h2 #credits { "Credits this month" }
                p.price { (meter.consumed_units) small { " of " (meter.credited_units) " used" } }
                meter aria-labelledby="credits" min="0" max=(meter.credited_units) value=(meter.consumed_units) {}
                p { (meter.balance) " left" }
            }
        }
        form method="post" {
            button { "Make a report" }
            p.hint { "Takes " (CREDITS) " credits." }
        }
    };
    Ok(pages::page("Usage", Some(&user), content))
}

pub(crate) async fn report(State(app): State<App>, user: User) -> Result<Redirect, Failure> {
    if Plan::of(&app, &user).await?.is_some() {
        let event = EventCreateExternalCustomer::new(EVENT, &user.id);
        app.usage
            .ingest(event.metadata([("credits", CREDITS)]))
            .await?;
        // Makes the next page show the new sum. Programs that need not show it at once need not flush.
        app.usage.flush().await?;
    }
    Ok(Redirect::to("/usage"))
}
