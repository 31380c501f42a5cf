//! Emits the bound on the credential type of an operation's method, so that a call with another credential does not compile.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Access, Operation};

/// Emits the `where` clause of an operation's method. Empty if every credential is accepted.
///
/// The bound is on the method rather than on the `impl` block: then the compiler's error message is the text of
/// `#[diagnostic::on_unimplemented]`, which names the accepted credentials.
pub(super) fn where_clause(operation: &Operation) -> TokenStream {
    let bound = match operation.access {
        Access::Public => return TokenStream::new(),
        Access::Optional => quote!(OptionalAccess),
        Access::Account => quote!(AccountAccess),
        Access::Personal => quote!(PersonalAccess),
        Access::OpenIdConnect => quote!(OpenIdAccess),
        Access::Portal => quote!(PortalAccess),
        Access::Member => quote!(MemberAccess),
        Access::Registration => quote!(RegistrationAccess),
    };
    quote!(where C: #bound)
}
