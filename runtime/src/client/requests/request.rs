//! Requests and their parameters.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::strings::{each_string, entries, has_key, string};
use crate::Error;
use crate::client::configuration::{CallOptions, Client, Shared};
use crate::client::credentials::{Bearer, Credential};
use crate::client::operation::{Access, Operation, Safety};
use crate::codec::{self, Encode, View, Violations};
#[cfg(feature = "ingest")]
use crate::transport::Clock;

/// All characters except the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The reason for rejecting a path parameter with a slash: the server treats `%2F` like a separator, so it finds no
/// route.
const SLASH: &str = "contains `/`, which the server cannot route, not even percent-encoded: use another identifier of the \
                     resource, such as its `id`";

/// A request for an operation, with parameters, body and options.
///
/// The setters do not fail. If a value is invalid, sending the request fails, and nothing is sent.
#[derive(Clone)]
pub struct Request {
    pub(in crate::client) shared: Arc<Shared>,
    pub(in crate::client) token: Option<Bearer>,
    pub(in crate::client) operation: &'static Operation,
    /// The options of the client, overridden by those of this request.
    pub(in crate::client) options: CallOptions,
    pub(in crate::client) body: Option<Content>,
    path: Vec<(&'static str, String)>,
    /// The query parameters that are set. Each has its encoded pairs: `key=value`, joined by `&`.
    query: Vec<(&'static str, String)>,
    /// Whether the body contains all idempotency keys.
    keyed: bool,
    invalid: Option<InvalidParameter>,
    violations: Option<Violations>,
}

/// A body and its media type.
#[derive(Clone)]
pub(in crate::client) struct Content {
    pub(in crate::client) media_type: &'static str,
    pub(in crate::client) bytes: Bytes,
}

/// A parameter that cannot be sent.
#[derive(Clone)]
struct InvalidParameter {
    parameter: &'static str,
    reason: &'static str,
}

impl<C: Credential> Client<C> {
    /// Creates a request for an operation. For generated code.
    #[must_use]
    pub fn request(&self, operation: &'static Operation) -> Request {
        let mut request =
            Request::new(Arc::clone(&self.shared), self.credential.token(), operation);
        let organization = &mut request.options.organization;
        *organization = self.organization.or(*organization);
        request
    }
}

impl Request {
    fn new(shared: Arc<Shared>, token: Option<Bearer>, operation: &'static Operation) -> Self {
        Self {
            options: shared.options.clone(),
            shared,
            // A public operation gets no token, because the server would reject an invalid one.
            token: token.filter(|_| operation.access != Access::Public),
            operation,
            body: None,
            path: Vec::new(),
            query: Vec::new(),
            keyed: false,
            invalid: None,
            violations: None,
        }
    }

    /// Sets options of this request. Options that are not set in `options` keep their previous values.
    pub fn options(&mut self, options: CallOptions) {
        self.options.update(options);
    }

    /// Sets the path parameter `name`.
    ///
    /// Empty values, `.` and `..` are rejected, because they would change the path to that of another operation. `/` is
    /// rejected because the server does not accept it, even percent-encoded.
    pub fn path(&mut self, name: &'static str, value: &dyn Encode) {
        let segment = match string(value) {
            Ok(Some(text)) if text.is_empty() => Err("is empty"),
            Ok(Some(text)) if text == "." || text == ".." => Err("has a special meaning in URLs"),
            Ok(Some(text)) if text.contains('/') => Err(SLASH),
            Ok(Some(text)) => Ok(Cow::from(utf8_percent_encode(&text, RESERVED)).into_owned()),
            Ok(None) => Err("is empty"),
            Err(reason) => Err(reason),
        };
        if let Some(segment) = self.note(name, segment) {
            self.path.retain(|(other, _)| *other != name);
            self.path.push((name, segment));
        }
    }

    /// Sets a query parameter. A list is sent as repeated parameters. Null and an empty list are omitted.
    pub fn query(&mut self, name: &'static str, value: &dyn Encode) {
        let mut pairs = String::new();
        let result = each_string(value, &mut |text| push_pair(&mut pairs, name, text));
        self.set_query(name, result.map(|()| pairs));
    }

    /// Sets a query parameter to a comma-separated list. Null and an empty list are omitted.
    pub fn joined_query(&mut self, name: &'static str, value: &dyn Encode) {
        let mut pair = String::new();
        // Items are encoded separately, so that a comma in an item is not read as a separator.
        let result = each_string(value, &mut |text| match pair.is_empty() {
            true => push_pair(&mut pair, name, text),
            false => {
                pair.push(',');
                push_encoded(&mut pair, text);
            }
        });
        self.set_query(name, result.map(|()| pair));
    }

    /// Sets a query parameter to an object, as `name[key]=value` for each entry. Lists are sent as repeated parameters.
    pub fn deep_object(&mut self, name: &'static str, value: &dyn Encode) {
        let pairs = entries(value).map(|entries| {
            let mut pairs = String::new();
            for (key, values) in entries {
                let key = format!("{name}[{key}]");
                values
                    .iter()
                    .for_each(|text| push_pair(&mut pairs, &key, text));
            }
            pairs
        });
        self.set_query(name, pairs);
    }

    /// Sets a query parameter to a value as JSON. Null is omitted.
    pub fn json_query(&mut self, name: &'static str, value: &dyn Encode) {
        let mut pair = String::new();
        if !matches!(value.view(), View::Absent | View::Null) {
            push_pair(&mut pair, name, &codec::to_string(value));
        }
        self.set_query(name, Ok(pair));
    }

    /// Sets the body to a value as JSON.
    pub fn json_body(&mut self, value: &dyn Encode) {
        self.violations = codec::validate(value).err();
        if let Safety::Keyed(path) = self.operation.safety {
            self.keyed = has_key(value, path);
        }
        let mut bytes = codec::to_vec(value);
        // The body is kept in memory until the call ends, so unused capacity is released.
        bytes.shrink_to_fit();
        self.body = Some(Content {
            media_type: "application/json",
            bytes: bytes.into(),
        });
    }

    /// Sets the body to an object as a form. Null and missing values are omitted. Lists are sent as repeated fields.
    pub fn form_body(&mut self, value: &dyn Encode) {
        self.violations = codec::validate(value).err();
        if let Some(entries) = self.note("body", entries(value)) {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (key, values) in &entries {
                form.extend_pairs(values.iter().map(|text| (key, text)));
            }
            self.body = Some(Content {
                media_type: "application/x-www-form-urlencoded",
                bytes: form.finish().into(),
            });
        }
    }

    /// Returns the operation of the request.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Returns whether the request is safe to retry: [`Safety::Idempotent`] or [`Safety::NotIdempotent`]. For an
    /// operation with idempotency keys, it depends on the body.
    #[must_use]
    pub fn safety(&self) -> Safety {
        match self.operation.safety {
            Safety::Keyed(_) if self.keyed => Safety::Idempotent,
            Safety::Keyed(_) => Safety::NotIdempotent,
            safety => safety,
        }
    }

    /// Returns the clock of the client.
    #[cfg(feature = "ingest")]
    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Returns a request for another operation, with the client, credential and options of this one.
    #[cfg(feature = "outpost")]
    pub(crate) fn of_operation(&self, operation: &'static Operation) -> Self {
        let mut request = Self::new(Arc::clone(&self.shared), self.token.clone(), operation);
        request.options = self.options.clone();
        request
    }

    /// Returns the value of a query parameter; the first value of a list.
    pub(in crate::client) fn query_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, pairs) = self.query.iter().find(|(other, _)| *other == name)?;
        let (_, value) = form_urlencoded::parse(pairs.as_bytes()).next()?;
        Some(value)
    }

    /// Returns the URL, or the error of the first invalid parameter.
    pub(in crate::client) fn url(&self) -> Result<String, Error> {
        if let Some(InvalidParameter { parameter, reason }) = self.invalid {
            return Err(self.invalid(Some(parameter), reason));
        }
        let server = self.shared.server.url();
        let parameters = self.path.iter().chain(&self.query);
        let len = parameters.map(|(_, text)| text.len() + 1).sum::<usize>();
        let mut url = String::with_capacity(server.len() + self.operation.path.len() + len);
        url.push_str(server);
        self.push_path(&mut url)?;
        for (index, (_, pairs)) in self.query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(pairs);
        }
        Ok(url)
    }

    /// Returns an error if the body violates constraints of the OpenAPI description.
    pub(in crate::client) fn check_body(&self) -> Result<(), Error> {
        match &self.violations {
            None => Ok(()),
            Some(violations) => Err(Error::InvalidBody {
                operation: self.operation.id,
                source: violations.clone(),
            }),
        }
    }

    /// Creates the error of a request that was not sent.
    pub(in crate::client) fn invalid(
        &self,
        parameter: Option<&'static str>,
        reason: &'static str,
    ) -> Error {
        Error::InvalidRequest {
            operation: self.operation.id,
            parameter,
            reason,
        }
    }

    fn push_path(&self, url: &mut String) -> Result<(), Error> {
        let mut rest = self.operation.path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let Some((_, segment)) = self.path.iter().find(|(other, _)| *other == name) else {
                return Err(self.invalid(None, "a parameter of the path is missing"));
            };
            url.push_str(before);
            url.push_str(segment);
            rest = after;
        }
        url.push_str(rest);
        Ok(())
    }

    fn set_query(&mut self, parameter: &'static str, pairs: Result<String, &'static str>) {
        self.query.retain(|(other, _)| *other != parameter);
        if let Some(pairs) = self.note(parameter, pairs)
            && !pairs.is_empty()
        {
            self.query.push((parameter, pairs));
        }
    }

    /// Records the first reason not to send the request. If the parameter is set to a valid value later, the reason is
    /// removed.
    fn note<T>(&mut self, parameter: &'static str, result: Result<T, &'static str>) -> Option<T> {
        if self
            .invalid
            .as_ref()
            .is_some_and(|invalid| invalid.parameter == parameter)
        {
            self.invalid = None;
        }
        result
            .map_err(|reason| {
                self.invalid
                    .get_or_insert(InvalidParameter { parameter, reason })
            })
            .ok()
    }
}

/// Appends a pair to the pairs of a parameter.
fn push_pair(pairs: &mut String, key: &str, value: &str) {
    pairs.reserve(key.len() + value.len() + 2);
    if !pairs.is_empty() {
        pairs.push('&');
    }
    push_encoded(pairs, key);
    pairs.push('=');
    push_encoded(pairs, value);
}

fn push_encoded(pairs: &mut String, text: &str) {
    pairs.extend(form_urlencoded::byte_serialize(text.as_bytes()));
}

/// Shows the names of the parameters, but not their values, which can be secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<&str> = self.query.iter().map(|(parameter, _)| *parameter).collect();
        f.debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("path", &self.operation.path)
            .field("query", &query)
            .field("body", &self.body.as_ref().map(|body| body.media_type))
            .finish_non_exhaustive()
    }
}
