//! Composes valid values of a schema from the properties that are given.

use serde_json::{Map, Value};

use super::context::{Context, thing};
use super::given::{meant, reference};
use super::plausible;
use crate::testing::schemas::{Problem, Schemas, problems};

/// Which properties a composed value has in addition to the given ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) enum Extent {
    /// All properties, except for those that usually have no value.
    Full,
    /// Required properties only, with null and empty lists where permitted.
    Sparse,
}

/// A function that looks up an existing entity by its ID.
type Lookup<'c> = dyn Fn(&str) -> Option<Value> + 'c;

/// Composes values of schemas.
pub(in crate::testing) struct Composer<'c> {
    schemas: &'static Schemas,
    extent: Extent,
    /// The number of the entity among those of its type.
    serial: u64,
    lookup: &'c Lookup<'c>,
    /// The types that contain the current value.
    within: Vec<&'static str>,
}

impl<'c> Composer<'c> {
    pub(in crate::testing) fn new(schemas: &'static Schemas, extent: Extent) -> Self {
        Self {
            schemas,
            extent,
            serial: 0,
            lookup: &|_| None,
            within: Vec::new(),
        }
    }

    /// Sets the number of the entity, from which its IDs and secrets are derived.
    pub(in crate::testing) fn numbered(self, serial: u64) -> Self {
        Self { serial, ..self }
    }

    /// Sets the function that looks up an entity if only its ID is given.
    pub(in crate::testing) fn knowing(self, lookup: &'c Lookup<'c>) -> Self {
        Self { lookup, ..self }
    }

    /// Composes a value with the given properties. Pass null to give none.
    ///
    /// # Errors
    /// Returns an error if a given property is invalid.
    pub(in crate::testing) fn compose(
        mut self,
        schema: &Value,
        given: &Value,
    ) -> Result<Value, Problem> {
        let schemas = self.schemas;
        let given = (!given.is_null()).then_some(given);
        let name = schema["$ref"].as_str().unwrap_or_default();
        let resource = thing(name, schemas.resolved(schema));
        let context = Context {
            key: "",
            resource: "",
            serial: self.serial,
            is_item: false,
            root: (&resource, self.serial),
        };
        let value = self.value(schema, context, given).unwrap_or_default();
        match problems(schemas, schema, &value).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(value),
        }
    }

    /// Composes a value. Returns `None` if the value would have to contain itself.
    fn value(
        &mut self,
        schema: &Value,
        context: Context<'_>,
        given: Option<&Value>,
    ) -> Option<Value> {
        if schema["nullable"] != true {
            return self.non_null(schema, context, given);
        }
        let is_null = match given {
            Some(given) => given.is_null(),
            None => self.extent == Extent::Sparse || plausible::is_absent(context.key),
        };
        match is_null {
            true => Some(Value::Null),
            false => Some(self.non_null(schema, context, given).unwrap_or_default()),
        }
    }

    fn non_null(
        &mut self,
        schema: &Value,
        context: Context<'_>,
        given: Option<&Value>,
    ) -> Option<Value> {
        if let Some(name) = schema["$ref"].as_str() {
            return self.named(name, context, given);
        }
        if let Some(constant) = schema.get("const") {
            return Some(given.unwrap_or(constant).clone());
        }
        if let Some(values) = schema["enum"].as_array() {
            let value = given.or_else(|| plausible::preferred(values))?;
            return Some(value.clone());
        }
        if let Some(members) = schema["anyOf"].as_array() {
            return match given {
                Some(given) => match meant(self.schemas, members, given) {
                    Some(member) => self.value(member, context, Some(given)),
                    None => Some(given.clone()),
                },
                None => self.first(members, context),
            };
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, context, given),
            Some("array") => self.array(schema, context, given),
            Some(_) => Some(match given {
                // Amounts may be sent as numbers, but responses contain strings.
                Some(Value::Number(number)) if schema["format"] == "decimal" => {
                    number.to_string().into()
                }
                Some(given) => given.clone(),
                None => plausible::scalar(schema, context),
            }),
            None => Some(given.cloned().unwrap_or_else(|| Map::new().into())),
        }
    }

    fn named(&mut self, name: &str, context: Context<'_>, given: Option<&Value>) -> Option<Value> {
        let (name, schema) = self.schemas.named(name)?;
        if given.is_none() && self.within.contains(&name) {
            return None;
        }
        let resource = thing(name, schema);
        let serial = match self.within.is_empty() || context.is_item {
            true => context.serial,
            false => context.referenced(&resource),
        };
        let context = Context {
            resource: &resource,
            serial,
            ..context
        };
        self.within.push(name);
        let value = self.non_null(schema, context, given);
        self.within.pop();
        value
    }

    fn object(
        &mut self,
        schema: &Value,
        context: Context<'_>,
        given: Option<&Value>,
    ) -> Option<Value> {
        let properties = schema["properties"].as_object();
        // Looks up the entity if only its ID is given.
        let known = match given {
            Some(Value::String(id)) if properties.is_some_and(|all| all.contains_key("id")) => {
                let only_id =
                    || Value::Object(Map::from_iter([("id".to_owned(), id.clone().into())]));
                Some((self.lookup)(id).unwrap_or_else(only_id))
            }
            Some(Value::Object(_)) | None => None,
            Some(other) => return Some(other.clone()),
        };
        let given = known.as_ref().or(given).and_then(Value::as_object);
        let required = schema["required"].as_array();
        let mut object = Map::new();
        for (key, schema) in properties.into_iter().flatten() {
            let is_required = required.is_some_and(|keys| keys.iter().any(|name| name == key));
            let reference = given.and_then(|given| reference(given, key));
            let given = given
                .and_then(|given| given.get(key))
                .or(reference.as_ref());
            if given.is_none() && !is_required && self.extent == Extent::Sparse {
                continue;
            }
            let value = self.value(schema, context.below(key), given);
            match value {
                Some(value) => drop(object.insert(key.clone(), value)),
                None if is_required => return None,
                None => {}
            }
        }
        let rest = schema.get("additionalProperties");
        let is_open = rest.is_some() || properties.is_none();
        for (key, value) in given.into_iter().flatten().filter(|_| is_open) {
            if object.contains_key(key) {
                continue;
            }
            let value = match rest {
                Some(schema) => self.value(schema, context.below(key), Some(value))?,
                None => value.clone(),
            };
            object.insert(key.clone(), value);
        }
        plausible::make_consistent(&mut object, given);
        let fewest = schema["minProperties"].as_u64().unwrap_or_default();
        if let Some(values) = rest
            && (object.len() as u64) < fewest
        {
            let key = plausible::entry_key(&schema["propertyNames"]);
            let value = self.value(values, context.below(&key), None)?;
            object.insert(key, value);
        }
        Some(object.into())
    }

    fn array(
        &mut self,
        schema: &Value,
        context: Context<'_>,
        given: Option<&Value>,
    ) -> Option<Value> {
        let parts = schema["prefixItems"].as_array();
        let (Some(items), None) = (schema.get("items"), parts) else {
            let parts = parts.into_iter().flatten().enumerate();
            let parts = parts.map(|(index, part)| {
                let given = given.and_then(|given| given.get(index));
                self.value(part, context, given)
            });
            return parts.collect::<Option<Vec<Value>>>().map(Value::from);
        };
        match given {
            Some(Value::Array(given)) => {
                let values = given.iter().enumerate().map(|(index, given)| {
                    self.value(items, context.item(index as u64), Some(given))
                });
                values.collect::<Option<Vec<Value>>>().map(Value::from)
            }
            Some(other) => Some(other.clone()),
            None => {
                let fewest = schema["minItems"].as_u64().unwrap_or_default();
                if self.extent == Extent::Sparse && fewest == 0 {
                    return Some(Vec::<Value>::new().into());
                }
                let count = fewest.max(1);
                let values =
                    (0..count).map_while(|index| self.value(items, context.item(index), None));
                let values: Vec<Value> = values.collect();
                (values.len() as u64 >= fewest).then(|| values.into())
            }
        }
    }

    /// Composes a value of the first variant for which that is possible. Deprecated variants come last.
    fn first(&mut self, members: &[Value], context: Context<'_>) -> Option<Value> {
        let schemas = self.schemas;
        let is_legacy = |member: &&Value| {
            let properties = &schemas.resolved(member)["properties"];
            properties.get("legacy").is_some()
        };
        let (legacy, current): (Vec<_>, Vec<_>) = members.iter().partition(is_legacy);
        let mut members = current.into_iter().chain(legacy);
        members.find_map(|member| self.value(member, context, None))
    }
}
