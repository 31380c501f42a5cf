//! Emits webhooks: the enum over the events of a version, and the enum over the events of all versions.

mod accessors;
mod any_event;
mod property_access;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{self, Docs};
use super::group::{GroupModule, Parent};
use super::types::ident;
use crate::ir::{Api, Webhook};
use crate::names;

pub(super) use any_event::crate_file;

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
                raw: JsonValue,
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
