//! Unions of scalars, tuples and nested values: metadata, custom fields, filters, aggregations.

use polar_client::codec;
use polar_client::types::Timestamp;
use polar_client::v2026_10::models::{
    Aggregation, CustomFieldValue, DisputeCustomer, Filter, FilterConjunction, FilterTerm,
    FilterValue, MetadataValue, PropertyAggregationFunction, TaxIdFormat, TrialEnd,
};
use serde_json::{Value, json};

use super::{TIME, exact, with};

#[test]
fn aggregation_functions_share_three_variants() {
    let property = |name: &str| exact::<Aggregation>(&json!({"func": name, "property": "tokens"}));

    assert!(matches!(
        exact(&json!({"func": "count"})),
        Aggregation::Count(_)
    ));
    assert!(matches!(property("unique"), Aggregation::Unique(_)));
    for (name, function) in [
        ("sum", PropertyAggregationFunction::Sum),
        ("max", PropertyAggregationFunction::Max),
        ("min", PropertyAggregationFunction::Min),
        ("avg", PropertyAggregationFunction::Avg),
    ] {
        assert!(
            matches!(property(name), Aggregation::Property(it) if it.func == function),
            "{name}"
        );
    }
    assert!(matches!(property("median"), Aggregation::Unknown(_)));
}

#[test]
fn filters_contain_filters_to_any_depth() {
    let clause = |value: Value| json!({"property": "name", "operator": "eq", "value": value});
    let inner = json!({"conjunction": "and", "clauses": [clause(json!(7)), clause(json!(true))]});
    let deep = (0..40).fold(
        inner.clone(),
        |filter, _| json!({"conjunction": "or", "clauses": [filter]}),
    );

    let filter: Filter =
        exact(&json!({"conjunction": "or", "clauses": [clause(json!("llm")), inner, {"new": 1}]}));
    let [
        FilterTerm::FilterClause(text),
        FilterTerm::Filter(inner),
        FilterTerm::Unknown(_),
    ] = &filter.clauses[..]
    else {
        panic!("{filter:?}")
    };
    assert_eq!(text.value, FilterValue::String("llm".to_owned()));
    assert_eq!(inner.conjunction, FilterConjunction::And);
    assert!(
        matches!(&inner.clauses[0], FilterTerm::FilterClause(it) if it.value == FilterValue::Integer(7))
    );
    assert!(
        matches!(&inner.clauses[1], FilterTerm::FilterClause(it) if it.value == FilterValue::Boolean(true))
    );
    exact::<Filter>(&deep);
}

#[test]
fn a_tax_id_is_a_number_and_its_format() {
    let customer: DisputeCustomer = codec::from_value(&super::customer()).unwrap();
    let (number, format) = customer.tax_id.unwrap();
    assert_eq!((&*number, &format), ("FR61954506077", &TaxIdFormat::EuVat));

    let short = with(&super::customer(), "tax_id", json!(["FR61954506077"]));
    let error = codec::from_value::<DisputeCustomer>(&short).unwrap_err();
    assert_eq!(error.path(), "tax_id");
}

#[test]
fn metadata_keeps_the_types_of_its_values() {
    let values: Vec<MetadataValue> = exact(&json!([1, 1.0, "1", true, "", -0.5]));
    assert_eq!(
        values,
        [
            MetadataValue::Integer(1),
            MetadataValue::Number(1.0),
            MetadataValue::String("1".to_owned()),
            MetadataValue::Boolean(true),
            MetadataValue::String(String::new()),
            MetadataValue::Number(-0.5),
        ]
    );
    let others: Vec<MetadataValue> = exact(&json!([null, [1], {"a": 1}, u64::MAX]));
    assert!(
        others
            .iter()
            .all(|value| matches!(value, MetadataValue::Unknown(_))),
        "{others:?}"
    );
}

#[test]
fn custom_field_values_are_strings_unless_they_are_timestamps() {
    let values: Vec<CustomFieldValue> = exact(&json!([
        3,
        false,
        TIME,
        "2026-11-21",
        "2026-11-21 18:22:49Z",
        "blue"
    ]));
    let text = |text: &str| CustomFieldValue::String(text.to_owned());
    let time: Timestamp = TIME.parse().unwrap();
    assert_eq!(
        values,
        [
            CustomFieldValue::Integer(3),
            CustomFieldValue::Boolean(false),
            CustomFieldValue::Timestamp(time),
            text("2026-11-21"),
            text("2026-11-21 18:22:49Z"),
            text("blue"),
        ]
    );
}

#[test]
fn the_end_of_a_trial_is_a_timestamp_or_now() {
    assert_eq!(codec::to_string(&TrialEnd::Now), r#""now""#);
    let time: Timestamp = TIME.parse().unwrap();
    assert_eq!(
        codec::to_string(&TrialEnd::Timestamp(time)),
        format!("{TIME:?}")
    );
}
