//! Tests of the names of fields, types, variants and services.

use super::*;

#[test]
fn fields_keep_their_words_and_escape_keywords() {
    let table = [
        ("created_at", "created_at"),
        ("type", "r#type"),
        ("self", "self_"),
        ("_cost", "cost"),
        ("2fa", "_2fa"),
        ("externalId", "external_id"),
        ("GitHubRepository", "github_repository"),
        ("OAuthClient", "oauth_client"),
        ("naïve", "na_ve"),
        ("日本", "u65e5_u672c"),
        ("²", "u00b2"),
        ("\u{202e}", "u202e"),
        ("_", "u005f"),
        ("", "empty"),
    ];
    for (wire, rust) in table {
        assert_eq!(
            field(wire),
            Name {
                rust: rust.into(),
                wire: wire.into()
            }
        );
    }
}

#[test]
fn schemas_get_names_a_person_would_write() {
    let table = [
        ("ListResource_Product_", "ProductList"),
        ("ListResourceWithCursorPagination_Event_", "EventCursorList"),
        ("CostMetadata-Input", "CostMetadataInput"),
        ("CostMetadata-Output", "CostMetadata"),
        ("LLMMetadata", "LlmMetadata"),
        ("S3DownloadURL", "S3DownloadUrl"),
        ("2fa", "_2fa"),
        ("self", "Self_"),
        ("ⓐ", "U24d0"),
    ];
    for (wire, rust) in table {
        assert_eq!(schema(wire).rust, rust);
    }
}

#[test]
fn enum_values_become_identifiers_by_rule() {
    let table = [
        ("EventSortProperty", "-created_at", "CreatedAtDesc"),
        ("HttpCodeClass", "2xx", "Class2xx"),
        ("Zone", "Etc/GMT+1", "EtcGmtPlus1"),
        ("Zone", "Etc/GMT-1", "EtcGmtMinus1"),
        ("ApiVersion", "2026-10", "Version202610"),
        ("Scope", "benefits:read", "BenefitsRead"),
        ("Scope", "*", "Any"),
        ("Kind", "", "Empty"),
        ("Kind", "self", "Self_"),
        ("Kind", "unknown", "Unknown_"),
        ("Kind", "<", "U003c"),
        (
            "WebhookEventType",
            "customer.state_changed",
            "CustomerStateChanged",
        ),
    ];
    for (owner, wire, rust) in table {
        assert_eq!(variant(owner, wire).rust, rust, "{owner} {wire}");
    }
}

#[test]
fn union_variants_are_what_distinguishes_them() {
    let table: [(&[&str], &[&str]); 7] = [
        (&["SelfPrice", "OtherPrice"], &["Self_", "Other"]),
        (&["UnknownPrice", "KnownPrice"], &["Unknown_", "Known"]),
        (
            &[
                "LegacyRecurringProductPriceFixed",
                "ProductPriceFixed",
                "ProductPriceSeatBased",
            ],
            &["LegacyRecurringFixed", "Fixed", "SeatBased"],
        ),
        (
            &["BenefitGrantDiscordWebhook", "BenefitGrantCustomWebhook"],
            &["Discord", "Custom"],
        ),
        (&["MeterCreditEvent", "UserEvent"], &["MeterCredit", "User"]),
        (&["FilterClause", "Filter"], &["FilterClause", "Filter"]),
        (
            &["NotPermitted", "PaymentNotReady"],
            &["NotPermitted", "PaymentNotReady"],
        ),
    ];
    for (types, expected) in table {
        assert_eq!(union_variants(types), expected);
    }
}

#[test]
fn a_taken_name_is_not_used_again() {
    let name = |name: Name| name.rust;
    assert_eq!(name(method("new")), "new_");
    assert_eq!(name(method("type")), "r#type");
    assert_eq!(name(service("builder")), "builder_");
    assert_eq!(name(service("mod")), "mod_");
    assert_eq!(name(service("CON")), "con_");
    assert_eq!(name(service("async")), "r#async");
    assert_eq!(module(&service("async")), "async_");
    assert_eq!(name(argument("request")), "request_");
    assert_eq!(setter(&field("validate")), "set_validate");
    assert_eq!(setter(&field("send")), "send");
    assert_eq!(param_setter(&field("send")), "set_send");
}

#[test]
fn given_names_are_identifiers() {
    let name = |name: Option<Name>| name.map(|name| name.rust);
    assert_eq!(
        name(given("a", "my_type", field)).as_deref(),
        Some("my_type")
    );
    assert_eq!(name(given("a", "type", field)).as_deref(), Some("r#type"));
    assert_eq!(name(given("a", "new", field)).as_deref(), Some("new"));
    assert_eq!(given("a", "new", method), None);
    assert_eq!(given("a", "con", service), None);
    assert_eq!(name(given_type("a", "My2")).as_deref(), Some("My2"));
    for wrong in ["", "_", "a b", "A", "1a", "é", "r#type", "a-b", "self"] {
        assert_eq!(given("a", wrong, field), None, "{wrong}");
    }
    for wrong in ["", "a", "A_b", "Self", "É", "1A"] {
        assert_eq!(given_type("a", wrong), None, "{wrong}");
    }
}

#[test]
fn plural_and_singular_mention_each_other() {
    assert!(mentions("CustomerSeat", "customer_seats"));
    assert!(!mentions("CustomerSeat", "subscriptions"));
}
