//! The members of a team who have a seat of the plan.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use polar_client::ids::SeatId;
use polar_client::v2026_10::models::{CustomerSeat, SeatAssign, SeatStatus, SeatsList};
use serde::Deserialize;

use crate::account::{Plan, no_plan};
use crate::app::{App, Failure};
use crate::pages;
use crate::sign_in::User;

pub(crate) async fn page(State(app): State<App>, user: User) -> Result<Markup, Failure> {
    match Plan::of(&app, &user).await? {
        None => Ok(no_plan("Seats", &user)),
        Some(plan) if plan.subscription.seats.is_none() => {
            let content = html! {
                p.lead { "The " (plan.product.name) " plan is for one person." }
            };
            Ok(pages::page("Seats", Some(&user), content))
        }
        Some(plan) => {
            let seats = seats(&app, &plan).await?;
            Ok(pages::page("Seats", Some(&user), team(&seats)))
        }
    }
}

async fn seats(app: &App, plan: &Plan) -> Result<SeatsList, Failure> {
    let seats = app.polar.customer_seats().list_seats();
    Ok(seats.subscription_id(plan.subscription.id).await?)
}

fn team(list: &SeatsList) -> Markup {
    let taken = list.total_seats - list.available_seats;
    html! {
        p.lead { (taken) " of " (list.total_seats) " seats taken" }
        p { "The buyer of the plan has the first seat." }
        ul.rows {
            @for seat in list.seats.iter().filter(|seat| seat.status != SeatStatus::Revoked) {
                li { (row(seat)) }
            }
        }
        @if list.available_seats > 0 {
            form method="post" {
                label for="email" { "Email address of a colleague" }
                input #email type="email" name="email" autocomplete="off" required;
                button { "Give a seat" }
            }
        } @else {
            p { "All seats are taken. Revoke one to assign it to another person." }
        }
    }
}

fn row(seat: &CustomerSeat) -> Markup {
    let email = seat.email.as_deref().unwrap_or("Unknown address");
    html! {
        span { (email) }
        @match seat.status {
            SeatStatus::Claimed => span.badge { "Active" },
            _ => span.badge.warn { "Invited" },
        }
        form method="post" action={ "/seats/" (seat.id) "/revoke" } {
            button.quiet aria-label={ "Remove " (email) } { "Remove" }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Colleague {
    email: String,
}

pub(crate) async fn assign(
    State(app): State<App>,
    user: User,
    Form(Colleague { email }): Form<Colleague>,
) -> Result<Response, Failure> {
    if let Some(plan) = Plan::of(&app, &user).await? {
        let seat = SeatAssign::new()
            .subscription_id(plan.subscription.id)
            .email(email.trim());
        if let Err(error) = app.polar.customer_seats().assign_seat(&seat).await {
            let (status, reason) = match error.status() {
                Some(StatusCode::BAD_REQUEST) => (
                    StatusCode::CONFLICT,
                    "The address has a seat already, or all seats are taken.",
                ),
                Some(StatusCode::UNPROCESSABLE_ENTITY) => (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "The email address is not valid.",
                ),
                _ => return Err(error.into()),
            };
            let page = pages::message("No seat was assigned", reason);
            return Ok((status, page).into_response());
        }
    }
    Ok(Redirect::to("/seats").into_response())
}

pub(crate) async fn revoke(
    State(app): State<App>,
    user: User,
    Path(id): Path<SeatId>,
) -> Result<Redirect, Failure> {
    if let Some(plan) = Plan::of(&app, &user).await? {
        // Users cannot revoke seats of other customers.
        let seats = seats(&app, &plan).await?.seats;
        if seats.iter().any(|seat| seat.id == id) {
            app.polar.customer_seats().revoke_seat(id).await?;
        }
    }
    Ok(Redirect::to("/seats"))
}
