//! Emits unions as one would write them by hand: the value is kept as raw JSON, the discriminating properties are read
//! from it, and then the variant is decoded.

use std::fmt::Write as _;

use polar_codegen::ir::{Constant, Decision, Kind, Needed, Union};

/// Emits `Deserialize` for a union. `payload` returns the type of a variant, and the expression that converts it to the
/// variant's content.
pub(super) fn deserialize(
    name: &str,
    union: &Union,
    decision: &Decision,
    payload: &mut dyn FnMut(usize) -> (String, &'static str),
) -> String {
    let mut probes = Probes::default();
    let decide = Code {
        union,
        probes: &mut probes,
        payload,
    }
    .decide(decision);
    let read_probe = if probes.0.is_empty() {
        String::new()
    } else {
        "let probe: Probe = serde_json::from_str(raw).map_err(D::Error::custom)?;".to_owned()
    };
    let probes = probes.structs();
    format!(
        "impl<'de> Deserialize<'de> for {name} {{
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {{
                use serde::de::Error as _;
                {probes}
                let raw = <&serde_json::value::RawValue>::deserialize(d)?.get();
                {read_probe}
                let value: Result<Self, serde_json::Error> = (|| Ok({decide}))();
                value.map_err(D::Error::custom)
            }}
        }}"
    )
}

/// The paths of discriminating properties.
#[derive(Default)]
struct Probes(Vec<Vec<String>>);

impl Probes {
    /// Returns the expression for the raw JSON at a path.
    fn at(&mut self, path: &[String]) -> String {
        let index = self
            .0
            .iter()
            .position(|known| known == path)
            .unwrap_or_else(|| {
                self.0.push(path.to_vec());
                self.0.len() - 1
            });
        match path.len() {
            1 => format!("probe.p{index}.map(|raw| raw.get())"),
            _ => format!(
                "probe.p{index}.as_ref().and_then(|probe| probe.inner).map(|raw| raw.get())"
            ),
        }
    }

    fn structs(&self) -> String {
        let mut text = "#[derive(Deserialize)] struct Probe<'a> {".to_owned();
        let mut nested = String::new();
        for (index, path) in self.0.iter().enumerate() {
            let field = match path.as_slice() {
                [key] => format!(
                    "#[serde(borrow, rename = {key:?})] p{index}: Option<&'a serde_json::value::RawValue>,"
                ),
                [key, inner, ..] => {
                    let _ = write!(
                        nested,
                        "#[derive(Deserialize)] struct Nested{index}<'a> {{ #[serde(borrow, rename = {inner:?})] inner: Option<&'a serde_json::value::RawValue> }}"
                    );
                    format!(
                        "#[serde(borrow, rename = {key:?})] p{index}: Option<Nested{index}<'a>>,"
                    )
                }
                [] => String::new(),
            };
            text.push_str(&field);
        }
        if self.0.is_empty() {
            return String::new();
        }
        text + "}" + &nested
    }
}

struct Code<'a> {
    union: &'a Union,
    probes: &'a mut Probes,
    payload: &'a mut dyn FnMut(usize) -> (String, &'static str),
}

impl Code<'_> {
    fn decide(&mut self, decision: &Decision) -> String {
        match decision {
            Decision::Variant(variant) => {
                let name = &self.union.variants[*variant].name.rust;
                let (ty, wrap) = (self.payload)(*variant);
                format!("Self::{name}({wrap}(serde_json::from_str::<{ty}>(raw)?))")
            }
            Decision::Unknown => "Self::Unknown(serde_json::from_str(raw)?)".to_owned(),
            Decision::Tag {
                path,
                arms,
                otherwise,
            } => {
                let value = self.probes.at(path);
                let mut text = format!("match {value} {{");
                for (constants, then) in arms {
                    let constants: Vec<String> = constants.iter().map(constant).collect();
                    let then = self.decide(then);
                    let _ = write!(text, "{} => {then},", constants.join(" | "));
                }
                let otherwise = self.decide(otherwise);
                format!("{text} _ => {otherwise} }}")
            }
            Decision::Key {
                needed,
                paths,
                // No union of the measured pages is discriminated by a key whose value may be null.
                sought: _,
                present,
                absent,
            } => {
                let keys: Vec<String> = paths
                    .iter()
                    .map(|path| format!("{}.is_some()", self.probes.at(path)))
                    .collect();
                let (present, absent) = (self.decide(present), self.decide(absent));
                let keys = keys.join(match needed {
                    Needed::Any => " || ",
                    Needed::All => " && ",
                });
                format!("if {keys} {{ {present} }} else {{ {absent} }}")
            }
            Decision::Kind { arms } => {
                let mut text = "match raw.as_bytes().first() {".to_owned();
                for (kinds, then) in arms {
                    let then = self.decide(then);
                    for kind in kinds {
                        let _ = write!(text, "{} => {then},", first_byte(*kind));
                    }
                }
                text + "_ => Self::Unknown(serde_json::from_str(raw)?) }"
            }
            Decision::Format { variant, otherwise } => {
                let name = &self.union.variants[*variant].name.rust;
                let (ty, wrap) = (self.payload)(*variant);
                let otherwise = self.decide(otherwise);
                format!(
                    "match serde_json::from_str::<{ty}>(raw) {{ Ok(value) => Self::{name}({wrap}(value)), Err(_) => {otherwise} }}"
                )
            }
        }
    }
}

fn constant(constant: &Constant) -> String {
    let json = match constant {
        Constant::String(text) => format!("{text:?}"),
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(value) => value.to_string(),
        Constant::Null => "null".to_owned(),
    };
    format!("Some({json:?})")
}

fn first_byte(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "Some(b't' | b'f')",
        Kind::Integer | Kind::BigInteger => {
            "Some(b'-' | b'0'..=b'9') if !raw.contains(['.', 'e', 'E'])"
        }
        Kind::Whole | Kind::Number => "Some(b'-' | b'0'..=b'9')",
        Kind::String => "Some(b'\"')",
        Kind::Array => "Some(b'[')",
        Kind::Object => "Some(b'{')",
    }
}
