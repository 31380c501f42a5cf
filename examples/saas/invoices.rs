//! The payments, with an invoice for each.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use polar_client::ids::OrderId;

use crate::app::{App, Failure};
use crate::pages;
use crate::sign_in::User;

pub(crate) async fn page(State(app): State<App>, user: User) -> Result<Markup, Failure> {
    let orders = app.polar.orders().list();
    let orders = orders
        .external_customer_id(user.id.as_str())
        .collect_all()
        .await?;
    let content = html! {
        @if orders.is_empty() {
            p.lead { "There are no invoices yet." }
        } @else {
            ul.rows {
                @for order in &orders {
                    li {
                        span {
                            strong { (order.description) } br;
                            small { (pages::date(order.created_at)) }
                        }
                        span { (pages::money(order.total_amount, &order.currency)) }
                        a.button.quiet href={ "/invoices/" (order.id) }
                            aria-label={ "Invoice " (order.invoice_number.as_deref().unwrap_or_default()) " as PDF" } { "PDF" }
                    }
                }
            }
        }
    };
    Ok(pages::page("Invoices", Some(&user), content))
}

pub(crate) async fn download(
    State(app): State<App>,
    user: User,
    Path(id): Path<OrderId>,
) -> Result<Response, Failure> {
    let order = match app.polar.orders().get(id).await {
        Ok(order) if order.customer.external_id.as_deref() == Some(user.id.as_str()) => order,
        Ok(_) => return Ok(pages::not_found().await.into_response()),
        Err(error) if error.is_not_found() => {
            return Ok(pages::not_found().await.into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let invoice = app.polar.orders().download_invoice(id).bytes().await?;
    let number = order.invoice_number.unwrap_or_else(|| id.to_string());
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{number}.pdf\""),
        ),
    ];
    Ok((StatusCode::OK, headers, invoice).into_response())
}
