//! Converts elements to a canonical form: two elements with the same meaning have equal forms. The form contains no
//! documentation, no locations, and no order, except for the order of arguments. A constructor with two strings in another
//! order is a different one.
//!
//! Types are identified by IDs that are the same in all versions. Everything that is not removed here is compared, also a
//! field that is added to the IR later.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::key::Key;
use crate::ir::{
    Absence, Api, Body, Choices, Constant, Decision, Enum, EnumValue, Field, Kind, Operation, Page,
    Paging, Param, Presence, Representation, Resolution, Shape, Struct, Success, Type, TypeDef,
    TypeId, Union, Variant,
};

/// The types of one version, by IDs that are the same in all versions.
#[derive(Clone, Copy)]
pub(crate) struct SharedTypeIds<'a> {
    pub(crate) api: &'a Api,
    /// The IDs, by Rust name.
    pub(crate) ids: &'a HashMap<&'a str, usize>,
}

impl SharedTypeIds<'_> {
    fn id(&self, id: TypeId) -> TypeId {
        let name = self.api.def(id).name.rust.as_str();
        TypeId(self.ids.get(name).copied().unwrap_or(usize::MAX))
    }

    /// Adds the elements that a type refers to.
    pub(crate) fn reach(&self, ty: &Type, reached: &mut BTreeSet<Key>) {
        ty.visit_named(&mut |id| {
            reached.insert(Key::Type(self.api.def(id).name.rust.clone()));
        });
    }

    fn ty(&self, ty: &Type) -> Type {
        let boxed = |inner: &Type| Box::new(self.ty(inner));
        match ty {
            Type::Named(id) => Type::Named(self.id(*id)),
            Type::List(inner) => Type::List(boxed(inner)),
            Type::Map(inner) => Type::Map(boxed(inner)),
            Type::Nullable(inner) => Type::Nullable(boxed(inner)),
            Type::Boxed(inner) => Type::Boxed(boxed(inner)),
            Type::Tuple(items) => Type::Tuple(items.iter().map(|item| self.ty(item)).collect()),
            Type::Scalar(_) | Type::Id(_) | Type::Const(_) | Type::Json => ty.clone(),
        }
    }

    pub(crate) fn def(&self, def: &TypeDef) -> TypeDef {
        TypeDef {
            docs: None,
            // The file depends on the operations that use the type, which may differ between versions.
            module: String::new(),
            at: String::new(),
            // Only has an effect on unions: methods accept the variants of a body as arguments.
            is_body: def.is_body && matches!(def.shape, Shape::Union(_)),
            shape: self.shape(def),
            ..def.clone()
        }
    }

    pub(crate) fn page(&self, page: &Page) -> Page {
        Page {
            item: self.ty(&page.item),
            ..page.clone()
        }
    }

    fn shape(&self, def: &TypeDef) -> Shape {
        match &def.shape {
            Shape::Struct(object) => {
                let fields = object.fields.iter().map(|field| self.field(field));
                // Required fields of a request type are arguments of its constructor.
                let is_argument =
                    |field: &Field| def.usage.is_built() && field.presence == Presence::Required;
                Shape::Struct(Struct {
                    fields: arguments_first(fields, is_argument, |field| field.name.wire.clone()),
                    rest: object.rest.as_ref().map(|rest| self.ty(rest)),
                    ..object.clone()
                })
            }
            Shape::Enum(strings) => {
                let values = strings.values.iter().map(|value| EnumValue {
                    docs: None,
                    ..value.clone()
                });
                Shape::Enum(Enum {
                    values: sorted(values, |value| value.name.wire.clone()),
                })
            }
            Shape::Union(union) => Shape::Union(self.union(union)),
            Shape::Alias(ty) => Shape::Alias(self.ty(ty)),
        }
    }

    fn field(&self, field: &Field) -> Field {
        Field {
            docs: None,
            absence: Absence::default(),
            at: String::new(),
            // Follows from facts that are compared.
            representation: Representation::Value,
            ty: self.ty(&field.ty),
            ..field.clone()
        }
    }

    fn union(&self, union: &Union) -> Union {
        let order = Order::of(union);
        let variants = union.variants.iter().map(|variant| Variant {
            at: Vec::new(),
            ty: self.ty(&variant.ty),
            ..variant.clone()
        });
        Union {
            nested: BTreeSet::new(),
            variants: sorted(variants, |variant| variant.name.rust.clone()),
            resolution: match &union.resolution {
                Resolution::Decided(decision) => Resolution::Decided(order.decision(decision)),
                Resolution::WriteOnly => Resolution::WriteOnly,
                Resolution::Ambiguous { choices, .. } => Resolution::Ambiguous {
                    reason: String::new(),
                    choices: choices.as_ref().map(|choices| order.choices(choices)),
                },
            },
        }
    }

    pub(crate) fn operation(&self, operation: &Operation) -> Operation {
        let param = |param: &Param| Param {
            docs: None,
            at: String::new(),
            ty: self.ty(&param.ty),
            ..param.clone()
        };
        let by_name = |param: &Param| param.name.wire.clone();
        let is_argument = |param: &Param| param.presence == Presence::Required;
        Operation {
            docs: None,
            causes: BTreeMap::new(),
            example: None,
            at: String::new(),
            path_params: operation.path_params.iter().map(param).collect(),
            query: arguments_first(operation.query.iter().map(param), is_argument, by_name),
            body: operation.body.as_ref().map(|body| Body {
                ty: self.ty(&body.ty),
                at: String::new(),
                ..body.clone()
            }),
            errors: operation
                .errors
                .iter()
                .map(|(status, codes)| (*status, sorted(codes.iter().cloned(), Clone::clone)))
                .collect(),
            at_least_one_of: sorted(
                operation
                    .at_least_one_of
                    .iter()
                    .map(|keys| sorted(keys.iter().cloned(), Clone::clone)),
                Clone::clone,
            ),
            success: self.success(&operation.success),
            scopes: sorted(operation.scopes.iter().cloned(), Clone::clone),
            paging: operation.paging.as_ref().map(|paging| Paging {
                item: self.ty(&paging.item),
                page: self.id(paging.page),
            }),
            ..operation.clone()
        }
    }

    fn success(&self, success: &Success) -> Success {
        match success {
            Success::Json(ty) => Success::Json(self.ty(ty)),
            Success::JsonOrEmpty(ty) => Success::JsonOrEmpty(self.ty(ty)),
            Success::Csv(row) => Success::Csv(row.as_ref().map(|row| self.ty(row))),
            Success::Empty => Success::Empty,
        }
    }
}

/// The index of each variant of a union if they are sorted by name.
struct Order(Vec<usize>);

impl Order {
    fn of(union: &Union) -> Self {
        let name = |index: &usize| &union.variants[*index].name.rust;
        let mut sorted: Vec<usize> = (0..union.variants.len()).collect();
        sorted.sort_by_key(name);
        let mut order = vec![0; sorted.len()];
        for (place, index) in sorted.into_iter().enumerate() {
            order[index] = place;
        }
        Self(order)
    }

    fn choices(&self, choices: &Choices) -> Choices {
        let variants = choices.variants.iter();
        let variants = variants.map(|(text, variant)| (text.clone(), self.0[*variant]));
        Choices {
            variants: sorted(variants, Clone::clone),
            ..choices.clone()
        }
    }

    fn decision(&self, decision: &Decision) -> Decision {
        let then = |decision: &Decision| Box::new(self.decision(decision));
        match decision {
            Decision::Variant(variant) => Decision::Variant(self.0[*variant]),
            Decision::Unknown => Decision::Unknown,
            Decision::Tag {
                path,
                arms,
                otherwise,
            } => {
                let arms = arms.iter().map(|(constants, next)| {
                    let constants = sorted(constants.iter().cloned(), Constant::clone);
                    (constants, self.decision(next))
                });
                Decision::Tag {
                    path: path.clone(),
                    arms: sorted(arms, |(constants, _)| constants.clone()),
                    otherwise: then(otherwise),
                }
            }
            Decision::Key {
                sought,
                needed,
                paths,
                present,
                absent,
            } => Decision::Key {
                sought: *sought,
                needed: *needed,
                paths: sorted(paths.iter().cloned(), Clone::clone),
                present: then(present),
                absent: then(absent),
            },
            Decision::Kind { arms } => {
                let arms = arms.iter().map(|(kinds, next)| {
                    let kinds: Vec<Kind> = sorted(kinds.iter().copied(), |kind| *kind);
                    (kinds, self.decision(next))
                });
                Decision::Kind {
                    arms: sorted(arms, |(kinds, _)| kinds.clone()),
                }
            }
            Decision::Format { variant, otherwise } => Decision::Format {
                variant: self.0[*variant],
                otherwise: then(otherwise),
            },
        }
    }
}

/// Returns the items that are arguments of a function in their order, then the others, whose order has no meaning.
fn arguments_first<T, K: Ord>(
    items: impl Iterator<Item = T>,
    is_argument: impl Fn(&T) -> bool,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let (mut arguments, others): (Vec<T>, Vec<T>) = items.partition(is_argument);
    arguments.extend(sorted(others.into_iter(), key));
    arguments
}

fn sorted<T, K: Ord>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by_key(key);
    items
}
