//! Emits the root module of a version: the client `Polar` and the constants, and the files `server.rs` and
//! `error_code.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::{self, Docs};
use crate::emit::docs::{operations, version_states};
use crate::emit::group::{GroupModule, Parent};
use crate::emit::services::child_type;
use crate::emit::types::{ident, rust_type};
use crate::emit::{ids, pages};
use crate::ir::{Api, FlowKind, Server, Service, ServiceCredential};
use crate::names;
use crate::share::Key;

/// Emits `mod.rs` of a version.
pub(in crate::emit) fn root(group: GroupModule<'_>) -> TokenStream {
    let api = group.api();
    let version = &api.version;
    let state = match group.parent() {
        Parent::Crate(versions) => version_states::sentences(versions, version),
        Parent::None => String::new(),
    };
    let title = Docs::new(None, format!("Version `{version}` of the API."))
        .paragraph(state)
        .paragraph(
            "[`Polar`] is the client, [`models`] contains the types and [`services`] the operations.",
        )
        .inner_attributes();
    let docs = Docs::new(None, format!("API version of this module: `{version}`.")).attributes();
    let codec = group.types().next().map(|_| {
        quote!(
            mod codec;
        )
    });
    let pages = pages::is_needed(group).then(|| {
        quote!(
            mod pages;
        )
    });
    let error_code = (!api.error_codes.is_empty()).then(|| error_code_module(group));
    let (error_code, error_code_use) = error_code.unwrap_or_default();
    let has_ids = group.parent() == Parent::None && ids::is_needed(&[api]);
    let ids = has_ids.then(|| {
        quote!(
            pub mod ids;
        )
    });
    let (server, server_use) = server_module(group);
    // Sorted, because rustfmt sorts `use` items.
    let mut reexports = [error_code_use, server_use];
    reexports.sort_by_key(ToString::to_string);
    let webhooks = (!api.webhooks.is_empty()).then(|| webhooks_module(group));
    let (webhooks, webhooks_use) = webhooks.unwrap_or_default();
    let ingester = ingester(api);
    let client = client(api);
    quote! {
        #title
        #codec
        #error_code
        #ids
        pub mod models;
        #pages
        mod schemas;
        #server
        pub mod services;
        #webhooks
        #(#reexports)*
        #webhooks_use
        #docs
        pub const API_VERSION: &str = #version;
        #ingester
        #client
    }
}

/// The declaration of a module, which is empty if another version group contains the module, and the `use` item that
/// re-exports its items.
type DeclarationAndUse = (TokenStream, TokenStream);

fn error_code_module(group: GroupModule<'_>) -> DeclarationAndUse {
    match group.elsewhere(&Key::ErrorCodes).map(GroupModule::path) {
        Some(path) => (quote!(), quote!(pub use #path::error_code::ErrorCode;)),
        None => (
            quote!(
                mod error_code;
            ),
            quote!(
                pub use error_code::ErrorCode;
            ),
        ),
    }
}

fn server_module(group: GroupModule<'_>) -> DeclarationAndUse {
    match group.elsewhere(&Key::Servers).map(GroupModule::path) {
        Some(path) => (quote!(), quote!(pub use #path::server;)),
        None => (
            quote!(
                pub mod server;
            ),
            quote!(),
        ),
    }
}

fn webhooks_module(group: GroupModule<'_>) -> DeclarationAndUse {
    let reexports = quote! {
        #[cfg(feature = "webhooks")]
        pub use webhooks::Webhooks;
    };
    match group.elsewhere(&Key::Events).map(GroupModule::path) {
        Some(path) => (
            quote!(),
            quote! {
                #[cfg(feature = "webhooks")]
                pub use #path::webhooks;
                #reexports
            },
        ),
        None => (
            quote! {
                #[cfg(feature = "webhooks")]
                pub mod webhooks;
            },
            reexports,
        ),
    }
}

fn client(api: &Api) -> TokenStream {
    let accessors = api.services.iter().map(accessor);
    let metering = metering(api);
    let servers = api.servers.iter().skip(1).map(on_server);
    let classes = api.error_codes.iter();
    let not_found = classes
        .filter(|(_, statuses)| statuses.contains(&404))
        .map(|(class, _)| class);
    quote! {
        #[doc = " Client of the API with the credential `C`. It is cheap to clone: clones share their connections."]
        #[derive(Clone, Debug)]
        pub struct Polar<C = OrganizationToken> {
            client: Client<C>,
        }

        impl Polar {
            #[doc = " Creates a client of the production server with an organization access token."]
            #[must_use]
            pub fn new(token: impl Into<OrganizationToken>) -> Self {
                Self { client: Client::new::<Api>(token.into()) }
            }

            #(#servers)*

            #[doc = " Creates a client from the environment: `POLAR_ACCESS_TOKEN` contains an organization access token, and"]
            #[doc = " `POLAR_SERVER` the server: `production` (the default), `sandbox` or a URL."]
            #[doc = ""]
            #[doc = " # Errors"]
            #[doc = " [`Error::Configuration`] if there is no token or the server is invalid."]
            pub fn from_env() -> Result<Self, Error> {
                ClientBuilder::<_, Api>::from_env()?.build()
            }
        }

        impl Polar<Anonymous> {
            #[doc = " Creates a client without a credential, for unauthenticated operations."]
            #[must_use]
            pub fn anonymous() -> Self {
                Self { client: Client::new::<Api>(Anonymous) }
            }

            #[doc = " Returns a builder that configures server, credential, timeouts, retries and transport."]
            pub fn builder() -> ClientBuilder<Anonymous, Api> {
                ClientBuilder::new()
            }
        }

        impl<C: Credential> Polar<C> {
            #[doc = " Returns a client with another credential, or without one ([`Anonymous`]), that shares the connections of this client."]
            #[must_use]
            pub fn with_credential<D: Credential>(&self, credential: D) -> Polar<D> {
                Polar { client: self.client.with_credential(credential) }
            }

            #[doc = " Returns a client that acts for this organization, for tokens with access to several."]
            #[must_use]
            pub fn organization(&self, id: impl Into<polar_client_runtime::types::Uuid>) -> Self {
                Self { client: self.client.organization(id.into()) }
            }

            #(#accessors)*

            #metering
        }

        #[doc = " Represents this API version as a type, such as in `Store::new(Api)`."]
        #[derive(Clone, Copy, Debug)]
        pub struct Api;

        impl ApiVersion for Api {
            const VERSION: &'static str = API_VERSION;
            const DEFAULT_SERVER: Server = server::DEFAULT;
            const SERVERS: &'static [Server] = server::ALL;
            const NOT_FOUND: &'static [&'static str] = &[#(#not_found),*];
            type Polar<C: Credential> = Polar<C>;

            fn wrap<C: Credential>(client: Client<C>) -> Polar<C> {
                Polar { client }
            }
        }
    }
}

/// Emits the constructor of a client for a server other than the default one: `Polar::sandbox`.
fn on_server(server: &Server) -> TokenStream {
    let (method, constant) = (
        ident(&names::server(&server.name.wire).rust),
        ident(&names::constant(&server.name)),
    );
    let docs = format!(
        "Creates a client of the {} server with an organization access token of that server.",
        server.name.wire
    );
    let docs = Docs::new(None, docs).attributes();
    quote! {
        #docs
        #[must_use]
        pub fn #method(token: impl Into<OrganizationToken>) -> Self {
            Self { client: Client::of_server::<Api>(server::#constant, token.into()) }
        }
    }
}

/// Emits the type of the version's event ingester.
fn ingester(api: &Api) -> Option<TokenStream> {
    let event = api
        .services
        .iter()
        .find_map(|service| ingested(api, service))?;
    Some(quote! {
        #[doc = " Queues events of this version from any number of tasks, and sends them in batches."]
        #[cfg(feature = "ingest")]
        pub type Ingester = polar_client_runtime::ingest::Ingester<models::#event>;
    })
}

/// Returns the event type that a service, or one of its children, ingests.
fn ingested(api: &Api, service: &Service) -> Option<TokenStream> {
    let own = service.operations.iter().filter(|operation| {
        let flow = operation.flow.as_ref();
        flow.is_some_and(|flow| matches!(flow.kind, FlowKind::Ingest { .. }))
    });
    let own = own.filter_map(|operation| api.ingested(operation));
    let mut own = own.map(|(_, event)| rust_type(api, event));
    let mut children = service.children.iter();
    own.next()
        .or_else(|| children.find_map(|child| ingested(api, child)))
}

/// Emits the method that configures usage metering. It belongs to the client, because metering uses operations of two
/// services: one ingests events, the other lists balances.
fn metering(api: &Api) -> Option<TokenStream> {
    const SUMMARY: &str = "Configures usage metering: events of customers, sent in batches and kept through outages, and balances of meters.";
    let (meters, events) =
        api.services.iter().find_map(|service| {
            let operation = service.operations.iter().find_map(|operation| {
                match &operation.flow.as_ref()?.kind {
                    FlowKind::Metering { events } => Some((operation, events)),
                    _ => None,
                }
            });
            operation.map(|(operation, events)| ((service, operation), events))
        })?;
    let events = api.services.iter().find_map(|service| {
        let operation = service.operation(events)?;
        Some((service, operation))
    })?;
    let sentence = |does: &str, operation| {
        let credential = operations::credential(operation);
        let credential = credential.trim_start_matches("Requires ");
        format!("{does} requires {credential}")
    };
    let docs = Docs::new(None, SUMMARY)
        .paragraph(sentence("Tracking", events.1))
        .paragraph(sentence("Reading balances", meters.1))
        .attributes();
    let ingester = ident(&events.1.flow.as_ref()?.name.rust);
    let [events, meters] = [
        (events.0, &ingester),
        (meters.0, &ident(&meters.1.name.rust)),
    ]
    .map(|(service, method)| {
        let service = ident(&service.name.rust);
        quote!(self.#service().#method())
    });
    Some(quote! {
        #docs
        #[cfg(feature = "metering")]
        pub fn metering(&self) -> polar_client_runtime::metering::MeteringBuilder
        where
            C: polar_client_runtime::client::AccountAccess
        {
            polar_client_runtime::metering::MeteringBuilder::new(#events, #meters)
        }
    })
}

/// Emits the method of the client that returns a root service: `polar.orders()`.
fn accessor(service: &Service) -> TokenStream {
    let name = ident(&service.name.rust);
    let ty = child_type(service);
    let fallback = format!("Operations on {}.", names::spoken(&service.name.wire));
    let docs = Docs::new(service.docs.as_deref(), fallback);
    match service.credential {
        ServiceCredential::Inherited => {
            let docs = docs.attributes();
            quote! {
                #docs
                #[must_use]
                pub fn #name(&self) -> services::#ty<C> {
                    services::#ty::new(self.client.clone())
                }
            }
        }
        ServiceCredential::Given => {
            let docs = docs
                .paragraph("Takes the session of a customer or member, or [`Anonymous`] for unauthenticated operations.")
                .attributes();
            quote! {
                #docs
                #[must_use]
                pub fn #name<S: Credential>(&self, session: S) -> services::#ty<S> {
                    services::#ty::new(self.client.with_credential(session))
                }
            }
        }
    }
}

/// Emits `server.rs`: the base URLs of the API.
pub(in crate::emit) fn servers(api: &Api) -> TokenStream {
    let title = Docs::new(None, "Servers of the API.").inner_attributes();
    let servers = api.servers.iter().map(|server| {
        let name = ident(&names::constant(&server.name));
        let (wire, url) = (&server.name.wire, &server.url);
        let docs = Docs::new(None, format!("The {wire} server: <{url}>.")).attributes();
        quote! {
            #docs
            pub const #name: Server = Server::fixed(#wire, #url);
        }
    });
    let default = api.servers.first().map(|server| {
        let name = ident(&names::constant(&server.name));
        quote! {
            #[doc = " Default server of clients."]
            pub const DEFAULT: Server = #name;
        }
    });
    let all = api
        .servers
        .iter()
        .map(|server| ident(&names::constant(&server.name)));
    quote! {
        #title
        #(#servers)*
        #default
        #[doc = " All servers."]
        pub const ALL: &[Server] = &[#(#all),*];
    }
}

/// Emits `error_code.rs`: the enum over the error classes. An error class is a value of `error` in error responses.
pub(in crate::emit) fn error_code(api: &Api) -> TokenStream {
    let title = Docs::new(None, "Error classes of the API.").inner_attributes();
    let variants = api.error_codes.iter().map(|(code, statuses)| {
        let name = ident(&names::variant("ErrorCode", code).rust);
        let fact = format!(
            "The response has `error: {code}` and status {}.",
            either(statuses)
        );
        let docs = match meaning(api, code) {
            Some(meaning) => Docs::new(None, meaning).paragraph(fact),
            None => Docs::new(None, fact),
        };
        let docs = docs.attributes();
        quote!(#docs #name,)
    });
    let strings = api.error_codes.keys().map(|code| {
        let name = ident(&names::variant("ErrorCode", code).rust);
        quote!(#name = #code)
    });
    quote! {
        #title
        #[doc = " Error class: the `error` of an error response."]
        #[doc = ""]
        #[doc = " Returned by [`Error::code`](polar_client_runtime::Error::code)."]
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorCode {
            #(#variants)*
            #[doc = " An unknown error class."]
            Unknown(String),
        }

        polar_client_runtime::string_enum! { ErrorCode { #(#strings),* } }
    }
}

/// Returns the description of an error class, from the docs of its schema.
fn meaning(api: &Api, code: &str) -> Option<String> {
    let mut types = api.types.iter();
    let def = types.find(|def| def.is_component() && def.name.wire == code)?;
    let meaning = def.docs.as_deref()?;
    let meaning = meaning.trim_start_matches("Error response: ");
    Some(docs::capitalized(meaning))
}

/// Formats `400`, `400 or 403`, `400, 403 or 409`.
fn either(statuses: &[u16]) -> String {
    let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
    match statuses.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => statuses.concat(),
    }
}
