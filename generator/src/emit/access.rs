//! Which credentials a method takes.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Access, Operation};

/// The `where` clause of a method of a service.
///
/// It stands at the method, not at the `impl` block: so the compiler says which credentials the method takes
/// (`on_unimplemented`), and not only that a bound of the block does not hold.
pub(super) fn takes(operation: &Operation) -> TokenStream {
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
