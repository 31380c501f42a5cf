//! Checks that the contract has the fields that the runtime's routes for axum send and read.

use super::Checker;
use super::flows::{body, has_required_query, response_type};
use crate::ir::{Operation, Shape, Type};

/// The fields of the request that creates a checkout.
const CHECKOUT: &[&str] = &[
    "products",
    "customer_id",
    "external_customer_id",
    "customer_email",
    "customer_name",
    "customer_tax_id",
    "customer_billing_address",
    "customer_metadata",
    "metadata",
    "discount_id",
    "allow_discount_codes",
    "seats",
    "locale",
    "success_url",
    "return_url",
];

/// The fields of the request that creates a session of the customer portal, by either ID of the customer.
const SESSIONS: [&[&str]; 2] = [
    &[
        "customer_id",
        "member_id",
        "external_member_id",
        "return_url",
    ],
    &[
        "external_customer_id",
        "member_id",
        "external_member_id",
        "return_url",
    ],
];

impl Checker<'_> {
    pub(super) fn checkout_route(&self, operation: &Operation) -> Result<(), String> {
        without_parameters(operation)?;
        self.has_form(operation, CHECKOUT)?;
        self.has_all(response_type(operation), &["url"], "the response")
    }

    pub(super) fn portal_route(&self, operation: &Operation) -> Result<(), String> {
        without_parameters(operation)?;
        for session in SESSIONS {
            self.has_form(operation, session)?;
        }
        self.has_all(
            response_type(operation),
            &["customer_portal_url"],
            "the response",
        )
    }

    /// Checks that a variant of the body has all of these fields.
    fn has_form(&self, operation: &Operation, sent: &[&str]) -> Result<(), String> {
        let forms = body(operation).map(|body| self.forms(body));
        let has_all = |form: &Type| self.has_all(Some(form), sent, "").is_ok();
        match forms.unwrap_or_default().iter().any(has_all) {
            true => Ok(()),
            false => Err(format!(
                "no variant of the body has all of {}",
                sent.join(", ")
            )),
        }
    }

    /// Returns the types of a union's variants. Returns the type itself if it is not a union.
    pub(super) fn forms(&self, ty: &Type) -> Vec<Type> {
        match self.api.target(ty) {
            Type::Named(id) => match &self.api.def(*id).shape {
                Shape::Union(union) => {
                    let variants = union.variants.iter();
                    variants.map(|variant| variant.ty.clone()).collect()
                }
                _ => vec![ty.clone()],
            },
            _ => vec![ty.clone()],
        }
    }
}

fn without_parameters(operation: &Operation) -> Result<(), String> {
    match operation.path_params.is_empty() && !has_required_query(operation) {
        true => Ok(()),
        false => Err("an operation of a route must have no required parameters".to_owned()),
    }
}
