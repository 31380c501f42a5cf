//! Checks that the values in paths, queries and forms can be encoded as strings. The runtime would fail to encode other
//! values.

use super::Checker;
use crate::ir::{Api, Encoding, Operation, Param, ParamStyle, Shape, Type};

impl Checker<'_> {
    /// Checks the parameters and the form of an operation.
    pub(super) fn plain_strings(&mut self, operation: &Operation) {
        for param in &operation.path_params {
            if !is_plain(self.api, &param.ty) {
                let message = "a list or object in a path is not supported";
                self.problem(&param.at, message.to_owned());
            }
        }
        for param in &operation.query {
            if let Some(message) = query_problem(self.api, param) {
                self.problem(&param.at, message.to_owned());
            }
        }
        if let Some(body) = &operation.body
            && body.encoding == Encoding::Form
            && !has_plain_strings(self.api, &body.ty)
        {
            let message =
                "a form is an object of strings, numbers and the like, and of lists of those";
            self.problem(&body.at, message.to_owned());
        }
    }
}

fn query_problem(api: &Api, param: &Param) -> Option<&'static str> {
    match param.style {
        ParamStyle::Plain | ParamStyle::Joined if !is_plain_or_list(api, &param.ty) => Some(
            "an object or a list of lists in a query is not supported, \
             unless its style is `deepObject` or its content is JSON",
        ),
        ParamStyle::DeepObject if !has_plain_strings(api, &param.ty) => Some(
            "a parameter of the style `deepObject` is an object of strings, numbers and the like, \
             and of lists of those",
        ),
        _ => None,
    }
}

/// Returns whether every value of the type is encoded as one string.
fn is_plain(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Scalar(_) | Type::Id(_) | Type::Const(_) => true,
        Type::Nullable(inner) | Type::Boxed(inner) => is_plain(api, inner),
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Enum(_) => true,
            Shape::Alias(target) => is_plain(api, target),
            Shape::Union(union) => union
                .variants
                .iter()
                .all(|variant| is_plain(api, &variant.ty)),
            Shape::Struct(_) => false,
        },
        Type::List(_) | Type::Tuple(_) | Type::Map(_) | Type::Json => false,
    }
}

/// Returns whether every value of the type is encoded as one string or as a list of strings.
fn is_plain_or_list(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::List(item) => is_plain(api, item),
        Type::Tuple(items) => items.iter().all(|item| is_plain(api, item)),
        Type::Nullable(inner) | Type::Boxed(inner) => is_plain_or_list(api, inner),
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Alias(target) => is_plain_or_list(api, target),
            Shape::Union(union) => union
                .variants
                .iter()
                .all(|variant| is_plain_or_list(api, &variant.ty)),
            Shape::Enum(_) => true,
            Shape::Struct(_) => false,
        },
        other => is_plain(api, other),
    }
}

/// Returns whether every value of the type is an object whose properties are encoded as strings or lists of strings.
fn has_plain_strings(api: &Api, ty: &Type) -> bool {
    match ty {
        Type::Map(value) => is_plain_or_list(api, value),
        Type::Nullable(inner) | Type::Boxed(inner) => has_plain_strings(api, inner),
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Struct(object) => {
                let fields = object.fields.iter().map(|field| &field.ty);
                fields
                    .chain(&object.rest)
                    .all(|ty| is_plain_or_list(api, ty))
            }
            Shape::Alias(target) => has_plain_strings(api, target),
            Shape::Union(union) => union
                .variants
                .iter()
                .all(|variant| has_plain_strings(api, &variant.ty)),
            Shape::Enum(_) => false,
        },
        _ => false,
    }
}
