//! Finds the operation of a request, and its path parameters.

use http::Method;
use percent_encoding::percent_decode_str;

use crate::client::Operation;

/// Returns the operation with this method and path. If several match, returns the one with the smallest number of path
/// parameters: `export` in `/v1/customers/export` is not the ID of a customer.
pub(super) fn operation(
    operations: impl Iterator<Item = &'static Operation>,
    method: &Method,
    path: &str,
) -> Option<&'static Operation> {
    operations
        .filter(|operation| operation.method.to_http() == *method)
        .filter_map(|operation| Some((parameters(operation.path, path)?.len(), operation)))
        .min_by_key(|(parameters, _)| *parameters)
        .map(|(_, operation)| operation)
}

/// Returns the path parameters of a path with this template. Returns `None` if the path does not match. The path may
/// have a prefix: the path of the server's URL.
pub(super) fn parameters(
    template: &'static str,
    path: &str,
) -> Option<Vec<(&'static str, String)>> {
    let template = template.trim_start_matches('/').rsplit('/');
    let mut segments = path.rsplit('/');
    let mut found = Vec::new();
    for expected in template {
        let segment = segments.next()?;
        match expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                let value = percent_decode_str(segment).decode_utf8_lossy();
                found.push((name, value.into_owned()));
            }
            None if expected != segment => return None,
            None => {}
        }
    }
    found.reverse();
    Some(found)
}
