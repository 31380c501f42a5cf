//! Emits webhooks: the enum over the events of a version, and the enum over the events of all versions.

mod accessors;
mod property_access;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{self, Docs};
use super::group::{GroupModule, Parent};
use super::types::ident;
use crate::ir::{Api, Webhook};
use crate::names;

/// Emits `webhooks.rs` of a version.
pub(super) fn file(group: GroupModule<'_>) -> TokenStream {
    let (api, parent) = (group.api(), group.parent());
    let title = Docs::new(None, "Webhooks of the API.")
        .paragraph("[`Webhooks`] verifies deliveries and decodes their [`Event`]s.")
        .inner_attributes();
    let definition = definition(api, parent);
    let accessors = accessors::methods(group);
    let codec = codec(group);
    let (own, others) = (group.versions(), group.other_versions());
    let features = group.other_versions().map(names::version_feature);
    let is_shared = is_shared(group);
    quote! {
        #title
        use polar_client_runtime::webhooks::VersionedEvent;
        #[doc = " Verifies the deliveries of an endpoint and decodes their events."]
        pub type Webhooks = polar_client_runtime::webhooks::Webhooks<Event>;
        #definition
        #accessors
        #codec
        polar_client_runtime::union! { Event }
        impl VersionedEvent for Event {
            const VERSIONS: &'static [&'static str] = &[#(#own,)* #(#[cfg(feature = #features)] #others),*];

            fn event_type(&self) -> &str {
                Event::event_type(self)
            }

            #is_shared
        }
    }
}

fn definition(api: &Api, parent: Parent<'_>) -> TokenStream {
    let variants = api.webhooks.iter().map(|webhook| variant(api, webhook));
    let other = match parent {
        Parent::Crate(_) => quote! {
            #[doc = " An event that follows another API version, in which its payload differs. The feature of that version is enabled."]
            #[doc = ""]
            #[doc = " It can be of any type, for example `product.updated`: a `match` that accepts it together with all others loses events."]
            #[doc = " Handle it, or respond with 5xx: Polar delivers it again until the endpoint follows the version of the program."]
            #[doc = " Events whose payload type is the same in both versions are decoded as their own variants."]
            OtherVersion(Box<crate::webhooks::AnyEvent>),
        },
        Parent::None => TokenStream::new(),
    };
    let methods = methods(api, parent);
    quote! {
        #[doc = " Event of a webhook delivery, discriminated by `type`."]
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum Event {
            #(#variants)*
            #[doc = " An event of an unknown type. Accept it: otherwise, Polar delivers it again."]
            Unknown {
                #[doc = " Event type."]
                r#type: String,
                #[doc = " JSON of the whole body."]
                raw: Json,
            },
            #other
        }
        #methods
    }
}

fn variant(api: &Api, webhook: &Webhook) -> TokenStream {
    let name = ident(&webhook.name.rust);
    let def = api.def(webhook.payload);
    let payload = ident(&def.name.rust);
    let fallback = format!("Event {}.", docs::code(&webhook.name.wire));
    let docs = Docs::new(def.docs.as_deref(), fallback).attributes();
    quote!(#docs #name(Box<#payload>),)
}

fn methods(api: &Api, parent: Parent<'_>) -> TokenStream {
    let types = api.webhooks.iter().map(|webhook| {
        let (name, wire) = (ident(&webhook.name.rust), &webhook.name.wire);
        quote!(Self::#name(_) => #wire,)
    });
    let (other_type, is_unknown) = match parent {
        Parent::Crate(_) => (
            quote!(Self::OtherVersion(event) => event.event_type(),),
            quote! {
                match self {
                    Self::Unknown { .. } => true,
                    Self::OtherVersion(event) => event.is_unknown(),
                    _ => false,
                }
            },
        ),
        Parent::None => (
            TokenStream::new(),
            quote!(matches!(self, Self::Unknown { .. })),
        ),
    };
    quote! {
        impl Event {
            #[doc = " Returns the event type, such as `order.paid`."]
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self {
                    #(#types)*
                    Self::Unknown { r#type, .. } => r#type,
                    #other_type
                }
            }

            #[doc = " Returns whether the event type is unknown."]
            #[must_use]
            pub fn is_unknown(&self) -> bool {
                #is_unknown
            }
        }
    }
}

fn codec(group: GroupModule<'_>) -> TokenStream {
    let api = group.api();
    let own = group.versions();
    let reads = api.webhooks.iter().map(|webhook| {
        let (name, text) = (ident(&webhook.name.rust), &webhook.name.rust);
        let wire = &webhook.name.wire;
        quote! {
            Some(#wire) => {
                let payload = node.variant(#text);
                Self::#name(payload)
            }
        }
    });
    let views = api.webhooks.iter().map(|webhook| {
        let (name, text) = (ident(&webhook.name.rust), &webhook.name.rust);
        quote!(Self::#name(payload) => (#text, payload),)
    });
    let (other_read, other_view, other) = match group.parent() {
        Parent::Crate(_) => (
            quote!(Some(version) => Self::of_version(version, node),),
            quote!(Self::OtherVersion(event) => ("OtherVersion", event),),
            of_version(group),
        ),
        Parent::None => (
            quote!(Some(_) => Self::unknown(node),),
            TokenStream::new(),
            TokenStream::new(),
        ),
    };
    quote! {
        impl Event {
            fn own(node: Node<'_, '_>) -> Self {
                match node.text(&["type"]) {
                    #(#reads)*
                    _ => Self::unknown(node),
                }
            }

            #other

            fn unknown(node: Node<'_, '_>) -> Self {
                Self::Unknown { r#type: node.member("type"), raw: node.json() }
            }
        }

        impl Union for Event {
            fn read(node: Node<'_, '_>) -> Self {
                match node.text(&["api_version"]) {
                    None #(| Some(#own))* => Self::own(node),
                    #other_read
                }
            }

            fn view(&self) -> (&'static str, &dyn Encode) {
                match self {
                    #(#views)*
                    Self::Unknown { raw, .. } => ("Unknown", raw),
                    #other_view
                }
            }
        }
    }
}

/// Emits the decoding of an event of another version: as an event of this version, if the payload type is the same.
fn of_version(group: GroupModule<'_>) -> TokenStream {
    let other = quote! {
        match crate::webhooks::AnyEvent::read(version, node) {
            Some(event) => Self::OtherVersion(Box::new(event)),
            None => Self::unknown(node),
        }
    };
    let shared = is_shared(group).map(|_| {
        quote! {
            let event = node.text(&["type"]).unwrap_or_default();
            if Self::is_shared(version, event) {
                return Self::own(node);
            }
        }
    });
    quote! {
        fn of_version(version: &str, node: Node<'_, '_>) -> Self {
            #shared
            #other
        }
    }
}

/// Returns a method for the events of other versions that have the same payload type, if there are any.
fn is_shared(group: GroupModule<'_>) -> Option<TokenStream> {
    let api = group.api();
    let shared = group.other_versions().filter_map(|version| {
        let events = api.webhooks.iter();
        let events = events.filter(|webhook| group.shares_event(webhook, version));
        let events: Vec<&str> = events.map(|webhook| webhook.name.wire.as_str()).collect();
        (!events.is_empty()).then(|| {
            quote! {
                if version == #version {
                    let shared = [#(#events),*];
                    return shared.contains(&event_type);
                }
            }
        })
    });
    let shared: Vec<TokenStream> = shared.collect();
    (!shared.is_empty()).then(|| {
        quote! {
            fn is_shared(version: &str, event_type: &str) -> bool {
                #(#shared)*
                false
            }
        }
    })
}

/// Emits `src/webhooks.rs` of the crate, which is for all versions.
pub(super) fn shared(apis: &[&Api], versions: &[&str], default: &str) -> TokenStream {
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
    let any_event = any_event(versions, has_customers);
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

fn any_event(versions: &[&str], has_customers: bool) -> TokenStream {
    let of_each = |tokens: &dyn Fn(&str) -> TokenStream| -> TokenStream {
        let each = versions.iter().map(|version| {
            let feature = names::version_feature(version);
            let tokens = tokens(version);
            quote!(#[cfg(feature = #feature)] #tokens)
        });
        each.collect()
    };
    let module = |version: &str| ident(&names::version_module(version));
    let name = |version: &str| ident(&names::version_variant(version));
    let variants = versions.iter().map(|version| {
        let (name, module) = (name(version), module(version));
        let feature = names::version_feature(version);
        let docs = Docs::new(None, format!("An event of version `{version}`.")).attributes();
        quote!(#docs #[cfg(feature = #feature)] #name(crate::#module::webhooks::Event),)
    });
    let constants = of_each(&|version| {
        let module = module(version);
        quote!(crate::#module::API_VERSION,)
    });
    let call = |method: &str| {
        let method = ident(method);
        of_each(&|version| {
            let name = name(version);
            quote!(Self::#name(event) => event.#method(),)
        })
    };
    let (types, unknowns, views) = (call("event_type"), call("is_unknown"), call("view"));
    let accessors = accessors::of_any(has_customers, call);
    let own_versions = of_each(&|version| {
        let (name, module) = (name(version), module(version));
        quote!(Self::#name(_) => crate::#module::API_VERSION,)
    });
    let reads = of_each(&|version| {
        let (name, text) = (name(version), names::version_variant(version));
        let module = module(version);
        quote!(crate::#module::API_VERSION => Some(Self::#name(node.variant(#text))),)
    });
    quote! {
        #[doc = " An event of any API version whose feature is enabled."]
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AnyEvent { #(#variants)* }

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

        impl Encode for AnyEvent {
            fn view(&self) -> View<'_> {
                match self { #views }
            }
        }

        polar_client_runtime::__encode_traits! { AnyEvent }
    }
}
