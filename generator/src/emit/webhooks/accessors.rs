//! Emits methods of events that return their data, timestamp and customer, so that users need no `match` on the event type.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::property_access::PropertyAccess;
use crate::emit::docs;
use crate::emit::group::{GroupModule, Parent};
use crate::emit::types::ident;
use crate::ir::{Api, Scalar, Type, TypeDef, Webhook};
use crate::names;

/// The entity whose identifier and external ID are methods of every event.
const CUSTOMER: &str = "Customer";

/// Names of other methods of `Event`, which a method that returns data must not have.
const TAKEN: &[&str] = &[
    "customer_id",
    "event_type",
    "external_customer_id",
    "is_shared",
    "is_unknown",
    "of_version",
    "own",
    "read",
    "timestamp",
    "unknown",
    "view",
];

/// Emits the methods of `Event`.
pub(super) fn methods(group: GroupModule<'_>) -> TokenStream {
    let api = group.api();
    let data = data(api);
    let data = data.values().map(|(def, events)| {
        let name = ident(&method_name(api, def));
        let ty = ident(&def.name.rust);
        let what = docs::with_article(&names::spoken(&def.name.rust));
        let doc = format!(" Returns the data of the event if it is {what}.");
        let events = events.iter().map(|event| ident(&event.name.rust));
        quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #name(&self) -> Option<&#ty> {
                match self {
                    #(Self::#events(it) => Some(&it.data),)*
                    _ => None,
                }
            }
        }
    });
    let time = option_method(group, &TIME, |webhook| {
        let ty = Type::Named(webhook.payload);
        PropertyAccess::property(api, &ty, &quote!(it), "timestamp")?
            .of_type(&Type::Scalar(Scalar::Timestamp))
    });
    let customer = has_customers(group).then(|| {
        let id = option_method(group, &CUSTOMER_ID, |webhook| customer_id(api, webhook));
        let external = option_method(group, &EXTERNAL_ID, |webhook| external_id(api, webhook));
        quote!(#id #external)
    });
    quote!(impl Event { #(#data)* #time #customer })
}

/// Emits the methods of `AnyEvent`, which call those of the event of each version.
pub(super) fn of_any(has_customers: bool, call: impl Fn(&str) -> TokenStream) -> TokenStream {
    let customer = [CUSTOMER_ID, EXTERNAL_ID].into_iter();
    let accessors = [TIME].into_iter().chain(customer.filter(|_| has_customers));
    accessors
        .map(|accessor| {
            let events = call(accessor.name);
            accessor.method(&quote!(match self { #events }))
        })
        .collect()
}

/// Returns whether customers have an identifier type.
pub(super) fn is_about_customers(api: &Api) -> bool {
    api.entities().any(|entity| entity == CUSTOMER)
}

fn has_customers(group: GroupModule<'_>) -> bool {
    group.apis().iter().any(|api| is_about_customers(api))
}

/// A method of every event, regardless of its data.
struct Accessor {
    name: &'static str,
    docs: &'static [&'static str],
    ty: fn() -> TokenStream,
    /// The expression that reads the value from the JSON of an unknown event, `raw`.
    raw: fn() -> TokenStream,
}

const TIME: Accessor = Accessor {
    name: "timestamp",
    docs: &[
        " Returns when the event occurred (`timestamp`). Deliveries may arrive in a different order.",
        "",
        " `None` for events of unknown types without a valid `timestamp`.",
    ],
    ty: || quote!(Timestamp),
    raw: || {
        quote!({
            let time = raw.pointer("/timestamp")?;
            time.as_str()?.parse().ok()
        })
    },
};

const CUSTOMER_ID: Accessor = Accessor {
    name: "customer_id",
    docs: &[
        " Returns the ID of the customer that the event is about.",
        "",
        " It is `customer_id` of the data, or `id` if the data is a customer. `None` if the event is not about a customer, or",
        " if the customer is not known yet, as in checkouts. For events of unknown types, it is `data.customer_id`.",
    ],
    ty: || quote!(CustomerId),
    raw: || {
        quote!({
            let id = raw.pointer("/data/customer_id")?;
            id.as_str()?.parse().ok()
        })
    },
};

const EXTERNAL_ID: Accessor = Accessor {
    name: "external_customer_id",
    docs: &[
        " Returns the external ID of the customer that the event is about: the identifier in your own system.",
        "",
        " It is `external_customer_id` or `customer.external_id` of the data, or `external_id` if the data is a customer.",
        " `None` if the customer has none or the data does not contain it: in that case, get the customer by",
        " [`customer_id`](Self::customer_id).",
    ],
    ty: || quote!(&str),
    raw: || {
        quote!({
            let text = |path| raw.pointer(path)?.as_str();
            let stated = text("/data/external_customer_id");
            stated.or_else(|| text("/data/customer/external_id"))
        })
    },
};

impl Accessor {
    fn method(&self, body: &TokenStream) -> TokenStream {
        let (name, docs, ty) = (ident(self.name), self.docs, (self.ty)());
        quote! {
            #(#[doc = #docs])*
            #[must_use]
            pub fn #name(&self) -> Option<#ty> {
                #body
            }
        }
    }
}

fn option_method(
    group: GroupModule<'_>,
    accessor: &Accessor,
    find: impl Fn(&Webhook) -> Option<PropertyAccess>,
) -> TokenStream {
    let arms = group.api().webhooks.iter().filter_map(|webhook| {
        let (event, value) = (ident(&webhook.name.rust), find(webhook)?.optional());
        Some(quote!(Self::#event(it) => #value,))
    });
    let arms: Vec<TokenStream> = arms.collect();
    let others = (arms.len() < group.api().webhooks.len()).then(|| quote!(_ => None,));
    let (method, raw) = (ident(accessor.name), (accessor.raw)());
    let other_version = match group.parent() {
        Parent::Crate(_) => quote!(Self::OtherVersion(event) => event.#method(),),
        Parent::None => TokenStream::new(),
    };
    accessor.method(&quote! {
        match self {
            #(#arms)*
            Self::Unknown { raw, .. } => #raw,
            #other_version
            #others
        }
    })
}

/// Returns the types of event data by name, each with its events.
fn data(api: &Api) -> BTreeMap<&str, (&TypeDef, Vec<&Webhook>)> {
    let mut data = BTreeMap::new();
    for webhook in &api.webhooks {
        if let Some(Type::Named(id)) = data_of(api, webhook).map(|data| data.ty) {
            let def = api.def(id);
            let entry = data.entry(def.name.rust.as_str());
            let (_, events) = entry.or_insert_with(|| (def, Vec::new()));
            events.push(webhook);
        }
    }
    data
}

/// Returns the name of the accessor: `benefit_grant` for `BenefitGrantWebhook`, unless events also contain a
/// `BenefitGrant`.
fn method_name(api: &Api, def: &TypeDef) -> String {
    let name = &def.name.rust;
    let short = name.strip_suffix("Webhook");
    let short = short.filter(|short| !short.is_empty() && !data(api).contains_key(short));
    let method = names::method(short.unwrap_or(name)).rust;
    match TAKEN.contains(&method.as_str()) {
        true => format!("{method}_data"),
        false => method,
    }
}

fn customer_id(api: &Api, webhook: &Webhook) -> Option<PropertyAccess> {
    let PropertyAccess { ty, place, .. } = data_of(api, webhook)?;
    let customer = Type::Id(CUSTOMER.to_owned());
    let property = |key| PropertyAccess::property(api, &ty, &place, key)?.of_type(&customer);
    property("customer_id").or_else(|| property("id"))
}

fn external_id(api: &Api, webhook: &Webhook) -> Option<PropertyAccess> {
    let PropertyAccess { ty, place, .. } = data_of(api, webhook)?;
    let text = Type::Scalar(Scalar::String);
    let stated = PropertyAccess::property(api, &ty, &place, "external_customer_id");
    if let Some(stated) = stated.and_then(|stated| stated.of_type(&text)) {
        return Some(stated);
    }
    if is_customer(api, &ty) {
        return PropertyAccess::property(api, &ty, &place, "external_id")?.of_type(&text);
    }
    let customer = PropertyAccess::property(api, &ty, &place, "customer")?;
    if customer.is_optional || !is_customer(api, &customer.ty) {
        return None;
    }
    PropertyAccess::property(api, &customer.ty, &customer.place, "external_id")?.of_type(&text)
}

/// Returns access to the data of an event in the variable `it`.
fn data_of(api: &Api, webhook: &Webhook) -> Option<PropertyAccess> {
    let payload = Type::Named(webhook.payload);
    let data = PropertyAccess::property(api, &payload, &quote!(it), "data")?;
    (!data.is_optional).then_some(data)
}

fn is_customer(api: &Api, ty: &Type) -> bool {
    let id = PropertyAccess::property(api, ty, &TokenStream::new(), "id");
    id.is_some_and(|id| id.ty == Type::Id(CUSTOMER.to_owned()))
}
