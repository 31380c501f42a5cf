//! Adds the facts about a component (constraints, default, deprecation, secrecy, direction) to each field, parameter and
//! variant that refers to the component.

use std::collections::HashMap;

use super::Lowering;
use super::draft::Draft;
use super::facts::reject_outside_properties;
use crate::ir::{Facts, Shape, Success, Type, TypeId};

/// Adds the facts about components to everything that refers to them. Must be called when all components are defined.
pub(super) fn apply_component_facts(cx: &mut Lowering<'_, '_>, draft: &mut Draft) {
    let mut known = Known::default();
    for index in 0..cx.types.len() {
        let mut shape = std::mem::replace(&mut cx.types[index].shape, Shape::Alias(Type::Json));
        cx.types[index].shape = shape.clone();
        match &mut shape {
            Shape::Struct(object) => {
                for field in &mut object.fields {
                    let referred = known.of(cx, &field.ty);
                    field.facts = std::mem::take(&mut field.facts).merged_with(referred);
                }
                if let Some(ty) = &object.rest {
                    let at = format!("{}/additionalProperties", cx.types[index].at);
                    let referred = known.of(cx, ty);
                    reject_outside_properties(cx, &referred, &at);
                    let limits = std::mem::take(&mut object.rest_limits);
                    object.rest_limits = limits.merged_with(referred.limits);
                }
            }
            Shape::Union(union) => {
                for variant in &mut union.variants {
                    let referred = known.of(cx, &variant.ty);
                    reject_outside_properties(cx, &referred, &variant.at[0]);
                    let limits = std::mem::take(&mut variant.limits);
                    variant.limits = limits.merged_with(referred.limits);
                }
            }
            Shape::Enum(_) | Shape::Alias(_) => {}
        }
        cx.types[index].shape = shape;
    }
    operations(cx, draft, &mut known);
}

fn operations(cx: &mut Lowering<'_, '_>, draft: &mut Draft, known: &mut Known) {
    for drafted in &mut draft.operations {
        let operation = &mut drafted.operation;
        for param in operation.path_params.iter_mut().chain(&mut operation.query) {
            let referred = known.of(cx, &param.ty);
            param.facts = std::mem::take(&mut param.facts).merged_with(referred);
        }
        if let Some(body) = &mut operation.body {
            let referred = known.of(cx, &body.ty);
            reject_outside_properties(cx, &referred, &body.at);
            body.limits = std::mem::take(&mut body.limits).merged_with(referred.limits);
        }
        if let Success::Json(ty) | Success::JsonOrEmpty(ty) = &operation.success {
            let referred = known.of(cx, ty);
            reject_outside_properties(cx, &referred, &operation.at);
        }
    }
}

/// The facts of components, and which components are aliases.
#[derive(Default)]
struct Known {
    components: HashMap<TypeId, Facts>,
}

impl Known {
    fn of(&mut self, cx: &Lowering<'_, '_>, ty: &Type) -> Facts {
        match ty {
            Type::Named(id) => self.component(cx, *id),
            Type::Nullable(inner) | Type::Boxed(inner) => self.of(cx, inner),
            Type::List(item) | Type::Map(item) => self.of(cx, item).of_items(),
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.of(cx, item).sensitivity);
                Facts {
                    sensitivity: items.max().unwrap_or_default(),
                    ..Facts::default()
                }
            }
            Type::Scalar(_) | Type::Id(_) | Type::Const(_) | Type::Json => Facts::default(),
        }
    }

    fn component(&mut self, cx: &Lowering<'_, '_>, id: TypeId) -> Facts {
        if let Some(facts) = self.components.get(&id) {
            return facts.clone();
        }
        let own = cx.component_facts.get(&id).cloned().unwrap_or_default();
        let facts = match &cx.types[id.0].shape {
            Shape::Alias(target) => own.merged_with(self.of(cx, target)),
            _ => own,
        };
        self.components.insert(id, facts.clone());
        facts
    }
}
