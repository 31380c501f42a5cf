//! Generates a table of all decoded types, for tests that apply to each of them: the place in the contract, the
//! function that decodes the type, and for unions the places of the variants.
//!
//! `OUT_DIR/decoded.rs` contains a table for each version in `spec/`, and the list of all tables. `src/decoded.rs`
//! defines the types of the entries.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use polar_codegen::ir::{
    Api, Constant, Decision, Enum, Resolution, Scalar, Shape, Success, Type, TypeDef, Union,
};
use polar_codegen::names;

use super::Result;

pub(super) fn generate(versions: &[Api], out: &Path) -> Result<()> {
    let tables: Result<Vec<String>> = versions
        .iter()
        .map(|api| {
            let module = names::version_module(&api.version);
            let path = format!("polar_client::{module}");
            table(api, &names::version_variant(&api.version), &path)
        })
        .collect();
    let names = versions
        .iter()
        .map(|api| format!("&{},", names::version_variant(&api.version)));
    let all = format!(
        "/// All versions.\nstatic TABLES: &[&::polar_tests::decoded::Table] = &[{}];\n",
        names.collect::<String>()
    );
    fs::write(out.join("decoded.rs"), tables?.concat() + &all)?;
    Ok(())
}

/// Returns the table of one API, whose client is the module at `path`.
pub(super) fn table(api: &Api, name: &str, path: &str) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "#[doc = \"Version {} of the API.\"]", api.version)?;
    writeln!(
        text,
        "pub static {name}: ::polar_tests::decoded::Table = {{"
    )?;
    writeln!(text, "use {path}::models as m;")?;
    writeln!(
        text,
        "use ::polar_tests::decoded::{{Returned, Entry, Table, StringEnumEntry, Union, problem_of_string_enum}};"
    )?;
    writeln!(text, "Table {{ version: {:?}, types: &[", api.version)?;
    for def in api.types.iter().filter(|def| def.usage.is_decoded()) {
        let (rust, at) = (&def.name.rust, &def.at);
        write!(text, "Entry::of::<m::{rust}>({rust:?}, {at:?})")?;
        if let Shape::Union(union) = &def.shape {
            write_union(&mut text, def, union)?;
        }
        writeln!(text, ",")?;
    }
    writeln!(text, "], string_enums: &[")?;
    for def in &api.types {
        if let Shape::Enum(texts) = &def.shape {
            write_string_enum(&mut text, def, texts)?;
        }
    }
    writeln!(text, "], responses: &[")?;
    for operation in api.operations() {
        if let Success::Json(ty) | Success::JsonOrEmpty(ty) = &operation.success {
            writeln!(
                text,
                "Returned::of::<{}>({:?}),",
                rust_type(api, ty),
                operation.id
            )?;
        }
    }
    writeln!(text, "] }} }};")?;
    Ok(text)
}

fn write_union(text: &mut String, def: &TypeDef, union: &Union) -> std::fmt::Result {
    let Resolution::Decided(decision) = &union.resolution else {
        return Ok(());
    };
    let (rust, mut tags) = (&def.name.rust, Tags::default());
    tags.collect(decision);
    write!(
        text,
        ".union(Union {{ variant: |value| match value.downcast_ref() {{"
    )?;
    for variant in &union.variants {
        let name = &variant.name.rust;
        write!(text, "Some(m::{rust}::{name} {{ .. }}) => {name:?},")?;
    }
    write!(
        text,
        "Some(m::{rust}::Unknown(_)) => \"Unknown\", _ => \"\" }}, variants: &["
    )?;
    for variant in &union.variants {
        write!(text, "({:?}, &{:?}),", variant.name.rust, variant.at)?;
    }
    write!(text, "], deciding: &{:?}, ", paths(decision))?;
    write!(
        text,
        "tags: &{:?}, open_tags: &{:?} }})",
        tags.closed, tags.open
    )
}

/// Returns the paths that a decision reads, as JSON pointers.
fn paths(decision: &Decision) -> Vec<String> {
    let deciding = decision.deciding().into_iter();
    let deciding = deciding.filter(|path| !path.starts_with('('));
    deciding
        .map(|path| format!("/{}", path.trim_end_matches('?').replace('.', "/")))
        .collect()
}

/// The places of the constants that discriminate variants.
#[derive(Default)]
struct Tags {
    /// Tags of which every value is listed: an unknown string selects the unknown variant.
    closed: Vec<String>,
    /// Tags for which an unknown string selects the variant that accepts any string.
    open: Vec<String>,
}

impl Tags {
    fn collect(&mut self, decision: &Decision) {
        let Decision::Tag {
            path,
            arms,
            otherwise,
        } = decision
        else {
            return;
        };
        let tags = match **otherwise {
            Decision::Unknown => &mut self.closed,
            _ => &mut self.open,
        };
        let path = format!("/{}", path.join("/"));
        if !tags.contains(&path) {
            tags.push(path);
        }
        arms.iter().for_each(|(_, then)| self.collect(then));
        self.collect(otherwise);
    }
}

fn write_string_enum(text: &mut String, def: &TypeDef, texts: &Enum) -> std::fmt::Result {
    let rust = &def.name.rust;
    let values: Vec<&str> = texts
        .values
        .iter()
        .map(|value| value.name.wire.as_str())
        .collect();
    writeln!(
        text,
        "StringEnumEntry {{ name: {rust:?}, values: &{values:?}, \
         problem: |values| problem_of_string_enum(values, m::{rust}::as_str, m::{rust}::is_unknown) }},"
    )
}

fn rust_type(api: &Api, ty: &Type) -> String {
    let inner = |ty: &Type| rust_type(api, ty);
    let scalar = |name: &str| format!("::polar_client_runtime::types::{name}");
    match ty {
        Type::Id(_) => scalar("Uuid"),
        Type::Named(id) => format!("m::{}", api.def(*id).name.rust),
        Type::List(item) => format!("Vec<{}>", inner(item)),
        Type::Map(value) => format!("::std::collections::BTreeMap<String, {}>", inner(value)),
        Type::Nullable(some) => format!("Option<{}>", inner(some)),
        Type::Boxed(some) => inner(some),
        Type::Tuple(items) => format!(
            "({},)",
            items.iter().map(inner).collect::<Vec<_>>().join(", ")
        ),
        Type::Const(Constant::Null) => "()".to_owned(),
        Type::Const(Constant::Boolean(_)) | Type::Scalar(Scalar::Boolean) => "bool".to_owned(),
        Type::Const(Constant::Integer(_)) | Type::Scalar(Scalar::Integer) => "i64".to_owned(),
        Type::Scalar(Scalar::Unsigned) => "u64".to_owned(),
        Type::Scalar(Scalar::Float) => "f64".to_owned(),
        Type::Scalar(Scalar::String) | Type::Const(Constant::String(_)) => "String".to_owned(),
        Type::Scalar(other) => scalar(&format!("{other:?}")),
        Type::Json => scalar("JsonValue"),
    }
}
