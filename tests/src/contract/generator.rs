//! Generates random instances of schemas: of responses, bodies and parameters.

use fastrand::Rng;
use serde_json::{Map, Number, Value, json};

use super::{Contract, text};

/// The depth from which only required values are generated, so that recursive types end.
const MAX_DEPTH: usize = 7;

/// A random value, with marks for the parts that tests modify or inspect.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The value.
    pub value: Value,
    /// The JSON pointers of marked parts, and the kind of mark.
    pub marks: Vec<(String, Mark)>,
}

impl Instance {
    /// Returns the places with a mark of this kind.
    pub fn marked(&self, mark: Mark) -> impl Iterator<Item = &str> {
        let found = self.marks.iter().filter(move |(_, other)| *other == mark);
        found.map(|(place, _)| place.as_str())
    }
}

/// The kind of mark of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A string enum or constant: in a later version of the API, the value may be an unknown string.
    Open,
    /// A required scalar or list that must not be null.
    Required,
    /// A secret, which must not be printed.
    Secret,
    /// A member of a union. Of nested unions, only the outermost one is marked.
    Member,
}

/// Which optional properties are present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// None of them.
    Required,
    /// A random selection.
    Some,
    /// All of them, and none is null, down to the depth at which [`Some`](Self::Some) still has optional values.
    Everything,
}

/// Generates random instances. The same seed yields the same instances.
#[derive(Debug)]
pub struct Generator<'c> {
    contract: &'c Contract,
    extent: Extent,
    random: Rng,
    path: Vec<String>,
    /// The references that are being resolved, so that recursive types end.
    open: Vec<&'c str>,
    marks: Vec<(String, Mark)>,
}

impl<'c> Generator<'c> {
    /// Creates a generator for one contract.
    #[must_use]
    pub fn new(contract: &'c Contract, seed: u64) -> Self {
        Self {
            contract,
            extent: Extent::Some,
            random: Rng::with_seed(seed),
            path: Vec::new(),
            open: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Sets which optional properties are present.
    #[must_use]
    pub fn extent(self, extent: Extent) -> Self {
        Self { extent, ..self }
    }

    /// Returns a random instance of the schema.
    pub fn instance(&mut self, schema: &'c Value) -> Instance {
        self.marks.clear();
        let value = self.value(schema);
        Instance {
            value,
            marks: std::mem::take(&mut self.marks),
        }
    }

    /// Returns a random instance of the schema other than null.
    pub fn non_null(&mut self, schema: &'c Value) -> Instance {
        loop {
            let instance = self.instance(schema);
            if !instance.value.is_null() {
                return instance;
            }
        }
    }

    /// Returns a random JSON value that follows no schema.
    pub fn any(&mut self) -> Value {
        let deep = self.path.len() > MAX_DEPTH;
        match self.random.u8(..if deep { 6 } else { 8 }) {
            0 => Value::Null,
            1 => Value::Bool(self.random.bool()),
            2 => json!(self.random.i64(..)),
            3 => json!(self.float()),
            4 => json!(self.random.u8(..)),
            5 => Value::String(text::text(&mut self.random, &Value::Null)),
            6 => (0..self.random.u8(..4))
                .map(|index| self.at(&index.to_string(), Self::any))
                .collect(),
            _ => {
                let keys = ["id", "type", "name", "data", "items", "a~b/c", ""];
                let count = self.random.usize(..4);
                let keys = self.random.choose_multiple(keys, count);
                let entries = keys.into_iter();
                Value::Object(
                    entries
                        .map(|key| (key.to_owned(), self.at(key, Self::any)))
                        .collect(),
                )
            }
        }
    }

    /// Returns the random number generator, for random decisions of a test.
    pub fn random(&mut self) -> &mut Rng {
        &mut self.random
    }

    fn value(&mut self, schema: &'c Value) -> Value {
        if schema["x-secret"] == true {
            return self.secret(schema);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            self.open.push(reference);
            let value = self.value(self.contract.referenced(reference));
            self.open.pop();
            return value;
        }
        if let Some(constant) = schema.get("const") {
            return self.listed(constant);
        }
        if let Some(values) = schema["enum"].as_array() {
            let index = self.random.usize(..values.len());
            return self.listed(&values[index]);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(members) = schema[keyword].as_array() {
                return self.member(members);
            }
        }
        if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
            return self.value(only);
        }
        match schema["type"].as_str() {
            Some("string") => Value::String(text::text(&mut self.random, schema)),
            Some("integer") => json!(self.integer(schema)),
            Some("number") => self.number(schema),
            Some("boolean") => Value::Bool(self.random.bool()),
            Some("null") => Value::Null,
            Some("array") => self.array(schema),
            Some("object") => self.object(schema),
            None if schema.get("allOf").is_none() => self.any(),
            _ => panic!("instances of {schema} cannot be generated"),
        }
    }

    /// Returns an instance whose strings can be recognized in any output.
    fn secret(&mut self, schema: &'c Value) -> Value {
        let mut open = schema.clone();
        open["x-secret"] = Value::Null;
        let nullable = schema["anyOf"]
            .as_array()
            .is_some_and(|members| members.iter().any(|one| one["type"] == "null"));
        if nullable && self.random.u8(..4) == 0 {
            return Value::Null;
        }
        self.mark(Mark::Secret);
        let object = schema["type"] == "object" || schema["anyOf"][0]["type"] == "object";
        let secret = match schema["format"]
            .as_str()
            .or(schema["anyOf"][0]["format"].as_str())
        {
            Some("uri") => format!(
                "https://example.com/{}",
                text::unmistakable(&mut self.random)
            ),
            _ => text::unmistakable(&mut self.random),
        };
        match object {
            true => json!({"of": secret}),
            false => Value::String(secret),
        }
    }

    fn listed(&mut self, value: &Value) -> Value {
        if value.is_string() {
            self.mark(Mark::Open);
        }
        value.clone()
    }

    fn member(&mut self, members: &'c [Value]) -> Value {
        let null = members.iter().any(|member| member["type"] == "null");
        if null && self.prefers_null() {
            return Value::Null;
        }
        if let Some(text) = members.iter().find(|member| text::is_decimal(member)) {
            return self.decimal(members, text);
        }
        let mut others: Vec<&Value> = members
            .iter()
            .filter(|member| member["type"] != "null")
            .collect();
        if others.len() > 1 {
            self.mark(Mark::Member);
        }
        if self.path.len() > MAX_DEPTH {
            let closed = |member: &Value| {
                member["$ref"]
                    .as_str()
                    .is_some_and(|it| self.open.contains(&it))
            };
            if others.iter().any(|member| !closed(member)) {
                others.retain(|member| !closed(member));
            }
        }
        let index = self.random.usize(..others.len());
        self.value(others[index])
    }

    /// Returns a decimal as a number or string. The documents limit the digits of the string form, and the size of the
    /// number form. The client enforces both for each form, so the value satisfies both.
    fn decimal(&mut self, members: &[Value], schema: &Value) -> Value {
        let number = members.iter().find(|member| member["type"] == "number");
        let bound = |keyword: &str| number.and_then(|it| it[keyword].as_f64());
        let (least, above) = (bound("minimum"), bound("exclusiveMinimum"));
        loop {
            let text = text::text(&mut self.random, schema);
            let value: f64 = text.parse().unwrap_or_default();
            if least.is_none_or(|least| value >= least) && above.is_none_or(|above| value > above) {
                return match number.is_some() && self.random.bool() {
                    true => json!(value),
                    false => Value::String(text),
                };
            }
        }
    }

    fn integer(&mut self, schema: &Value) -> i64 {
        let (least, most) = bounds(schema);
        let near = [0, 1, -1, 42, 999_999_999_999, least, most];
        let near: Vec<i64> = near
            .into_iter()
            .filter(|it| (least..=most).contains(it))
            .collect();
        match self.random.bool() {
            true => near[self.random.usize(..near.len())],
            false => self.random.i64(least..=most),
        }
    }

    fn number(&mut self, schema: &Value) -> Value {
        let bound = |keyword: &str| schema[keyword].as_f64();
        let least = bound("minimum").or(bound("exclusiveMinimum"));
        let most = bound("maximum").or(bound("exclusiveMaximum"));
        if least.is_some() || most.is_some() {
            let (least, most) = (least.unwrap_or(-1e9), most.unwrap_or(1e9));
            return json!(least + (most - least) * (0.001 + 0.998 * self.random.f64()));
        }
        match self.random.u8(..4) {
            0 => json!(self.random.i16(..)),
            1 => json!(f64::from(self.random.i16(..))),
            _ => json!(self.float()),
        }
    }

    /// Returns a number with as many digits as a double has.
    fn float(&mut self) -> f64 {
        let scale = [1e-9, 1.0, 1e3, 1e12, 1e100];
        (self.random.f64() - 0.5) * scale[self.random.usize(..scale.len())]
    }

    fn array(&mut self, schema: &'c Value) -> Value {
        if let Some(positions) = schema["prefixItems"].as_array() {
            let positions = positions.iter().enumerate();
            return positions
                .map(|(index, item)| self.at(&index.to_string(), |it| it.value(item)))
                .collect();
        }
        let count = self.count(schema, "minItems", "maxItems");
        let item = |(index, this): (u64, &mut Self)| {
            this.at(&index.to_string(), |it| it.value(&schema["items"]))
        };
        (0..count).map(|index| item((index, self))).collect()
    }

    fn object(&mut self, schema: &'c Value) -> Value {
        let mut entries = Map::new();
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema["properties"].as_object();
        for (key, property) in properties.into_iter().flatten() {
            let is_required = required.contains(&key.as_str());
            if !is_required && !self.takes_optional() {
                continue;
            }
            let value = self.at(key, |it| {
                let value = it.value(property);
                // Only scalars and arrays are marked. Objects are distinguished by their content, and any object is a
                // valid map.
                let is_list = value.is_array() && property["type"] == "array";
                let is_scalar = !(value.is_null() || value.is_array() || value.is_object());
                if is_required && (is_scalar || is_list) && !it.admits_null(property) {
                    it.mark(Mark::Required);
                }
                value
            });
            entries.insert(key.clone(), value);
        }
        let free = match &schema["additionalProperties"] {
            Value::Bool(false) => None,
            Value::Null | Value::Bool(true) if properties.is_some() => None,
            Value::Null | Value::Bool(true) => Some(&Value::Null),
            schema => Some(schema),
        };
        if let Some(value) = free {
            self.entries(schema, value, &mut entries);
        }
        Value::Object(entries)
    }

    /// Adds additional properties to an object.
    fn entries(&mut self, schema: &'c Value, value: &'c Value, entries: &mut Map<String, Value>) {
        let keys = match schema["propertyNames"]["$ref"].as_str() {
            Some(reference) => self.contract.referenced(reference),
            None => &schema["propertyNames"],
        };
        for _ in 0..self.count(schema, "minProperties", "maxProperties") {
            let key = match keys["enum"].as_array() {
                Some(values) => values[self.random.usize(..values.len())]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                None => text::text(&mut self.random, keys),
            };
            // An existing key is kept, because marks may refer to its value.
            if !entries.contains_key(&key) {
                let value = self.at(&key, |it| it.value(value));
                entries.insert(key, value);
            }
        }
    }

    fn count(&mut self, schema: &Value, least: &str, most: &str) -> u64 {
        let least = schema[least].as_u64().unwrap_or(0);
        let most = schema[most].as_u64().unwrap_or(u64::MAX);
        let extra = match self.path.len() {
            0..=2 => 3,
            3..=MAX_DEPTH => 2,
            _ => 0,
        };
        self.random.u64(least..=most.min(least + extra))
    }

    fn prefers_null(&mut self) -> bool {
        match self.extent {
            _ if self.path.len() > MAX_DEPTH => true,
            Extent::Everything => false,
            Extent::Required | Extent::Some => self.random.u8(..4) == 0,
        }
    }

    fn takes_optional(&mut self) -> bool {
        match (self.extent, self.path.len()) {
            (Extent::Required, _) => return false,
            (Extent::Everything, depth) => return depth <= MAX_DEPTH,
            (Extent::Some, _) => {}
        }
        match self.path.len() {
            0..=2 => self.random.u8(..4) > 0,
            3..=MAX_DEPTH => self.random.u8(..4) == 0,
            _ => false,
        }
    }

    fn admits_null(&self, schema: &Value) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.admits_null(self.contract.referenced(reference));
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            if let Some(members) = schema[keyword].as_array() {
                return members.iter().any(|member| self.admits_null(member));
            }
        }
        let typed = ["type", "const", "enum"]
            .iter()
            .any(|key| schema.get(key).is_some());
        !typed || schema["type"] == "null"
    }

    fn mark(&mut self, mark: Mark) {
        let place = self
            .path
            .iter()
            .map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1")));
        self.marks.push((place.collect(), mark));
    }

    fn at<T>(&mut self, key: &str, make: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let made = make(self);
        self.path.pop();
        made
    }
}

/// Returns the minimum and maximum of an integer.
fn bounds(schema: &Value) -> (i64, i64) {
    let bound = |keyword: &str| schema[keyword].as_number().and_then(whole);
    // The schema may contain an exclusive bound, an inclusive one, or both.
    let above = bound("exclusiveMinimum").map(|it| it + 1);
    let below = bound("exclusiveMaximum").map(|it| it - 1);
    let least = bound("minimum").into_iter().chain(above).max();
    let most = bound("maximum").into_iter().chain(below).min();
    (least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX))
}

/// The documents write some integers with a fraction of zero.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the bounds of the contracts are small"
)]
fn whole(number: &Number) -> Option<i64> {
    number
        .as_i64()
        .or_else(|| number.as_f64().map(|it| it as i64))
}
