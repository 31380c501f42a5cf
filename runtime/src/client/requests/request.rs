//! Requests, as they are put together before they are sent.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::texts::{entries, has_key, text, texts};
use crate::Error;
use crate::client::configuration::{CallOptions, Client, Shared};
use crate::client::credentials::{Bearer, Credential};
use crate::client::operation::{Access, Operation, Safety};
use crate::codec::{self, Encode, View, Violations};
#[cfg(feature = "ingest")]
use crate::transport::Clock;

/// Everything but the characters that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why a value with a slash cannot be in a path: the server responds to `%2F` as to a path that does not exist.
const SLASH: &str = "contains `/`, which the server cannot route, not even percent-encoded: use another identifier of the \
                     resource, such as its `id`";

/// A request for one operation, with what has been set so far.
///
/// Values that do not fit are noted, and reported when the request is sent; then nothing is sent.
#[derive(Clone)]
pub struct Request {
    pub(in crate::client) shared: Arc<Shared>,
    pub(in crate::client) token: Option<Bearer>,
    pub(in crate::client) operation: &'static Operation,
    pub(in crate::client) options: CallOptions,
    pub(in crate::client) body: Option<Content>,
    path: Vec<(&'static str, String)>,
    query: Vec<Pair>,
    /// Whether the body has all keys by which the server knows a repetition.
    keyed: bool,
    misfit: Option<Misfit>,
    violations: Option<Violations>,
}

/// A body and its media type.
#[derive(Clone)]
pub(in crate::client) struct Content {
    pub(in crate::client) media_type: &'static str,
    pub(in crate::client) bytes: Bytes,
}

/// A key of the query, and its text, or several that are joined by commas.
type KeyValues = (Cow<'static, str>, Vec<String>);

/// One pair of the query, with the parameter that it belongs to.
#[derive(Clone)]
struct Pair {
    parameter: &'static str,
    key: Cow<'static, str>,
    /// One text, or several that are joined by commas.
    values: Vec<String>,
}

impl Pair {
    /// Each text is encoded on its own, so that a comma within one does not end it.
    fn push_to(&self, query: &mut String) {
        query.extend(form_urlencoded::byte_serialize(self.key.as_bytes()));
        for (index, value) in self.values.iter().enumerate() {
            query.push(if index == 0 { '=' } else { ',' });
            query.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
    }
}

/// A parameter that cannot be sent.
#[derive(Clone)]
struct Misfit {
    parameter: &'static str,
    reason: &'static str,
}

impl<C: Credential> Client<C> {
    /// Begins a request for an operation.
    #[must_use]
    pub fn request(&self, operation: &'static Operation) -> Request {
        let mut request =
            Request::new(Arc::clone(&self.shared), self.credential.token(), operation);
        request.options.organization = self.organization;
        request
    }
}

impl Request {
    fn new(shared: Arc<Shared>, token: Option<Bearer>, operation: &'static Operation) -> Self {
        Self {
            shared,
            // The server refuses tokens that are not valid any more also where it needs none.
            token: token.filter(|_| operation.access != Access::Public),
            operation,
            options: CallOptions::new(),
            body: None,
            path: Vec::new(),
            query: Vec::new(),
            keyed: false,
            misfit: None,
            violations: None,
        }
    }

    /// Sets how the request is sent. What was set before and is not set again stays.
    pub fn options(&mut self, options: CallOptions) {
        self.options.update(options);
    }

    /// Puts a value in place of `{name}` in the operation's path. Empty values, `.` and `..` are refused, for they would
    /// lead to another operation, and so is `/`, which the server's router does not accept even percent-encoded.
    pub fn path(&mut self, name: &'static str, value: &dyn Encode) {
        let segment = match text(value) {
            Ok(Some(text)) if text.is_empty() => Err("is empty"),
            Ok(Some(text)) if text == "." || text == ".." => Err("has a special meaning in URLs"),
            Ok(Some(text)) if text.contains('/') => Err(SLASH),
            Ok(Some(text)) => Ok(utf8_percent_encode(&text, RESERVED).to_string()),
            Ok(None) => Err("is empty"),
            Err(reason) => Err(reason),
        };
        if let Some(segment) = self.note(name, segment) {
            self.path.retain(|(other, _)| *other != name);
            self.path.push((name, segment));
        }
    }

    /// Sets a query parameter. A list repeats the key; null and an empty list add nothing.
    pub fn query(&mut self, name: &'static str, value: &dyn Encode) {
        let pairs = texts(value).map(|texts| {
            texts
                .into_iter()
                .map(|text| (Cow::Borrowed(name), vec![text]))
                .collect()
        });
        self.set_query(name, pairs);
    }

    /// Sets a query parameter to the items of a list, separated by commas; null and an empty list add nothing.
    pub fn joined_query(&mut self, name: &'static str, value: &dyn Encode) {
        let pairs = texts(value).map(|texts| {
            let pair = (!texts.is_empty()).then_some((Cow::Borrowed(name), texts));
            pair.into_iter().collect()
        });
        self.set_query(name, pairs);
    }

    /// Sets a query parameter that is an object, as `name[key]=value` for each of its entries. Lists repeat the key.
    pub fn deep_object(&mut self, name: &'static str, value: &dyn Encode) {
        let pairs = entries(value).map(|entries| {
            let pair = |(key, texts): (String, Vec<String>)| {
                let key = Cow::<str>::Owned(format!("{name}[{key}]"));
                texts.into_iter().map(move |text| (key.clone(), vec![text]))
            };
            entries.into_iter().flat_map(pair).collect()
        });
        self.set_query(name, pairs);
    }

    /// Sets a query parameter to the JSON text of a value; null adds nothing.
    pub fn json_query(&mut self, name: &'static str, value: &dyn Encode) {
        let pairs = match value.view() {
            View::Absent | View::Null => Vec::new(),
            _ => vec![(Cow::Borrowed(name), vec![codec::to_string(value)])],
        };
        self.set_query(name, Ok(pairs));
    }

    /// Sends a value as JSON.
    pub fn json_body(&mut self, value: &dyn Encode) {
        self.violations = codec::validate(value).err();
        if let Safety::Keyed(path) = self.operation.safety {
            self.keyed = has_key(value, path);
        }
        self.body = Some(Content {
            media_type: "application/json",
            bytes: codec::to_vec(value).into(),
        });
    }

    /// Sends an object as a form. Null and what is left out add nothing, lists repeat the key.
    pub fn form_body(&mut self, value: &dyn Encode) {
        self.violations = codec::validate(value).err();
        if let Some(entries) = self.note("body", entries(value)) {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (key, texts) in &entries {
                form.extend_pairs(texts.iter().map(|text| (key, text)));
            }
            self.body = Some(Content {
                media_type: "application/x-www-form-urlencoded",
                bytes: form.finish().into(),
            });
        }
    }

    /// The operation that is asked for.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Whether this request may be sent again when nobody knows what became of it: [`Safety::Safe`] or [`Safety::Unsafe`].
    #[must_use]
    pub fn safety(&self) -> Safety {
        match self.operation.safety {
            Safety::Keyed(_) if self.keyed => Safety::Safe,
            Safety::Keyed(_) => Safety::Unsafe,
            safety => safety,
        }
    }

    /// What the client waits with.
    #[cfg(feature = "ingest")]
    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The text that a query parameter is set to, the first one of a list.
    pub(in crate::client) fn query_text(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|pair| pair.parameter == name)?;
        pair.values.first().map(String::as_str)
    }

    /// The URL, or the first thing that does not fit.
    pub(in crate::client) fn url(&self) -> Result<String, Error> {
        if let Some(Misfit { parameter, reason }) = self.misfit {
            return Err(self.invalid(Some(parameter), reason));
        }
        let mut url = self.shared.server.url().to_owned();
        self.push_path(&mut url)?;
        for (index, pair) in self.query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            pair.push_to(&mut url);
        }
        Ok(url)
    }

    /// Whether the body keeps its limits.
    pub(in crate::client) fn check_body(&self) -> Result<(), Error> {
        match &self.violations {
            None => Ok(()),
            Some(violations) => Err(Error::InvalidBody {
                operation: self.operation.id,
                source: violations.clone(),
            }),
        }
    }

    /// An error about this request, which was not sent.
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

    fn set_query(&mut self, parameter: &'static str, pairs: Result<Vec<KeyValues>, &'static str>) {
        self.query.retain(|pair| pair.parameter != parameter);
        if let Some(pairs) = self.note(parameter, pairs) {
            self.query
                .extend(pairs.into_iter().map(|(key, values)| Pair {
                    parameter,
                    key,
                    values,
                }));
        }
    }

    /// Keeps the first reason not to send the request. Setting the parameter again, rightly, takes it back.
    fn note<T>(&mut self, parameter: &'static str, result: Result<T, &'static str>) -> Option<T> {
        if self
            .misfit
            .as_ref()
            .is_some_and(|misfit| misfit.parameter == parameter)
        {
            self.misfit = None;
        }
        result
            .map_err(|reason| self.misfit.get_or_insert(Misfit { parameter, reason }))
            .ok()
    }
}

/// Shows what is set, but not to what: values can be secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<&str> = self.query.iter().map(|pair| pair.parameter).collect();
        f.debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("path", &self.operation.path)
            .field("query", &query)
            .field("body", &self.body.as_ref().map(|body| body.media_type))
            .finish_non_exhaustive()
    }
}
