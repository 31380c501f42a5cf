//! Names that emitted types cannot have, because emitted files import or use items with these names.

/// The items of the runtime that emitted files import, by module of the runtime.
pub(crate) const RUNTIME: &[(&str, &[&str])] = &[
    ("", &["Error"]),
    (
        "client",
        &[
            "Access",
            "AccountAccess",
            "Anonymous",
            "ApiVersion",
            "Body",
            "Client",
            "ClientBuilder",
            "Credential",
            "MemberAccess",
            "Method",
            "OpenIdAccess",
            "Operation",
            "OptionalAccess",
            "OrganizationToken",
            "PersonalAccess",
            "PortalAccess",
            "RegistrationAccess",
            "Request",
            "Safety",
            "Server",
        ],
    ),
    (
        "codec",
        &[
            "Choice",
            "DecodeError",
            "Encode",
            "FieldWriter",
            "Kind",
            "Model",
            "Node",
            "Object",
            "Record",
            "Redacted",
            "Union",
            "UnknownVariant",
            "from_value",
            "optional",
            "text_at",
        ],
    ),
    ("flows", &["Download", "NewFile", "Upload", "UploadSource"]),
    (
        "types",
        &[
            "Date",
            "Decimal",
            "Entries",
            "Items",
            "JsonObject",
            "JsonValue",
            "Number",
            "OneOrMany",
            "Pairs",
            "Patch",
            "Strings",
            "Timestamp",
            "Uuid",
        ],
    ),
];

/// The items of Rust's prelude, and the items of the standard library that emitted files import.
const RUST: &[&str] = &[
    "BTreeMap",
    "Box",
    // The type parameter for the credential, in services.
    "C",
    "Clone",
    "Copy",
    "Cow",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "Hash",
    "Into",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToString",
    "Unpin",
    "Vec",
];

/// Returns whether a type cannot have this name.
pub(crate) fn is_type(name: &str) -> bool {
    let of_runtime = RUNTIME
        .iter()
        .filter(|(module, _)| !module.is_empty())
        .any(|(_, names)| names.contains(&name));
    of_runtime || RUST.contains(&name)
}
