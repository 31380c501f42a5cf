//! Emits `webhooks.rs` in the root of the crate: re-exports of the runtime, and `AnyEvent`, an enum over the events of all
//! versions.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::accessors;
use crate::emit::docs::Docs;
use crate::emit::types::ident;
use crate::ir::Api;
use crate::names;

/// A version, and its names in emitted code.
struct Version<'a> {
    version: &'a str,
    feature: String,
    module: Ident,
    variant: Ident,
}

impl<'a> Version<'a> {
    fn new(version: &&'a str) -> Self {
        Self {
            version,
            feature: names::version_feature(version),
            module: ident(&names::version_module(version)),
            variant: ident(&names::version_variant(version)),
        }
    }
}

/// Emits `src/webhooks.rs` of the crate, which is for all versions.
pub(in crate::emit) fn crate_file(apis: &[&Api], versions: &[&str], default: &str) -> TokenStream {
    let title = Docs::new(
        None,
        "Webhook types that all versions of the API share.",
    )
    .paragraph(format!(
        "The `Webhooks` of a version verifies deliveries: [`{module}::Webhooks`](crate::{module}::Webhooks).",
        module = names::version_module(default)
    ))
    .inner_attributes();
    let has_customers = apis.iter().any(|api| accessors::is_about_customers(api));
    let ids = has_customers.then(|| {
        quote!(
            use crate::ids::CustomerId;
        )
    });
    let any_event = definition(
        &versions.iter().map(Version::new).collect::<Vec<_>>(),
        has_customers,
    );
    quote! {
        #title
        #ids
        use polar_client_runtime::codec::{Encode, Node, View};
        use polar_client_runtime::types::Timestamp;
        #[cfg(feature = "postgres")]
        pub use polar_client_runtime::webhooks::PostgresStore;
        #[cfg(feature = "redis")]
        pub use polar_client_runtime::webhooks::RedisStore;
        pub use polar_client_runtime::webhooks::{Claim, Deliveries, MemoryStore, OnceError, Outcome};
        pub use polar_client_runtime::webhooks::{Delivery, Format, Headers, WebhookError, Webhooks};
        pub use polar_client_runtime::webhooks::{Entitlements, Store, VersionedEvent};
        #any_event
    }
}

fn definition(versions: &[Version<'_>], has_customers: bool) -> TokenStream {
    let variants = versions.iter().map(|names| {
        let Version {
            version,
            feature,
            module,
            variant,
        } = names;
        let docs = Docs::new(None, format!("An event of version `{version}`.")).attributes();
        quote!(#docs #[cfg(feature = #feature)] #variant(crate::#module::webhooks::Event),)
    });
    let methods = methods(versions, has_customers);
    let views = calls(versions, "view");
    quote! {
        #[doc = " An event of any API version whose feature is enabled."]
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AnyEvent { #(#variants)* }

        #methods

        impl Encode for AnyEvent {
            fn view(&self) -> View<'_> {
                match self { #views }
            }
        }

        polar_client_runtime::encode_traits! { AnyEvent }
    }
}

fn methods(versions: &[Version<'_>], has_customers: bool) -> TokenStream {
    let constants = of_each(
        versions,
        |Version { module, .. }| quote!(crate::#module::API_VERSION,),
    );
    let own_versions = of_each(
        versions,
        |Version {
             module, variant, ..
         }| { quote!(Self::#variant(_) => crate::#module::API_VERSION,) },
    );
    let reads = of_each(
        versions,
        |Version {
             module, variant, ..
         }| {
            let name = variant.to_string();
            quote!(crate::#module::API_VERSION => Some(Self::#variant(node.variant(#name))),)
        },
    );
    let (types, unknowns) = (calls(versions, "event_type"), calls(versions, "is_unknown"));
    let accessors = accessors::of_any(has_customers, |method| calls(versions, method));
    quote! {
        impl AnyEvent {
            #[doc = " API versions whose features are enabled."]
            pub const VERSIONS: &'static [&'static str] = &[#constants];

            #[doc = " Returns the API version that the event follows."]
            #[must_use]
            pub fn api_version(&self) -> &'static str {
                match self { #own_versions }
            }

            #[doc = " Returns the event type, such as `order.paid`."]
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self { #types }
            }

            #[doc = " Returns whether the event type is unknown."]
            #[must_use]
            pub fn is_unknown(&self) -> bool {
                match self { #unknowns }
            }

            #accessors

            #[doc = " Decodes the event of a version whose feature is enabled."]
            pub(crate) fn read(version: &str, node: Node<'_, '_>) -> Option<Self> {
                match version { #reads _ => None, }
            }
        }
    }
}

/// Emits an arm for each variant, which calls a method of its event.
fn calls(versions: &[Version<'_>], method: &str) -> TokenStream {
    let method = ident(method);
    of_each(
        versions,
        |Version { variant, .. }| quote!(Self::#variant(event) => event.#method(),),
    )
}

/// Emits tokens for each version, which are compiled with its feature.
fn of_each(versions: &[Version<'_>], tokens: impl Fn(&Version<'_>) -> TokenStream) -> TokenStream {
    let each = versions.iter().map(|version| {
        let (feature, tokens) = (&version.feature, tokens(version));
        quote!(#[cfg(feature = #feature)] #tokens)
    });
    each.collect()
}
