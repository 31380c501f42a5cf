//! Which operation a request is for, and the values in its path.

use http::Method;
use percent_encoding::percent_decode_str;

use crate::client::Operation;

/// The operation that a request is for, by method and path. Of several, the one with the fewest parameters:
/// `/v1/customers/export` is no customer.
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

/// The parameters of a path, by the template that it was made from; `None` if it was not. The path of the server may
/// stand before it.
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
