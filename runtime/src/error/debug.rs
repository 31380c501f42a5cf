//! The `Debug` output of errors, which is printed when `main` returns an error.

use std::fmt::{self, Debug, Formatter};

use super::Error;
use super::shown::Chain;

impl Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut fields = |name: &str, fields: &[(&str, &dyn Debug)]| {
            let mut shape = f.debug_struct(name);
            for (key, value) in fields {
                shape.field(key, value);
            }
            shape.finish()
        };
        match self {
            Self::Configuration { message } => fields("Configuration", &[("message", message)]),
            Self::InvalidRequest {
                operation,
                parameter,
                reason,
            } => fields(
                "InvalidRequest",
                &[
                    ("operation", operation),
                    ("parameter", parameter),
                    ("reason", reason),
                ],
            ),
            Self::InvalidBody { operation, source } => fields(
                "InvalidBody",
                &[("operation", operation), ("source", source)],
            ),
            Self::Token { operation, source } => fields(
                "Token",
                &[("operation", operation), ("source", &Chain(&**source))],
            ),
            Self::Connection { operation, source } => fields(
                "Connection",
                &[("operation", operation), ("source", source)],
            ),
            Self::Timeout { operation, source } => {
                fields("Timeout", &[("operation", operation), ("source", source)])
            }
            Self::Api(error) => f.debug_tuple("Api").field(error).finish(),
            Self::VersionGone(error) => f.debug_tuple("VersionGone").field(error).finish(),
            Self::Page { page, source } => fields("Page", &[("page", page), ("source", source)]),
            Self::NotListed { operation, id } => {
                fields("NotListed", &[("operation", operation), ("id", id)])
            }
            Self::Decode {
                operation,
                source,
                media_type,
                body,
            } => fields(
                "Decode",
                &[
                    ("operation", operation),
                    ("source", source),
                    ("media_type", media_type),
                    ("body", body),
                ],
            ),
            Self::Export { operation, source } => {
                fields("Export", &[("operation", operation), ("source", source)])
            }
            Self::BodyTooLarge { operation, limit } => fields(
                "BodyTooLarge",
                &[("operation", operation), ("limit", limit)],
            ),
            Self::Storage(error) => f.debug_tuple("Storage").field(error).finish(),
            Self::File { operation, source } => fields(
                "File",
                &[("operation", operation), ("source", &Chain(source))],
            ),
            Self::Upload(error) => f.debug_tuple("Upload").field(error).finish(),
        }
    }
}
