//! Generates code that calls every operation with values from JSON, through the public API of the client: methods,
//! setters, constructors and fields. So no operation and no request type is left untested.
//!
//! `OUT_DIR/calls.rs` contains a module for each version in `spec/`, and the list of all versions. The code depends on
//! `suites/calls/`.

use std::collections::BTreeSet;
use std::fmt::{Result as Written, Write as _};
use std::fs;
use std::path::Path;

use polar_codegen::ir::{
    Access, Api, Body, Constant, Field, Operation, Param, Presence, Role, Scalar, Service,
    ServiceCredential, Shape, Struct, Type, TypeDef, Union, Usage,
};
use polar_codegen::names;
use polar_codegen::share::{Key, share};

use super::Result;

/// Types with more required fields have no constructor.
const MAX_ARGUMENTS: usize = 7;

pub(super) fn generate(versions: &[Api], out: &Path) -> Result<()> {
    let plan = share(&versions.iter().collect::<Vec<_>>());
    let modules: Result<Vec<String>> = versions
        .iter()
        .enumerate()
        .map(|(version, api)| {
            let module = names::version_module(&api.version);
            let path = format!("polar_client::{module}");
            // The code for a type that several versions share is written for the first of them.
            let groups = plan.groups.iter();
            let own = groups.filter(|group| group.versions.first() == Some(&version));
            let own: BTreeSet<&Key> = own.flat_map(|group| &group.keys).collect();
            let is_own = |def: &TypeDef| own.contains(&Key::Type(def.name.rust.clone()));
            module_of(api, &names::version_variant(&api.version), &path, is_own)
        })
        .collect();
    let names = versions
        .iter()
        .map(|api| format!("&{},", names::version_variant(&api.version)));
    let all = format!(
        "/// All versions.\nstatic VERSIONS: &[&crate::calls::Version] = &[{}];\n",
        names.collect::<String>()
    );
    fs::write(out.join("calls.rs"), modules?.concat() + &all)?;
    Ok(())
}

/// Returns a module for one API, whose client is at `path`, with a static that contains its operations. Code for types
/// of other groups is in the modules of those.
pub(super) fn module_of(
    api: &Api,
    name: &str,
    path: &str,
    is_own: impl Fn(&TypeDef) -> bool,
) -> Result<String> {
    let (mut text, module) = (String::new(), format!("calls_{}", name.to_lowercase()));
    let ids = match path.starts_with("polar_client::") {
        true => "polar_client::ids".to_owned(),
        false => format!("{path}::ids"),
    };
    write!(
        text,
        "#[doc = \"Version {version} of the API.\"]\n\
         pub(crate) static {name}: crate::calls::Version = crate::calls::Version {{\n\
         version: {version:?}, operations: {module}::operations,\n\
         code: |error| error.code::<{path}::ErrorCode>().map(|code| (code.to_string(), code.is_unknown())) }};\n\
         #[allow(deprecated, unused, clippy::all)]\nmod {module} {{\n\
         use ::std::collections::BTreeMap;\n\
         use ::polar_client_runtime::{{client as c, types as t, types::Patch, Error}};\n\
         use crate::calls::{{Arguments, Build, Fields, Operation, Problem, items, build_union, build_string_enum}};\n\
         use ::polar_tests::Recorder;\n\
         use ::serde_json::Value;\n\
         use {ids} as i;\n\
         use {path}::{{Polar, models as m, services}};\n\
         type Client = Polar<c::Anonymous>;\n",
        version = api.version,
    )?;
    let sent = api.types.iter().filter(|def| def.usage.is_built());
    for def in sent.filter(|def| is_own(def)) {
        write_type(&mut text, api, def)?;
    }
    let calls = api
        .services
        .iter()
        .flat_map(|service| calls_of(service, &[]))
        .collect::<Vec<_>>();
    for call in &calls {
        call.write(&mut text, api)?;
    }
    writeln!(
        text,
        "pub(crate) fn operations(server: c::Server, recorder: Option<Recorder>) -> Result<Vec<Operation>, Error> {{\n\
         let polar = Polar::builder().server(server).retry(c::RetryPolicy::off());\n\
         let polar = match recorder {{ Some(recorder) => polar.transport(recorder), None => polar }}.build()?;\n\
         Ok(vec!["
    )?;
    for call in &calls {
        let (operation, function) = (call.operation, call.function());
        let (id, method, path) = (&operation.id, operation.method.as_str(), &operation.path);
        write!(
            text,
            "Operation::new([{id:?}, {method:?}, {path:?}], &polar, {function})"
        )?;
        if operation.paging.is_some() {
            write!(
                text,
                ".paged(&polar, {function}, |request| items(request.stream()))"
            )?;
        }
        writeln!(text, ",")?;
    }
    writeln!(text, "]) }}\n}}")?;
    Ok(text)
}

/// Writes the code that converts JSON to a request type.
fn write_type(text: &mut String, api: &Api, def: &TypeDef) -> Written {
    let content = match &def.shape {
        Shape::Alias(_) => return Ok(()),
        Shape::Enum(_) => "build_string_enum(value, Self::is_unknown)".to_owned(),
        Shape::Union(union) => union_content(union),
        Shape::Struct(object) => struct_content(api, def, object)?,
    };
    writeln!(
        text,
        "impl Build for m::{} {{ fn build(value: &Value) -> Result<Self, Problem> {{ {content} }} }}",
        def.name.rust
    )
}

fn union_content(union: &Union) -> String {
    let builders = union.variants.iter().map(|variant| {
        let name = &variant.name.rust;
        match variant.ty {
            Type::Const(_) => format!("|_| Ok(Self::{name})"),
            _ => format!("|value| Ok(Self::{name}(Build::build(value)?))"),
        }
    });
    format!(
        "build_union(value, &[{}])",
        builders.collect::<Vec<_>>().join(", ")
    )
}

fn struct_content(
    api: &Api,
    def: &TypeDef,
    object: &Struct,
) -> std::result::Result<String, std::fmt::Error> {
    let mut text = "let o = Fields::of(value)?;".to_owned();
    let kind = |field: &Field| FieldKind::of(def, field);
    let required = |field: &&Field| matches!(kind(field), FieldKind::Value | FieldKind::OrNull);
    if object.fields.iter().filter(required).count() > MAX_ARGUMENTS {
        write!(text, "Ok(Self {{")?;
        for field in &object.fields {
            if let Some(value) = literal_value(api, field, kind(field)) {
                write!(text, "{}: {value},", field.name.rust)?;
            }
        }
        if let Some(rest) = rest_value(api, object) {
            write!(text, "additional: {rest}")?;
        }
        write!(text, "}})")?;
        return Ok(text);
    }
    let arguments = object.fields.iter().filter(required).map(|field| {
        // `new` boxes the value itself.
        let unboxed = match field.ty.non_null() {
            Type::Boxed(inner) if kind(field) == FieldKind::Value => inner,
            _ => &field.ty,
        };
        format!(
            "o.get::<{}>({:?})?",
            rust_type(api, unboxed),
            field.name.wire
        )
    });
    let arguments: Vec<String> = arguments.collect();
    write!(text, "let it = Self::new({});", arguments.join(", "))?;
    for field in &object.fields {
        let (setter, key) = (names::setter(&field.name), &field.name.wire);
        let ty = rust_type(api, field.ty.non_null());
        match kind(field) {
            // Has a setter for all entries, and one for each well-known key.
            FieldKind::OrAbsent if api.open_struct(field).is_some() => write!(
                text,
                "let it = {{ let mut it = it; it.{} = o.find::<{ty}>({key:?})?; it }};",
                field.name.rust
            )?,
            FieldKind::OrAbsent => write!(
                text,
                "let it = match o.find::<{ty}>({key:?})? {{ Some(some) => it.{setter}(some), None => it }};"
            )?,
            FieldKind::Patch => {
                write!(text, "let it = it.{setter}(o.patch::<{ty}>({key:?})?);")?;
            }
            _ => {}
        }
    }
    if let Some(rest) = rest_value(api, object) {
        write!(text, "let it = it.additional({rest});")?;
    }
    write!(text, "Ok(it)")?;
    Ok(text)
}

fn rest_value(api: &Api, object: &Struct) -> Option<String> {
    let ty = rust_type(api, object.rest.as_ref()?);
    let known = object.fields.iter().map(|field| field.name.wire.as_str());
    let known: Vec<&str> = known.collect();
    Some(format!("o.rest::<{ty}>(&{known:?})?"))
}

/// Returns the value of a field in a struct literal; `None` if the struct has no such field.
fn literal_value(api: &Api, field: &Field, kind: FieldKind) -> Option<String> {
    let (ty, key) = (rust_type(api, field.ty.non_null()), &field.name.wire);
    Some(match kind {
        FieldKind::Value => format!("o.get::<{ty}>({key:?})?"),
        FieldKind::OrNull | FieldKind::OrAbsent => format!("o.find::<{ty}>({key:?})?"),
        FieldKind::Patch => format!("o.patch::<{ty}>({key:?})?"),
        FieldKind::ImplicitConstant => return None,
        FieldKind::Constant => format!("o.get::<{ty}>({key:?})?"),
    })
}

/// How a field is set. Derived from the documentation of emitted types, independently of the generator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Value,
    OrNull,
    OrAbsent,
    Patch,
    ImplicitConstant,
    Constant,
}

impl FieldKind {
    fn of(def: &TypeDef, field: &Field) -> Self {
        let required = field.presence == Presence::Required;
        let constant = match &field.ty {
            Type::Const(Constant::String(_) | Constant::Null) => true,
            Type::Const(_) => required,
            _ => false,
        };
        match (constant, required, field.ty.is_nullable()) {
            (true, ..) if def.usage == Usage::Input => Self::ImplicitConstant,
            (true, ..) => Self::Constant,
            (false, true, false) => Self::Value,
            (false, true, true) => Self::OrNull,
            (false, false, true) if def.role == Role::Patch => Self::Patch,
            (false, false, _) => Self::OrAbsent,
        }
    }
}

/// An operation and the services that lead to it.
struct Call<'a> {
    services: Vec<&'a Service>,
    operation: &'a Operation,
}

fn calls_of<'a>(service: &'a Service, above: &[&'a Service]) -> Vec<Call<'a>> {
    let services = [above, &[service]].concat();
    let own = service.operations.iter().map(|operation| Call {
        services: services.clone(),
        operation,
    });
    let below = service
        .children
        .iter()
        .flat_map(|child| calls_of(child, &services));
    own.chain(below).collect()
}

impl Call<'_> {
    fn function(&self) -> String {
        names::field(&self.operation.id.replace(':', "_in_")).rust
    }

    fn write(&self, text: &mut String, api: &Api) -> Written {
        let (operation, mut request) = (self.operation, "services".to_owned());
        for service in &self.services {
            write!(request, "::{}", service.name.rust)?;
        }
        let given = |param: &&Param| param.presence == Presence::Required;
        let (path, query) = (operation.path_params.iter(), operation.query.iter());
        let mut arguments: Vec<String> = path
            .map(|param| value_of(api, param, "path"))
            .chain(
                query
                    .clone()
                    .filter(given)
                    .map(|param| value_of(api, param, "query")),
            )
            .collect();
        let body = operation.body.as_ref();
        let body_type = |body: &Body| rust_type(api, &body.ty);
        if let Some(body) = body.filter(|body| body.presence == Presence::Required) {
            arguments.push(format!("a.body::<{}>()?", body_type(body)));
        }
        writeln!(
            text,
            "fn {}(polar: &Client, a: &Arguments) -> Result<{request}::{}, Problem> {{",
            self.function(),
            operation.type_name,
        )?;
        let credentials = credentials(operation.access);
        write!(
            text,
            "let request = match a.credential % {} {{",
            credentials.len()
        )?;
        for (index, credential) in credentials.iter().enumerate() {
            let index = match index + 1 == credentials.len() {
                true => "_".to_owned(),
                false => index.to_string(),
            };
            let (service, method) = (self.service(credential), &operation.name.rust);
            writeln!(
                text,
                "{index} => {service}.{method}({}),",
                arguments.join(", ")
            )?;
        }
        writeln!(text, "}};")?;
        for param in query.filter(|param| !given(param)) {
            let (setter, value) = (
                names::param_setter(&param.name),
                optional_value_of(api, param),
            );
            let reference = if is_text(api, param) { "&" } else { "" };
            writeln!(
                text,
                "let request = match {value} {{ Some(some) => request.{setter}({reference}some), None => request }};"
            )?;
        }
        if let Some(body) = body.filter(|body| body.presence == Presence::Optional) {
            writeln!(
                text,
                "let request = match a.find_body::<{}>()? {{ Some(some) => request.body(some), None => request }};",
                body_type(body)
            )?;
        }
        writeln!(text, "Ok(request) }}")
    }

    /// Returns the expression of the service, with the variable of a credential.
    fn service(&self, credential: &str) -> String {
        let root = &self.services[0].name.rust;
        let mut text = match self.services[0].credential {
            ServiceCredential::Inherited => {
                format!("polar.with_credential(c::{credential}).{root}()")
            }
            ServiceCredential::Given => format!("polar.{root}(c::{credential})"),
        };
        for service in &self.services[1..] {
            text += &format!(".{}()", service.name.rust);
        }
        text
    }
}

/// Returns the credential types that an operation accepts.
fn credentials(access: Access) -> &'static [&'static str] {
    const NONE: &str = "Anonymous";
    const ORGANIZATION: &str = "OrganizationToken::new(\"polar_oat_conformance\")";
    const PERSON: &str = "PersonalToken::new(\"polar_pat_conformance\")";
    const SIGNED_IN: &str = "OpenIdToken::new(\"polar_at_u_conformance\")";
    const CUSTOMER: &str = "CustomerSession::new(\"polar_cst_conformance\")";
    const MEMBER: &str = "MemberSession::new(\"polar_mst_conformance\")";
    const REGISTRATION: &str = "RegistrationToken::new(\"polar_crt_conformance\")";
    match access {
        Access::Public => &[NONE],
        Access::Optional => &[NONE, PERSON, SIGNED_IN],
        Access::Account => &[ORGANIZATION, PERSON, SIGNED_IN],
        Access::Personal => &[PERSON, SIGNED_IN],
        Access::OpenIdConnect => &[SIGNED_IN],
        Access::Portal => &[CUSTOMER, MEMBER],
        Access::Member => &[MEMBER],
        Access::Registration => &[REGISTRATION],
    }
}

/// Returns a required parameter as an argument.
fn value_of(api: &Api, param: &Param, place: &str) -> String {
    let (name, ty) = (&param.name.wire, param.ty.non_null());
    match target(api, ty) {
        Type::Scalar(Scalar::String) => format!("&a.{place}::<String>({name:?})?"),
        Type::List(item) => format!(
            "a.find_list::<{}>({name:?})?.unwrap_or_default()",
            rust_type(api, item)
        ),
        _ => format!("a.{place}::<{}>({name:?})?", rust_type(api, ty)),
    }
}

fn optional_value_of(api: &Api, param: &Param) -> String {
    let (name, ty) = (&param.name.wire, param.ty.non_null());
    match target(api, ty) {
        Type::List(item) => format!("a.find_list::<{}>({name:?})?", rust_type(api, item)),
        map @ Type::Map(_) => format!("a.find_query::<{}>({name:?})?", rust_type(api, map)),
        _ => format!("a.find_query::<{}>({name:?})?", rust_type(api, ty)),
    }
}

fn is_text(api: &Api, param: &Param) -> bool {
    matches!(
        target(api, param.ty.non_null()),
        Type::Scalar(Scalar::String)
    )
}

/// Returns the type behind aliases and boxes.
fn target<'a>(api: &'a Api, ty: &'a Type) -> &'a Type {
    match ty {
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Alias(inner) => target(api, inner.non_null()),
            _ => ty,
        },
        Type::Boxed(inner) => target(api, inner),
        other => other,
    }
}

fn rust_type(api: &Api, ty: &Type) -> String {
    let inner = |ty: &Type| rust_type(api, ty);
    match ty {
        Type::Id(entity) => format!("i::{}", names::id_type(entity)),
        Type::Named(id) => format!("m::{}", api.def(*id).name.rust),
        Type::List(item) => format!("Vec<{}>", inner(item)),
        Type::Map(value) if **value == Type::Json => "t::JsonObject".to_owned(),
        Type::Map(value) => format!("BTreeMap<String, {}>", inner(value)),
        Type::Nullable(some) => format!("Option<{}>", inner(some)),
        Type::Boxed(some) => format!("Box<{}>", inner(some)),
        Type::Tuple(items) => {
            let items: Vec<String> = items.iter().map(inner).collect();
            format!("({})", items.join(", "))
        }
        Type::Const(Constant::Null) => "()".to_owned(),
        Type::Const(Constant::String(_)) => "::std::borrow::Cow<'static, str>".to_owned(),
        Type::Const(Constant::Boolean(_)) | Type::Scalar(Scalar::Boolean) => "bool".to_owned(),
        Type::Const(Constant::Integer(_)) | Type::Scalar(Scalar::Integer) => "i64".to_owned(),
        Type::Scalar(Scalar::Unsigned) => "u64".to_owned(),
        Type::Scalar(Scalar::Float) => "f64".to_owned(),
        Type::Scalar(Scalar::String) => "String".to_owned(),
        Type::Scalar(other) => format!("t::{other:?}"),
        Type::Json => "t::JsonValue".to_owned(),
    }
}
