//! Reads the operations of a contract.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Contract;

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation<'c> {
    /// The operation ID: `orders:list`.
    pub id: &'c str,
    /// The HTTP method: `GET`.
    pub method: String,
    /// The path template.
    pub path: &'c str,
    /// JSON pointer to the operation.
    pub pointer: String,
    node: &'c Value,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter<'c> {
    /// The name.
    pub name: &'c str,
    /// `path` or `query`.
    pub place: &'c str,
    /// Whether a request must contain the parameter.
    pub is_required: bool,
    /// How the parameter is encoded.
    pub style: Style,
    /// The schema of its values.
    pub schema: Schema<'c>,
}

/// How a parameter is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `name=value`, once for each value; or a segment of the path.
    Plain,
    /// `name[key]=value`, once for each value of each key.
    DeepObject,
    /// `name=<JSON text>`.
    Json,
}

/// A schema and its place.
#[derive(Debug, Clone)]
pub struct Schema<'c> {
    /// The schema.
    pub schema: &'c Value,
    /// JSON pointer to it.
    pub pointer: String,
}

/// The content of a request or response.
#[derive(Debug, Clone)]
pub struct Content<'c> {
    /// The media type: `application/json`.
    pub media_type: &'c str,
    /// The schema of the content.
    pub schema: Schema<'c>,
}

/// A documented response.
#[derive(Debug, Clone)]
pub struct Response<'c> {
    /// HTTP status.
    pub status: u16,
    /// The content, if the response has any.
    pub content: Option<Content<'c>>,
}

impl Contract {
    /// Returns all operations, in the order of the contract.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut found = Vec::new();
        for (path, item) in self.tree()["paths"].as_object().into_iter().flatten() {
            for (method, node) in item.as_object().into_iter().flatten() {
                found.push(Operation {
                    id: node["operationId"].as_str().unwrap_or_default(),
                    method: method.to_uppercase(),
                    path,
                    pointer: format!("/paths/{}/{method}", escaped(path)),
                    node,
                });
            }
        }
        found
    }
}

impl<'c> Operation<'c> {
    /// Returns the parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter<'c>> {
        let all = self.node["parameters"].as_array().into_iter().flatten();
        all.enumerate()
            .map(|(index, node)| {
                let pointer = format!("{}/parameters/{index}", self.pointer);
                let json = node["content"].get("application/json");
                let style = match (json, node["style"].as_str()) {
                    (Some(_), _) => Style::Json,
                    (None, Some("deepObject")) => Style::DeepObject,
                    (None, None) => Style::Plain,
                    (None, Some(other)) => panic!("{pointer}: no such style is known: {other}"),
                };
                Parameter {
                    name: node["name"].as_str().unwrap_or_default(),
                    place: node["in"].as_str().unwrap_or_default(),
                    is_required: node["required"] == true,
                    style,
                    schema: Schema {
                        schema: &json.unwrap_or(node)["schema"],
                        pointer: match json {
                            Some(_) => format!("{pointer}/content/application~1json/schema"),
                            None => format!("{pointer}/schema"),
                        },
                    },
                }
            })
            .collect()
    }

    /// Returns the request body, and whether it is required.
    #[must_use]
    pub fn body(&self) -> Option<(Content<'c>, bool)> {
        let body = self.node.get("requestBody")?;
        let content = content(body, &format!("{}/requestBody", self.pointer))?;
        Some((content, body["required"] == true))
    }

    /// Returns the documented responses.
    #[must_use]
    pub fn responses(&self) -> Vec<Response<'c>> {
        let all = self.node["responses"].as_object().into_iter().flatten();
        all.map(|(status, node)| Response {
            status: status
                .parse()
                .unwrap_or_else(|_| panic!("{} has no response {status}", self.id)),
            content: content(node, &format!("{}/responses/{status}", self.pointer)),
        })
        .collect()
    }

    /// Returns the names of the accepted security schemes; empty if no credential is required.
    #[must_use]
    pub fn credentials(&self) -> BTreeSet<&'c str> {
        let sets = self.node["security"].as_array().into_iter().flatten();
        sets.filter_map(|set| set.as_object()?.keys().next())
            .map(String::as_str)
            .collect()
    }

    /// Returns whether the operation can be called without a credential.
    #[must_use]
    pub fn is_open_to_all(&self) -> bool {
        let subjects = self.node["x-polar-allowed-subjects"].as_array();
        let anonymous = subjects.is_some_and(|all| all.iter().any(|one| one == "Anonymous"));
        anonymous || self.credentials().is_empty()
    }

    /// Returns whether the response is a page of a list.
    #[must_use]
    pub fn is_paged(&self) -> bool {
        self.node.get("x-polar-pagination").is_some()
    }
}

fn content<'c>(node: &'c Value, pointer: &str) -> Option<Content<'c>> {
    let (media_type, content) = node["content"].as_object()?.iter().next()?;
    let pointer = format!("{pointer}/content/{}/schema", escaped(media_type));
    Some(Content {
        media_type,
        schema: Schema {
            schema: &content["schema"],
            pointer,
        },
    })
}

/// Escapes a key for a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
