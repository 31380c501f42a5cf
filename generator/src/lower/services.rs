//! Groups operations into a tree of services, by the segments of operation IDs: `customers:members:list` belongs to the
//! service `members` in the service `customers`.

use super::draft::{Draft, DraftOperation};
use super::{Lowering, renamed};
use crate::ir::{Access, Identified, Operation, Service, ServiceCredential};
use crate::{names, reserved};

/// Groups the operations by the segments of their IDs.
pub(super) fn group(cx: &mut Lowering<'_, '_>, draft: Draft) -> Vec<Service> {
    let groups: Vec<&[String]> = draft
        .operations
        .iter()
        .map(|draft| &draft.group[..])
        .collect();
    renamed::check_services(cx, &groups);
    let mut services = Vec::new();
    for DraftOperation {
        group, operation, ..
    } in draft.operations
    {
        insert(cx, &mut services, &group, 0, operation);
    }
    services.sort_by(|a, b| a.name.rust.cmp(&b.name.rust));
    for service in &mut services {
        sort(service);
        resolve_name_collisions(cx, service);
        service.credential = credential(service);
    }
    services
}

fn insert(
    cx: &Lowering<'_, '_>,
    services: &mut Vec<Service>,
    group: &[String],
    depth: usize,
    operation: Operation,
) {
    let Some(segment) = group.get(depth) else {
        return;
    };
    let index = services
        .iter()
        .position(|service| service.name.wire == *segment)
        .unwrap_or_else(|| {
            let name = renamed::service(cx, &group[..=depth]);
            services.push(Service {
                type_name: names::service_type(&name),
                name,
                docs: cx.glossary.service(&group[..=depth].join(":")),
                credential: ServiceCredential::Inherited,
                operations: Vec::new(),
                children: Vec::new(),
            });
            services.len() - 1
        });
    let service = &mut services[index];
    if depth + 1 == group.len() {
        service.operations.push(operation);
    } else {
        insert(cx, &mut service.children, group, depth + 1, operation);
    }
}

fn sort(service: &mut Service) {
    service
        .operations
        .sort_by(|a, b| a.name.rust.cmp(&b.name.rust));
    service
        .children
        .sort_by(|a, b| a.name.rust.cmp(&b.name.rust));
    service.children.iter_mut().for_each(sort);
}

/// Resolves collisions of type names in the file of a service. The file defines the service type and the request types,
/// and imports types of the API and the runtime. A service or request type with the name of another type gets a suffix.
fn resolve_name_collisions(cx: &Lowering<'_, '_>, service: &mut Service) {
    let mut mentioned = Vec::new();
    for operation in &service.operations {
        for ty in operation.types() {
            ty.visit_named(&mut |id| mentioned.push(cx.types[id.0].name.rust.clone()));
            if let Some(Identified::Entity(entity)) = ty.identified() {
                mentioned.push(names::id_type(entity));
            }
        }
    }
    let is_taken = |name: &str| {
        let mut mentioned = mentioned.iter();
        mentioned.any(|mentioned| mentioned == name) || reserved::is_type(name)
    };
    if is_taken(&service.type_name) {
        service.type_name.push_str("Service");
    }
    for operation in &mut service.operations {
        if is_taken(&operation.type_name) || operation.type_name == service.type_name {
            operation.type_name.push_str("Request");
        }
    }
    for child in &mut service.children {
        resolve_name_collisions(cx, child);
    }
}

/// Returns the credential of a root service. The service gets a credential of its own if an operation needs a customer or
/// member session, and no operation accepts an access token.
fn credential(service: &Service) -> ServiceCredential {
    let mut accesses = Vec::new();
    collect_access(service, &mut accesses);
    let is_session = |access: &Access| matches!(access, Access::Portal | Access::Member);
    let accepts_own = |access: &Access| {
        matches!(
            access,
            Access::Account | Access::Personal | Access::OpenIdConnect | Access::Optional
        )
    };
    if accesses.iter().any(is_session) && !accesses.iter().any(accepts_own) {
        ServiceCredential::Given
    } else {
        ServiceCredential::Inherited
    }
}

fn collect_access(service: &Service, found: &mut Vec<Access>) {
    found.extend(service.operations.iter().map(|operation| operation.access));
    service
        .children
        .iter()
        .for_each(|child| collect_access(child, found));
}
