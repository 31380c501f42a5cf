//! Names of emitted items that would collide with names of the client, of Rust, or of a file system.

/// Methods of common Rust traits.
pub(super) const TRAIT_METHODS: &[&str] = &[
    "add", "bitand", "bitor", "bitxor", "clone", "cmp", "default", "div", "drop", "eq", "fmt",
    "from", "hash", "index", "into", "mul", "neg", "next", "not", "rem", "shl", "shr", "sub",
    "try_from", "try_into",
];

/// Methods of every type that users build.
pub(super) const MODEL_METHODS: &[&str] = &["new", "validate"];

/// Methods of every request.
pub(super) const REQUEST_METHODS: &[&str] = &[
    "collect_all",
    "into_future",
    "pages",
    "records",
    "rows",
    "send",
    "send_blocking",
    "send_bytes",
    "send_json",
    "send_json_blocking",
    "send_stream",
    "send_with_response",
    "stream",
    "with",
];

/// Methods of every union, and trait methods that could be called by mistake instead of the method of a field.
pub(super) const UNION_METHODS: &[&str] = &[
    "as_ref",
    "borrow",
    "clone",
    "deref",
    "fmt",
    "from",
    "into",
    "is_unknown",
    "raw",
    "read",
    "view",
];

/// Methods of every service, and trait methods that could be called by mistake instead of the method of an operation.
pub(super) const METHODS: &[&str] = &[
    "as_ref", "borrow", "clone", "cmp", "deref", "eq", "fmt", "from", "hash", "index", "into",
    "new",
];

/// Methods of the client.
pub(super) const ROOT_METHODS: &[&str] = &[
    "anonymous",
    "builder",
    "from_env",
    "organization",
    "with_credential",
];

/// Variables in emitted methods that create requests, which an argument would shadow.
pub(super) const VARIABLES: &[&str] = &["generate", "request", "value", "values"];

/// Variants that every enum or union has.
pub(super) const VARIANTS: &[&str] = &["OtherVersion", "Unknown"];

/// Names of modules that have a meaning in Rust, names of crates that emitted code refers to, and names of devices,
/// which are invalid file names on Windows.
pub(super) const MODULES: &[&str] = &[
    "alloc",
    "core",
    "mod",
    "polar_client_runtime",
    "std",
    "aux",
    "con",
    "nul",
    "prn",
    "com0",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "lpt0",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
];
