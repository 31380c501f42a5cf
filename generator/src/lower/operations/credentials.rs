//! Determines which kinds of credentials an operation accepts.

use std::collections::BTreeSet;

use openapiv3::Operation as Source;

use crate::document::OperationExt as _;
use crate::ir::Access;
use crate::lower::Lowering;

/// Returns the accepted kinds of credentials, by the operation's security requirement, and the scopes. A credential needs
/// one of the scopes.
pub(super) fn accepted(
    cx: &mut Lowering<'_, '_>,
    source: &Source,
    at: &str,
) -> (Access, Vec<String>) {
    let alternatives = source.security.iter().flatten().flatten();
    let (mut schemes, mut scopes) = (BTreeSet::new(), Vec::new());
    for (scheme, wanted) in alternatives {
        schemes.insert(scheme.as_str());
        for scope in wanted {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
    }
    let schemes: Vec<&str> = schemes.into_iter().collect();
    let open_to_all = source
        .allowed_subjects()
        .iter()
        .any(|subject| subject == "Anonymous");
    let access = match schemes.as_slice() {
        [] => Access::Public,
        ["oat", "oidc", "pat"] => Access::Account,
        ["oidc", "pat"] if open_to_all => Access::Optional,
        ["oidc", "pat"] => Access::Personal,
        ["oidc"] => Access::OpenIdConnect,
        ["customer_session", "member_session"] => Access::Portal,
        ["member_session"] => Access::Member,
        ["client_registration"] => Access::Registration,
        other => {
            let message = format!(
                "no credential of the client satisfies this set: {}",
                other.join(", ")
            );
            cx.problem(&format!("{at}/security"), message);
            Access::Public
        }
    };
    (access, scopes)
}
