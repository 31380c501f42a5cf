//! The elements of an API version in a form that can be compared with other versions: the content of each element, and the
//! elements that it refers to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::canonical::SharedTypeIds;
use super::key::Key;
use crate::ir::{
    Access, Api, Flow, FlowKind, Operation, Page, Service, ServiceCredential, Shape, Type, TypeDef,
    TypeId, Webhook,
};
use crate::names::Name;

/// The canonical form of an element. Elements with the same meaning have equal forms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Type {
        def: Box<TypeDef>,
        /// The facts about a page, if the type is one.
        page: Option<Page>,
    },
    Operation {
        /// The methods that lead to its service from the client.
        service: Vec<String>,
        operation: Box<Operation>,
    },
    Service {
        type_name: String,
        credential: ServiceCredential,
        /// The operations of the service, with the credential that each method accepts.
        operations: BTreeMap<String, Access>,
        children: BTreeSet<Vec<String>>,
    },
    ErrorCodes(BTreeMap<String, Vec<u16>>),
    Servers(Vec<(String, String)>),
    /// The names of events and of their payload types.
    Events(BTreeMap<String, (Name, String)>),
}

/// The elements of one version.
#[derive(Debug)]
pub(crate) struct Elements {
    elements: BTreeMap<Key, Element>,
}

#[derive(Debug)]
struct Element {
    content: Content,
    reaches: BTreeSet<Key>,
}

impl Elements {
    /// Returns the elements of each version, in a form that can be compared.
    pub(crate) fn of_all(apis: &[&Api]) -> Vec<Self> {
        let all: BTreeSet<&str> = apis
            .iter()
            .flat_map(|api| &api.types)
            .map(|def| def.name.rust.as_str())
            .collect();
        let ids: HashMap<&str, usize> = all
            .iter()
            .enumerate()
            .map(|(id, name)| (*name, id))
            .collect();
        let of = |api: &&Api| Collector::collect(SharedTypeIds { api, ids: &ids });
        apis.iter().map(of).collect()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.elements.keys()
    }

    pub(crate) fn content(&self, key: &Key) -> Option<&Content> {
        self.elements.get(key).map(|element| &element.content)
    }

    pub(crate) fn reached_from(&self, key: &Key) -> impl Iterator<Item = &Key> {
        let element = self.elements.get(key);
        element.into_iter().flat_map(|element| &element.reaches)
    }
}

struct Collector<'a> {
    names: SharedTypeIds<'a>,
    elements: BTreeMap<Key, Element>,
}

impl<'a> Collector<'a> {
    fn collect(names: SharedTypeIds<'a>) -> Elements {
        let api = names.api;
        let mut collector = Self {
            names,
            elements: BTreeMap::new(),
        };
        collector.types(api);
        for service in &api.services {
            collector.service(service, &[]);
        }
        collector.roots(api);
        Elements {
            elements: collector.elements,
        }
    }

    fn add(&mut self, key: Key, content: Content, reaches: BTreeSet<Key>) {
        self.elements.insert(key, Element { content, reaches });
    }

    fn types(&mut self, api: &Api) {
        for (index, def) in api.types.iter().enumerate() {
            let id = TypeId(index);
            let mut reaches = BTreeSet::new();
            let mut reach = |ty: &Type| self.names.reach(ty, &mut reaches);
            match &def.shape {
                Shape::Struct(object) => {
                    object.fields.iter().for_each(|field| reach(&field.ty));
                    object.rest.iter().for_each(&mut reach);
                }
                Shape::Union(union) => union.variants.iter().for_each(|variant| reach(&variant.ty)),
                Shape::Alias(ty) => reach(ty),
                Shape::Enum(_) => {}
            }
            let content = Content::Type {
                def: Box::new(self.names.def(def)),
                page: api.pages.get(&id).map(|page| self.names.page(page)),
            };
            self.add(Key::Type(def.name.rust.clone()), content, reaches);
        }
    }

    fn service(&mut self, service: &Service, above: &[String]) {
        let path = [above, std::slice::from_ref(&service.name.rust)].concat();
        let child =
            |child: &Service| [path.as_slice(), std::slice::from_ref(&child.name.rust)].concat();
        let mut reaches = BTreeSet::new();
        for operation in &service.operations {
            self.operation(operation, &path);
            reaches.insert(Key::Operation(operation.id.clone()));
        }
        let children: BTreeSet<Vec<String>> = service.children.iter().map(child).collect();
        reaches.extend(children.iter().cloned().map(Key::Service));
        let content = Content::Service {
            type_name: service.type_name.clone(),
            credential: service.credential,
            operations: service
                .operations
                .iter()
                .map(|operation| (operation.id.clone(), operation.access))
                .collect(),
            children,
        };
        for child in &service.children {
            self.service(child, &path);
        }
        self.add(Key::Service(path), content, reaches);
    }

    fn operation(&mut self, operation: &Operation, service: &[String]) {
        let mut reaches = BTreeSet::new();
        for ty in operation.types() {
            self.names.reach(ty, &mut reaches);
        }
        if let Some(paging) = &operation.paging {
            self.names.reach(&Type::Named(paging.page), &mut reaches);
        }
        let content = Content::Operation {
            service: service.to_vec(),
            operation: Box::new(self.names.operation(operation)),
        };
        let key = Key::Operation(operation.id.clone());
        self.add(key.clone(), content, reaches);
        self.bind_event(operation, &key);
    }

    /// Makes the type of ingested events depend on the operation that ingests them. The runtime's trait is implemented for
    /// the type with facts about the operation, so the type is only equal in two versions if the operation is.
    fn bind_event(&mut self, operation: &Operation, key: &Key) {
        let is_ingest = |flow: &Flow| matches!(flow.kind, FlowKind::Ingest { .. });
        if !operation.flow.as_ref().is_some_and(is_ingest) {
            return;
        }
        let mut events = BTreeSet::new();
        if let Some((_, event)) = self.names.api.ingested(operation) {
            self.names.reach(event, &mut events);
            self.names.reach(self.names.api.target(event), &mut events);
        }
        for event in events {
            if let Some(element) = self.elements.get_mut(&event) {
                element.reaches.insert(key.clone());
            }
        }
    }

    fn roots(&mut self, api: &Api) {
        let none = BTreeSet::new;
        if !api.error_codes.is_empty() {
            let mut codes = api.error_codes.clone();
            codes
                .values_mut()
                .for_each(|statuses| statuses.sort_unstable());
            self.add(Key::ErrorCodes, Content::ErrorCodes(codes), none());
        }
        let servers = api.servers.iter();
        let servers = servers.map(|server| (server.name.wire.clone(), server.url.clone()));
        self.add(Key::Servers, Content::Servers(servers.collect()), none());
        if !api.webhooks.is_empty() {
            let payload = |webhook: &Webhook| api.def(webhook.payload).name.rust.clone();
            let reaches = api
                .webhooks
                .iter()
                .map(|webhook| Key::Type(payload(webhook)));
            let events = api.webhooks.iter().map(|webhook| {
                (
                    webhook.name.wire.clone(),
                    (webhook.name.clone(), payload(webhook)),
                )
            });
            self.add(
                Key::Events,
                Content::Events(events.collect()),
                reaches.collect(),
            );
        }
    }
}
