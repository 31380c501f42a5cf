//! The layout of all pages.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use maud::{DOCTYPE, Markup, html};
use polar_client::types::Timestamp;

use crate::sign_in::User;

pub(crate) fn page(title: &str, user: Option<&User>, content: Markup) -> Markup {
    document(title, user, &html! {}, &content)
}

/// Returns a page that reloads itself every two seconds.
pub(crate) fn waiting(title: &str, user: &User, content: Markup) -> Markup {
    let reload = html! { meta http-equiv="refresh" content="2"; };
    document(title, Some(user), &reload, &content)
}

/// Returns a page with one message.
pub(crate) fn message(title: &str, text: &str) -> Markup {
    let content = html! {
        p.lead { (text) }
        p { a.button href="/account" { "Go to your account" } }
    };
    page(title, None, content)
}

pub(crate) async fn not_found() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        message("Not found", "There is nothing at this address."),
    )
}

pub(crate) async fn stylesheet() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("style.css"),
    )
}

fn document(title: &str, user: Option<&User>, head: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Lumen" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
                (head)
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header { nav aria-label="Main" { (navigation(user)) } }
                main #content {
                    h1 { (title) }
                    (content)
                }
                footer { p { "A demonstration. Nothing is charged with the test card." } }
            }
        }
    }
}

fn navigation(user: Option<&User>) -> Markup {
    html! {
        a.brand href="/" { "Lumen" }
        @match user {
            Some(user) => {
                a href="/account" { "Account" }
                a href="/seats" { "Seats" }
                a href="/usage" { "Usage" }
                a href="/invoices" { "Invoices" }
                form method="post" action="/sign-out" {
                    button.link title={ "Signed in as " (user.email) } { "Sign out" }
                }
            }
            None => a href="/sign-in" { "Sign in" },
        }
    }
}

/// Formats an amount in cents.
pub(crate) fn money(cents: i64, currency: &str) -> String {
    let amount = match (cents / 100, cents % 100) {
        (whole, 0) => whole.to_string(),
        (whole, rest) => format!("{whole}.{rest:02}"),
    };
    match currency {
        "usd" => format!("${amount}"),
        other => format!("{amount} {}", other.to_uppercase()),
    }
}

pub(crate) fn date(time: Timestamp) -> String {
    time.format("%-d %B %Y").to_string()
}
