//! State and errors of all pages.

use std::error::Error;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use polar_client::ingest::Ingester;
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::EventCreate;

use crate::db::Db;
use crate::pages;

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) polar: Polar,
    pub(crate) db: Arc<Db>,
    pub(crate) usage: Ingester<EventCreate>,
}

impl App {
    pub(crate) fn new(polar: Polar, database: &str) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            usage: polar.events().ingester().start()?,
            db: Arc::new(Db::open(database)?),
            polar,
        })
    }
}

/// An internal error: its cause is only logged.
pub(crate) struct Failure(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("{}", self.0);
        let page = pages::message(
            "Something went wrong",
            "This is our mistake, and nothing was charged. Please try again in a moment.",
        );
        (StatusCode::BAD_GATEWAY, page).into_response()
    }
}
