//! The kinds of differences, and the conditions that their classification depends on.

/// Defines the kinds, each with its name in JSON and a description.
macro_rules! kinds {
    ($($(#[doc = $group:literal])* $kind:ident = $name:literal, $label:literal;)+) => {
        /// The kind of a difference between two contracts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(
                #[doc = concat!($label, ".")]
                $kind,
            )+
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Returns the name of the kind in JSON.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// Returns a description of the change.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$kind => $label,)+
                }
            }
        }
    };
}

kinds! {
    VersionAdded = "version_added", "API version added";
    VersionRemoved = "version_removed", "API version removed";
    DefaultVersion = "default_version", "default API version changed";
    ServerAdded = "server_added", "server added";
    ServerRemoved = "server_removed", "server removed";
    ServerUrl = "server_url", "URL of a server changed";
    DefaultServer = "default_server", "default server changed";

    ServiceCredential = "service_credential", "credential of a service changed";
    OperationAdded = "operation_added", "operation added";
    OperationRemoved = "operation_removed", "operation removed";
    OperationMoved = "operation_moved", "operation moved";
    Endpoint = "endpoint", "method or path changed";
    OperationDeprecated = "operation_deprecated", "operation deprecated";
    Access = "access", "credential changed";
    Scopes = "scopes", "scopes changed";
    Safety = "safety", "idempotency changed";
    ErrorResponses = "error_responses", "error responses changed";
    RequireAnyOf = "require_any_of", "required alternatives changed";
    ResponseType = "response_type", "response type changed";
    Pagination = "pagination", "pagination changed";
    FlowAdded = "flow_added", "flow added";
    FlowChanged = "flow_changed", "flow changed or removed";
    BodyAdded = "body_added", "request body added";
    BodyRemoved = "body_removed", "request body removed";
    BodyType = "body_type", "type of the request body changed";
    BodyRequired = "body_required", "request body became required";
    BodyOptional = "body_optional", "request body became optional";
    BodyEncoding = "body_encoding", "encoding of the request body changed";

    ParameterAdded = "parameter_added", "parameter added";
    ParameterRemoved = "parameter_removed", "parameter removed";
    ParameterRenamed = "parameter_renamed", "parameter renamed";
    ParameterRequired = "parameter_required", "parameter became required";
    ParameterOptional = "parameter_optional", "parameter became optional";
    ParameterType = "parameter_type", "type of a parameter changed";
    ParameterList = "parameter_list", "parameter became a list";
    ParameterNull = "parameter_null", "null of a parameter changed";
    ParameterStyle = "parameter_style", "style of a parameter changed";
    ParameterDeprecated = "parameter_deprecated", "parameter deprecated";
    ArgumentOrder = "argument_order", "order of arguments changed";

    TypeAdded = "type_added", "type added";
    TypeRemoved = "type_removed", "type removed";
    TypeRenamed = "type_renamed", "type renamed";
    TypeShape = "type_shape", "kind of a type changed";
    TypeAlias = "type_alias", "target of an alias changed";
    TypeUsage = "type_usage", "direction of a type changed";
    TypeRole = "type_role", "meaning of null in a type changed";
    TypeBody = "type_body", "use as a request body changed";
    TypeDeprecated = "type_deprecated", "type deprecated";
    SchemaName = "schema_name", "schema renamed";
    Reinstated = "reinstated", "no longer deprecated";

    FieldAdded = "field_added", "field added";
    FieldRemoved = "field_removed", "field removed";
    FieldRenamed = "field_renamed", "field renamed";
    FieldType = "field_type", "type of a field changed";
    FieldRequired = "field_required", "field became required";
    FieldOptional = "field_optional", "field became optional";
    FieldNullable = "field_nullable", "field became nullable";
    FieldNotNull = "field_not_null", "field is no longer nullable";
    FieldPatch = "field_patch", "meaning of null in a field changed";
    FieldDirection = "field_direction", "direction of a field changed";
    FieldView = "field_view", "typed view of a field changed";
    FieldDeprecated = "field_deprecated", "field deprecated";
    AdditionalAdded = "additional_added", "additional entries added";
    AdditionalRemoved = "additional_removed", "additional entries removed";
    AdditionalType = "additional_type", "type of additional entries changed";
    Constraint = "constraint", "constraint changed";
    Default = "default", "default changed";
    Secrecy = "secrecy", "secrecy changed";

    EnumValueAdded = "enum_value_added", "enum value added";
    EnumValueRemoved = "enum_value_removed", "enum value removed";
    EnumValueRenamed = "enum_value_renamed", "enum value renamed";
    VariantAdded = "variant_added", "union variant added";
    VariantRemoved = "variant_removed", "union variant removed";
    VariantRenamed = "variant_renamed", "union variant renamed";
    VariantType = "variant_type", "type of a union variant changed";
    Discriminator = "discriminator", "discriminator changed";
    Ambiguity = "ambiguity", "union became ambiguous or decidable";
    SharedFieldAdded = "shared_field_added", "field became common to all variants";
    SharedFieldRemoved = "shared_field_removed", "field is no longer common to all variants";
    ViewAdded = "view_added", "chosen view added";
    ViewRemoved = "view_removed", "chosen view removed";

    ErrorClassAdded = "error_class_added", "error class added";
    ErrorClassRemoved = "error_class_removed", "error class removed";
    ErrorClassStatus = "error_class_status", "status of an error class changed";
    WebhookAdded = "webhook_added", "webhook event added";
    WebhookRemoved = "webhook_removed", "webhook event removed";
    WebhookRenamed = "webhook_renamed", "webhook event renamed";
    WebhookPayload = "webhook_payload", "payload of a webhook event changed";

    Other = "other", "changed in another way";
}

/// A condition that the classification of a difference depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The value is required.
    Required,
    /// A Rust type or signature changes.
    Signature,
    /// The method or setter still accepts every argument that it accepted, although its type changed: for example, to a
    /// union that contains the old type, or from a UUID to an identifier.
    Accepted,
    /// The value is an argument of a constructor.
    Argument,
    /// The value is a field of a struct that users write as a literal.
    Literal,
    /// The value is not part of the Rust API: a constant that the client sends automatically.
    Implicit,
    /// Something that was possible no longer is.
    Lost,
    /// A client that was built for the old contract may fail to decode responses of a new server.
    Misread,
    /// A new server may reject requests of a client that was built for the old contract.
    Rejected,
}
