//! Lists of the store: filtering, sorting and pagination.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::collections::variants;
use crate::testing::schemas::Schemas;

/// A request for a list.
pub(super) struct Query<'q> {
    pub(super) schemas: &'static Schemas,
    /// The schemas of the operation's parameters.
    pub(super) described: &'q Value,
    /// The schema of the items.
    pub(super) item: &'q Value,
    /// The query parameters of the request, in order.
    pub(super) pairs: &'q [(String, String)],
}

/// Why a request for a list fails.
pub(super) enum QueryError {
    /// The request is invalid. Contains the parameter and the reason.
    Invalid(String, &'static str),
    /// The store does not support the request. Contains the reason.
    Unsupported(String),
}

impl Query<'_> {
    /// Returns the matching items in the requested order.
    pub(super) fn select(&self, items: Vec<Value>) -> Result<Vec<Value>, QueryError> {
        let mut items = items;
        let mut names: Vec<&str> = self.pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            if matches!(name, "page" | "limit" | "sorting") {
                continue;
            }
            let filter = self.filter(name)?;
            let wanted: Vec<&str> = self.values(name).collect();
            items.retain(|item| filter.matches(item, &wanted));
        }
        let criteria: Vec<String> = match self.values("sorting").next() {
            Some(_) => self.values("sorting").map(str::to_owned).collect(),
            None => default_of(self.described, "sorting"),
        };
        for criterion in criteria.iter().rev() {
            self.sort(&mut items, criterion)?;
        }
        Ok(items)
    }

    /// Returns a page of the items, and its pagination metadata.
    pub(super) fn page(&self, items: &[Value]) -> Result<(Vec<Value>, Value), QueryError> {
        /// The maximum page size.
        const MOST: usize = 100;
        let page = self.number("page", 1)?;
        let limit = self.number("limit", 10)?.min(MOST);
        let start = (page - 1).saturating_mul(limit);
        let pagination = json!({
            "total_count": items.len(),
            "max_page": items.len().div_ceil(limit),
            "has_next_page": items.len() > start.saturating_add(limit),
        });
        let page = items.iter().skip(start).take(limit).cloned().collect();
        Ok((page, pagination))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.pairs.iter().filter(move |(key, _)| key == name);
        pairs.map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, otherwise: usize) -> Result<usize, QueryError> {
        let Some(text) = self.values(name).next() else {
            return Ok(otherwise);
        };
        match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(QueryError::Invalid(
                name.to_owned(),
                "Input should be greater than 0",
            )),
        }
    }

    fn filter(&self, name: &str) -> Result<Filter, QueryError> {
        if let Some(key) = name
            .strip_prefix("metadata[")
            .and_then(|key| key.strip_suffix(']'))
        {
            return Ok(Filter::Path(vec!["metadata".to_owned(), key.to_owned()]));
        }
        if self.described["query"].get(name).is_none() {
            return Ok(Filter::Any);
        }
        if name == "query" {
            return Ok(Filter::Text);
        }
        if self.has(name) {
            return Ok(Filter::Path(vec![name.to_owned()]));
        }
        // `customer_id` may be the ID of `customer`, or of an item of `customers`.
        let path = match name
            .strip_prefix("external_")
            .and_then(|name| name.strip_suffix("_id"))
        {
            Some(stem) => Some((stem, "external_id")),
            None => name.strip_suffix("_id").map(|stem| (stem, "id")),
        };
        if let Some((stem, key)) = path {
            for property in [stem.to_owned(), format!("{stem}s")] {
                if self.has(&property) {
                    return Ok(Filter::Path(vec![property, key.to_owned()]));
                }
            }
        }
        Err(QueryError::Unsupported(format!("filter by `{name}`")))
    }

    fn has(&self, property: &str) -> bool {
        let variants = variants(self.schemas, self.item);
        variants
            .iter()
            .any(|variant| variant["properties"].get(property).is_some())
    }

    fn sort(&self, items: &mut [Value], criterion: &str) -> Result<(), QueryError> {
        let (property, is_descending) = match criterion.strip_prefix('-') {
            Some(property) => (property, true),
            None => (criterion, false),
        };
        if !self.has(property) {
            return Err(QueryError::Unsupported(format!("sort by `{property}`")));
        }
        if is_descending {
            // Items that are equal in the sort order are reversed as well, as if later ones had later timestamps.
            items.reverse();
        }
        items.sort_by(|a, b| {
            let order = compared(&a[property], &b[property]);
            if is_descending {
                order.reverse()
            } else {
                order
            }
        });
        Ok(())
    }
}

enum Filter {
    /// Matches every item: the OpenAPI description does not state the meaning of the parameter.
    Any,
    /// Matches items that contain the string.
    Text,
    /// Matches items with one of the values at this path, in any element of lists.
    Path(Vec<String>),
}

impl Filter {
    fn matches(&self, item: &Value, wanted: &[&str]) -> bool {
        match self {
            Self::Any => true,
            Self::Text => wanted.iter().any(|text| contains(item, text)),
            Self::Path(path) => has(item, path, wanted),
        }
    }
}

fn has(value: &Value, path: &[String], wanted: &[&str]) -> bool {
    match (value, path) {
        (Value::Array(items), _) => items.iter().any(|item| has(item, path, wanted)),
        (value, [key, rest @ ..]) => has(&value[key], rest, wanted),
        (Value::String(text), []) => wanted.contains(&text.as_str()),
        (Value::Null, []) => false,
        (value, []) => wanted.contains(&value.to_string().as_str()),
    }
}

/// Returns whether one of the item's strings contains a string, ignoring case.
fn contains(item: &Value, text: &str) -> bool {
    let text = text.to_lowercase();
    let texts = item.as_object().into_iter().flatten();
    let mut texts = texts.filter_map(|(_, value)| value.as_str());
    texts.any(|value| value.to_lowercase().contains(&text))
}

fn compared(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

/// Returns the default values of a parameter.
fn default_of(described: &Value, name: &str) -> Vec<String> {
    match &described["query"][name]["default"] {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}
