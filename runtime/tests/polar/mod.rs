//! A client like those that the generator emits, with a few operations.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses some of it"
)]

use polar_client_runtime::client::{
    Access, Anonymous, ApiVersion, Body, Client, ClientBuilder, Credential, CustomerSession,
    Method, Operation, OrganizationToken, PortalAccess, Request, Safety, Server,
};
use polar_client_runtime::codec::{Encode, FieldWriter, Model, Object};
use polar_client_runtime::types::{JsonValue, OneOrMany};
use polar_client_runtime::{model, operation};

pub const PRODUCTION: Server = Server::fixed("production", "https://api.polar.sh");

#[derive(Debug)]
pub struct Api;

impl ApiVersion for Api {
    const VERSION: &'static str = "2026-10";
    const DEFAULT_SERVER: Server = PRODUCTION;
    const SERVERS: &'static [Server] = &[PRODUCTION];
    const NOT_FOUND: &'static [&'static str] = &["ResourceNotFound"];
    type Polar<C: Credential> = Polar<C>;

    fn wrap<C: Credential>(client: Client<C>) -> Polar<C> {
        Polar { client }
    }
}

#[derive(Clone, Debug)]
pub struct Polar<C = OrganizationToken> {
    pub client: Client<C>,
}

impl Polar {
    pub fn new(token: impl Into<OrganizationToken>) -> Self {
        Api::wrap(Client::new::<Api>(token.into()))
    }
}

impl Polar<Anonymous> {
    pub fn anonymous() -> Self {
        Api::wrap(Client::new::<Api>(Anonymous))
    }

    pub fn builder() -> ClientBuilder<Anonymous, Api> {
        ClientBuilder::new()
    }
}

impl<C: Credential> Polar<C> {
    pub fn portal<P: PortalAccess>(&self, session: P) -> Polar<P> {
        Api::wrap(self.client.with_credential(session))
    }

    pub fn list(&self) -> List {
        List(self.client.request(&LIST))
    }

    pub fn get(&self, id: &str) -> Get {
        let mut request = self.client.request(&GET);
        request.path("id", &id);
        Get(request)
    }

    pub fn create(&self, body: impl Body<Thing>) -> Create {
        let mut request = self.client.request(&CREATE);
        request.json_body(&body);
        Create(request)
    }

    pub fn token(&self, form: &JsonValue) -> Token {
        let mut request = self.client.request(&TOKEN);
        request.form_body(form);
        Token(request)
    }

    pub fn invoice(&self, id: &str) -> Invoice {
        let mut request = self.client.request(&INVOICE);
        request.path("id", &id);
        Invoice(request)
    }

    pub fn receipt(&self) -> Receipt {
        Receipt(self.client.request(&RECEIPT))
    }

    pub fn delete(&self, id: &str) -> Delete {
        let mut request = self.client.request(&DELETE);
        request.path("id", &id);
        Delete(request)
    }

    pub fn revoke(&self, id: &str) -> Revoke {
        let mut request = self.client.request(&REVOKE);
        request.path("id", &id);
        Revoke(request)
    }

    pub fn export(&self) -> Export {
        Export(self.client.request(&EXPORT))
    }
}

impl<P: PortalAccess> Polar<P> {
    pub fn only_in_portal(&self) {}
}

pub static LIST: Operation = Operation {
    id: "things:list",
    method: Method::Get,
    path: "/v1/things/",
    access: Access::Account,
    safety: Safety::Idempotent,
};
pub static GET: Operation = Operation {
    id: "things:get",
    method: Method::Get,
    path: "/v1/things/{id}/state",
    access: Access::Account,
    safety: Safety::Idempotent,
};
pub static CREATE: Operation = Operation {
    id: "things:create",
    method: Method::Post,
    path: "/v1/things/",
    access: Access::Account,
    safety: Safety::NotIdempotent,
};
pub static TOKEN: Operation = Operation {
    id: "oauth2:token",
    method: Method::Post,
    path: "/v1/oauth2/token",
    access: Access::Account,
    safety: Safety::NotIdempotent,
};
pub static INVOICE: Operation = Operation {
    id: "things:invoice",
    method: Method::Post,
    path: "/v1/things/{id}/invoice",
    access: Access::Account,
    safety: Safety::NotIdempotent,
};
pub static RECEIPT: Operation = Operation {
    id: "things:receipt",
    method: Method::Get,
    path: "/v1/receipt",
    access: Access::Account,
    safety: Safety::Idempotent,
};
pub static DELETE: Operation = Operation {
    id: "things:delete",
    method: Method::Delete,
    path: "/v1/things/{id}",
    access: Access::Account,
    safety: Safety::Idempotent,
};
pub static REVOKE: Operation = Operation {
    id: "things:revoke",
    method: Method::Delete,
    path: "/v1/things/{id}/revoke",
    access: Access::Account,
    safety: Safety::Idempotent,
};
pub static EXPORT: Operation = Operation {
    id: "things:export",
    method: Method::Get,
    path: "/v1/export",
    access: Access::Account,
    safety: Safety::Idempotent,
};

#[derive(Clone, Debug)]
pub struct List(Request);

impl List {
    pub fn id(mut self, value: impl Into<OneOrMany<String>>) -> Self {
        self.0.query("id", &value.into());
        self
    }

    pub fn archived(mut self, value: Option<bool>) -> Self {
        self.0.query("archived", &value);
        self
    }

    pub fn any(mut self, name: &'static str, value: &dyn Encode) -> Self {
        self.0.query(name, value);
        self
    }

    pub fn metadata(mut self, value: &JsonValue) -> Self {
        self.0.deep_object("metadata", value);
        self
    }

    pub fn filter(mut self, value: &dyn Encode) -> Self {
        self.0.json_query("filter", value);
        self
    }
}

#[derive(Clone, Debug)]
pub struct Get(Request);
#[derive(Clone, Debug)]
pub struct Create(Request);
#[derive(Clone, Debug)]
pub struct Token(Request);
#[derive(Clone, Debug)]
pub struct Invoice(Request);
#[derive(Clone, Debug)]
pub struct Receipt(Request);
#[derive(Clone, Debug)]
pub struct Delete(Request);
#[derive(Clone, Debug)]
pub struct Revoke(Request);
#[derive(Clone, Debug)]
pub struct Export(Request);

operation! { List => json Vec<Thing> }
operation! { Get => json Thing }
operation! { Create => json Thing }
operation! { Token => json JsonValue }
operation! { Invoice => empty }
operation! { Receipt => optional Thing }
operation! { Delete => empty }
operation! { Revoke => json Thing }
operation! { Export => text }

#[derive(Clone)]
pub struct Thing {
    pub name: String,
}

impl Model for Thing {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            name: o.field("name"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("name", &self.name)]);
    }
}

/// Like a variant of a union: accepted in place of a `Thing`.
#[derive(Clone)]
pub struct NamedThing {
    pub name: String,
}

impl Model for NamedThing {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            name: o.field("name"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("name", &self.name)]);
    }
}

model! { Thing, NamedThing }

impl Body<Thing> for NamedThing {}
impl Body<Thing> for &NamedThing {}

pub fn session() -> CustomerSession {
    CustomerSession::new("portal_session")
}
