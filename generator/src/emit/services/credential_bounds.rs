//! Emits the bounds on the credential type of a method.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Access, Operation};

/// Emits the `where` clause of a service's method.
///
/// The bound is on the method rather than on the `impl` block, because the compiler then names the accepted credentials
/// (`on_unimplemented`) in its error message.
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
