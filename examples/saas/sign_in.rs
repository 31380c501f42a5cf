//! A placeholder for a real login. It does not verify the visitor's email address.

use axum::Form;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Query, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Failure};
use crate::pages;

/// A logged-in user. The ID is the external ID of the customer at Polar.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// Redirects visitors who are not logged in to the form, and back afterwards.
impl FromRequestParts<App> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let user = signed_in(parts, app).map_err(|error| error.into_response())?;
        user.ok_or_else(|| to_sign_in(parts))
    }
}

impl OptionalFromRequestParts<App> for User {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Failure> {
        signed_in(parts, app)
    }
}

fn signed_in(parts: &Parts, app: &App) -> Result<Option<User>, Failure> {
    match token(parts) {
        Some(token) => Ok(app.db.user(token)?),
        None => Ok(None),
    }
}

fn token(parts: &Parts) -> Option<&str> {
    let cookies = parts.headers.get(COOKIE)?.to_str().ok()?;
    let mut cookies = cookies.split("; ");
    cookies.find_map(|cookie| cookie.strip_prefix("session="))
}

fn to_sign_in(parts: &Parts) -> Response {
    let page = parts.uri.path_and_query().map_or("/", |page| page.as_str());
    let page: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
    Redirect::to(&format!("/sign-in?next={page}")).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

pub(crate) async fn page(Query(Next { next }): Query<Next>) -> Markup {
    let content = html! {
        p.lead { "An email address is enough. There is no password in this demonstration." }
        form method="post" {
            input type="hidden" name="next" value=(next);
            label for="email" { "Email address" }
            input #email type="email" name="email" autocomplete="email" required autofocus;
            button { "Continue" }
        }
    };
    pages::page("Sign in", None, content)
}

#[derive(Deserialize)]
pub(crate) struct SignIn {
    email: String,
    next: String,
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    Form(SignIn { email, next }): Form<SignIn>,
) -> Result<Response, Failure> {
    let token = app.db.begin_session(&email.trim().to_lowercase())?;
    let cookie = format!("session={token}; HttpOnly; SameSite=Lax; Path=/");
    Ok(([(SET_COOKIE, cookie)], Redirect::to(own_page(&next))).into_response())
}

/// Returns a page of this program. Any other address in a link to the form would be an open redirect.
fn own_page(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if is_own { next } else { "/" }
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    request: axum::extract::Request,
) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    if let Some(token) = token(&parts) {
        app.db.end_session(token)?;
    }
    let cookie = "session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}
