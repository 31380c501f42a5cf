//! The rules that classify differences: the impact of each kind on code that uses the crate and on deployed clients,
//! and its section in the changelog.
//!
//! The first rule whose kind matches and whose conditions all hold applies. The classification of the Rust API follows
//! Cargo's reference (<https://doc.rust-lang.org/cargo/reference/semver.html>) and the form of the emitted code:
//!
//! - Received structs are `#[non_exhaustive]`: they can gain fields. Structs that are sent have a constructor with an
//!   argument for each required field, and a setter for each optional one. Those with more than seven required fields are
//!   written as literals, so they are exhaustive.
//! - Enums and unions are `#[non_exhaustive]`: they can gain variants.
//! - An operation is a method with its path parameters, required query parameters and required body as arguments. The
//!   request that it returns has a setter for each optional one.
//! - Constraints on requests may change: that is behavior, not a change of the Rust API.
//! - Deprecated operations and optional parameters are `#[deprecated]`, which Cargo counts as minor. The deprecation of
//!   a type or a field is only documented.
//! - Which types, operations and errors are a single Rust item in several API versions depends on what the versions
//!   have in common. It may change with any of them, and is not part of the stable API.
//!
//! The classification for deployed clients is about programs that were built for the old contract and call a server
//! that implements the new one. They accept unknown values of enums and unknown variants of unions, ignore unknown
//! fields, and treat null like a missing field. Servers are expected to ignore unknown fields and parameters.

use std::collections::BTreeSet;

use super::impact::{ChangelogSection, Semver, WireImpact};
use super::kind::{Condition, Kind};

/// Classifies a kind of difference under conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The kind of difference.
    pub kind: Kind,
    /// The conditions, all of which must hold.
    pub when: &'static [Condition],
    /// The impact on code that uses the crate.
    pub rust: Semver,
    /// The impact on deployed clients.
    pub wire: OnWire,
    /// The section of the changelog.
    pub section: ChangelogSection,
    /// The reason for the impact on code.
    pub because: &'static str,
}

/// The impact on deployed clients, as stated by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnWire {
    /// Requests and responses stay compatible.
    Compatible,
    /// The server may reject requests.
    Requests,
    /// Clients may fail to decode responses.
    Responses,
    /// The server may reject requests, and clients may fail to decode responses.
    Both,
    /// Depends on [`Condition::Misread`] and [`Condition::Rejected`].
    ByValues,
}

impl OnWire {
    /// Returns the impact of a difference with these conditions.
    pub(super) fn judge(self, conditions: &BTreeSet<Condition>) -> WireImpact {
        let by_values = self == Self::ByValues;
        let holds = |condition| by_values && conditions.contains(&condition);
        WireImpact {
            breaks_responses: matches!(self, Self::Responses | Self::Both)
                || holds(Condition::Misread),
            breaks_requests: matches!(self, Self::Requests | Self::Both)
                || holds(Condition::Rejected),
        }
    }
}

/// Returns the rule that applies to a kind under conditions.
pub(super) fn rule(kind: Kind, conditions: &BTreeSet<Condition>) -> &'static Rule {
    let holds =
        |rule: &&Rule| rule.kind == kind && rule.when.iter().all(|when| conditions.contains(when));
    RULES.iter().find(holds).unwrap_or(&OTHER)
}

/// The rule for all other differences, which are classified as breaking.
const OTHER: Rule = row(
    Kind::Other,
    &[],
    Major,
    Both,
    Changed,
    "nothing is known about it",
);

const fn row(
    kind: Kind,
    when: &'static [Condition],
    rust: Semver,
    wire: OnWire,
    section: ChangelogSection,
    because: &'static str,
) -> Rule {
    Rule {
        kind,
        when,
        rust,
        wire,
        section,
        because,
    }
}

use ChangelogSection::{Added, Changed, Deprecated, Removed};
use Condition::{Accepted, Argument, Implicit, Literal, Lost, Required, Signature};
use OnWire::{Both, ByValues, Compatible, Requests, Responses};
use Semver::{Major, Minor, Patch};

/// All rules.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    // Versions and servers
    row(Kind::VersionAdded, &[], Minor, Compatible, Added, "a new module and Cargo feature"),
    row(Kind::VersionRemoved, &[], Major, Both, Removed, "its module and Cargo feature are gone"),
    row(Kind::DefaultVersion, &[], Major, Compatible, Changed, "the default features enable another module"),
    row(Kind::ServerAdded, &[], Minor, Compatible, Added, "a new constant"),
    row(Kind::ServerRemoved, &[], Major, Requests, Removed, "its constant is gone"),
    row(Kind::ServerUrl, &[], Patch, Requests, Changed, "the constant keeps its name"),
    row(Kind::DefaultServer, &[], Major, Compatible, Changed, "only the other servers have a constructor of their own"),
    // Services and operations
    row(Kind::ServiceCredential, &[], Major, Compatible, Changed, "its accessor has other arguments"),
    row(Kind::OperationAdded, &[], Minor, Compatible, Added, "a new method"),
    row(Kind::OperationRemoved, &[], Major, Requests, Removed, "its method is gone"),
    row(Kind::OperationMoved, &[], Major, Compatible, Changed, "its method has another name or place"),
    row(Kind::Endpoint, &[], Patch, Requests, Changed, "the method is the same"),
    row(Kind::OperationDeprecated, &[], Minor, Compatible, Deprecated, "calls get a warning"),
    row(Kind::Access, &[Lost], Major, Requests, Changed, "the method has a narrower bound"),
    row(Kind::Access, &[], Minor, Compatible, Changed, "the method has a wider bound"),
    row(Kind::Scopes, &[], Patch, ByValues, Changed, "scopes are only documented"),
    row(Kind::Safety, &[], Patch, Compatible, Changed, "it is retried under other conditions"),
    row(Kind::ErrorResponses, &[], Patch, Compatible, Changed, "they are only documented"),
    row(Kind::RequireAnyOf, &[], Patch, ByValues, Changed, "it is only documented"),
    row(Kind::ResponseType, &[Signature], Major, ByValues, Changed, "the method returns another type"),
    row(Kind::ResponseType, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::Pagination, &[Lost], Major, Compatible, Changed, "its stream has other items, or is gone"),
    row(Kind::Pagination, &[], Minor, Compatible, Added, "a stream of the items"),
    row(Kind::FlowAdded, &[], Minor, Compatible, Added, "a new method"),
    row(Kind::FlowChanged, &[], Major, Compatible, Changed, "its method is gone, or does something else"),
    row(Kind::BodyAdded, &[Required], Major, Requests, Added, "one more argument"),
    row(Kind::BodyAdded, &[], Minor, Compatible, Added, "a new setter"),
    row(Kind::BodyRemoved, &[], Major, Compatible, Removed, "one argument or setter less"),
    row(Kind::BodyType, &[Accepted], Minor, ByValues, Changed, "the union accepts its variants"),
    row(Kind::BodyType, &[Signature], Major, ByValues, Changed, "the argument has another type"),
    row(Kind::BodyType, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::BodyRequired, &[], Major, Requests, Changed, "a setter became an argument"),
    row(Kind::BodyOptional, &[], Major, Compatible, Changed, "an argument became a setter"),
    row(Kind::BodyEncoding, &[], Patch, Requests, Changed, "the argument is the same"),
    // Parameters
    row(Kind::ParameterAdded, &[Required], Major, Requests, Added, "one more argument"),
    row(Kind::ParameterAdded, &[], Minor, Compatible, Added, "a new setter"),
    row(Kind::ParameterRemoved, &[], Major, Compatible, Removed, "one argument or setter less"),
    row(Kind::ParameterRenamed, &[Required], Patch, ByValues, Changed, "arguments have no names for callers"),
    row(Kind::ParameterRenamed, &[], Major, ByValues, Changed, "its setter has another name"),
    row(Kind::ParameterRequired, &[], Major, Requests, Changed, "a setter became an argument"),
    row(Kind::ParameterOptional, &[], Major, Compatible, Changed, "an argument became a setter"),
    row(Kind::ParameterType, &[Accepted], Minor, ByValues, Changed, "an identifier is made of its UUID"),
    row(Kind::ParameterType, &[Signature], Major, ByValues, Changed, "the argument has another type"),
    row(Kind::ParameterType, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::ParameterList, &[], Major, Compatible, Changed, "`impl Into<OneOrMany<T>>` does not take all that `T` takes by coercion"),
    row(Kind::ParameterNull, &[], Patch, ByValues, Changed, "null is never an argument"),
    row(Kind::ParameterStyle, &[], Patch, Requests, Changed, "the argument is the same"),
    row(Kind::ParameterDeprecated, &[Required], Patch, Compatible, Deprecated, "it is only documented"),
    row(Kind::ParameterDeprecated, &[], Minor, Compatible, Deprecated, "uses of its setter get a warning"),
    row(Kind::ArgumentOrder, &[], Major, Compatible, Changed, "arguments mean something else"),
    // Types
    row(Kind::TypeAdded, &[], Minor, Compatible, Added, "a new type"),
    row(Kind::TypeRemoved, &[], Major, Compatible, Removed, "the type is gone"),
    row(Kind::TypeRenamed, &[], Major, Compatible, Changed, "the type has another name"),
    row(Kind::TypeShape, &[], Major, ByValues, Changed, "a struct, an enum and an alias are used differently"),
    row(Kind::TypeAlias, &[Signature], Major, ByValues, Changed, "the alias stands for another type"),
    row(Kind::TypeAlias, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::TypeUsage, &[Lost], Major, Compatible, Changed, "it can no longer be constructed, decoded or validated"),
    row(Kind::TypeUsage, &[Signature], Minor, Compatible, Added, "it can be constructed or decoded, too"),
    row(Kind::TypeUsage, &[], Patch, Compatible, Changed, "the Rust type is the same"),
    row(Kind::TypeRole, &[], Patch, Compatible, Changed, "fields that change are differences of their own"),
    row(Kind::TypeBody, &[Lost], Major, Compatible, Changed, "its variants are no longer accepted as a body"),
    row(Kind::TypeBody, &[], Minor, Compatible, Added, "its variants are accepted as a body, too"),
    row(Kind::TypeDeprecated, &[], Patch, Compatible, Deprecated, "it is only documented"),
    row(Kind::SchemaName, &[], Patch, Compatible, Changed, "the Rust name is the same"),
    row(Kind::Reinstated, &[], Patch, Compatible, Changed, "a warning less"),
    // Fields
    row(Kind::FieldAdded, &[Implicit], Patch, ByValues, Added, "the client sends it by itself"),
    row(Kind::FieldAdded, &[Argument], Major, ByValues, Added, "the constructor has one more argument"),
    row(Kind::FieldAdded, &[Literal], Major, ByValues, Added, "literals of the struct lack it"),
    row(Kind::FieldAdded, &[], Minor, ByValues, Added, "the struct is `#[non_exhaustive]`"),
    row(Kind::FieldRemoved, &[Implicit], Patch, Compatible, Removed, "the client sent it by itself"),
    row(Kind::FieldRemoved, &[], Major, ByValues, Removed, "the public field is gone"),
    row(Kind::FieldRenamed, &[Implicit], Patch, Compatible, Changed, "the client sends it by itself"),
    row(Kind::FieldRenamed, &[], Major, Compatible, Changed, "the public field has another name"),
    row(Kind::FieldType, &[Signature], Major, ByValues, Changed, "the public field has another type"),
    row(Kind::FieldType, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::FieldRequired, &[Signature], Major, ByValues, Changed, "the public field has another type, or became an argument"),
    row(Kind::FieldRequired, &[], Patch, ByValues, Changed, "it is an `Option` in both"),
    row(Kind::FieldOptional, &[Signature], Major, ByValues, Changed, "the public field has another type, or is no argument any more"),
    row(Kind::FieldOptional, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::FieldNullable, &[Signature], Major, ByValues, Changed, "the public field became an `Option` or a `Patch`"),
    row(Kind::FieldNullable, &[], Patch, ByValues, Changed, "it is an `Option` in both"),
    row(Kind::FieldNotNull, &[Signature], Major, ByValues, Changed, "the public field is no `Option` or no `Patch` any more"),
    row(Kind::FieldNotNull, &[], Patch, ByValues, Changed, "it is an `Option` in both"),
    row(Kind::FieldPatch, &[], Major, Compatible, Changed, "the public field became a `Patch` or an `Option`"),
    row(Kind::FieldDirection, &[], Patch, Compatible, Changed, "types that change are differences of their own"),
    row(Kind::FieldView, &[Lost], Major, Compatible, Changed, "the method of the view is gone or returns another type"),
    row(Kind::FieldView, &[], Minor, Compatible, Added, "a new method"),
    row(Kind::FieldDeprecated, &[], Patch, Compatible, Deprecated, "it is only documented"),
    row(Kind::AdditionalAdded, &[Literal], Major, Compatible, Added, "literals of the struct lack it"),
    row(Kind::AdditionalAdded, &[], Minor, Compatible, Added, "the struct is `#[non_exhaustive]`"),
    row(Kind::AdditionalRemoved, &[], Major, Compatible, Removed, "the public field is gone"),
    row(Kind::AdditionalType, &[Signature], Major, ByValues, Changed, "the public field has another type"),
    row(Kind::AdditionalType, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::Constraint, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::Default, &[], Patch, Compatible, Changed, "it is only documented"),
    row(Kind::Secrecy, &[], Patch, Compatible, Changed, "`Debug` shows it or not"),
    // Enums and unions
    row(Kind::EnumValueAdded, &[], Minor, Compatible, Added, "the enum is `#[non_exhaustive]`"),
    row(Kind::EnumValueRemoved, &[], Major, ByValues, Removed, "the variant is gone"),
    row(Kind::EnumValueRenamed, &[], Major, Compatible, Changed, "the variant has another name"),
    row(Kind::VariantAdded, &[], Minor, Compatible, Added, "the enum is `#[non_exhaustive]`"),
    row(Kind::VariantRemoved, &[], Major, ByValues, Removed, "the variant is gone"),
    row(Kind::VariantRenamed, &[], Major, Compatible, Changed, "the variant has another name"),
    row(Kind::VariantType, &[Signature], Major, ByValues, Changed, "the variant holds another type"),
    row(Kind::VariantType, &[], Patch, ByValues, Changed, "the Rust type is the same"),
    row(Kind::Discriminator, &[], Patch, ByValues, Changed, "the variants are the same"),
    row(Kind::Ambiguity, &[], Major, Compatible, Changed, "an enum and a struct with raw JSON are used differently"),
    row(Kind::SharedFieldAdded, &[], Minor, Compatible, Added, "a new method of the union"),
    row(Kind::SharedFieldRemoved, &[], Major, Compatible, Removed, "the method of the union is gone or returns another type"),
    row(Kind::ViewAdded, &[], Minor, Compatible, Added, "a new variant of the view"),
    row(Kind::ViewRemoved, &[], Major, Compatible, Removed, "the variant of the view is gone"),
    // Error classes and webhooks
    row(Kind::ErrorClassAdded, &[], Minor, Compatible, Added, "the enum is `#[non_exhaustive]`"),
    row(Kind::ErrorClassRemoved, &[], Major, Compatible, Removed, "the variant is gone"),
    row(Kind::ErrorClassStatus, &[], Patch, Compatible, Changed, "the variant is the same"),
    row(Kind::WebhookAdded, &[], Minor, Compatible, Added, "the enum is `#[non_exhaustive]`"),
    row(Kind::WebhookRemoved, &[], Major, Compatible, Removed, "the variant is gone"),
    row(Kind::WebhookRenamed, &[], Major, Compatible, Changed, "the variant has another name"),
    row(Kind::WebhookPayload, &[], Major, Responses, Changed, "the variant holds another type"),
    OTHER,
];
