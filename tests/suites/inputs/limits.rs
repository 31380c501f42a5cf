//! Constraints: every violation in a request body is reported with its path, and valid values are not.

use polar_client_runtime::Error;
use polar_client_runtime::client::CallOptions;
use polar_client_runtime::codec::Violations;
use polar_client_runtime::types::{Decimal, Number};
use polar_tests::Recorder;
use polar_tests::inputs::limits::Polar;
use polar_tests::inputs::limits::models::{Labels, Part, ProductCreate};

fn product() -> ProductCreate {
    ProductCreate::new("abc", "a-b`1", ["x"])
}

fn violations(product: &ProductCreate) -> Vec<String> {
    let found = product.validate().err();
    let texts = |found: &Violations| found.into_iter().map(ToString::to_string).collect();
    found.as_ref().map(texts).unwrap_or_default()
}

#[test]
fn values_at_their_limits_are_accepted() {
    for product in [
        product(),
        ProductCreate::new("ä".repeat(64), "a", vec!["x".repeat(20); 10]),
        product().price(1).code("123456"),
        product()
            .price(999)
            .password("no digit, which is not validated"),
        product().unit_amount("00099999.999999999999000".parse::<Decimal>().unwrap()),
        product().unit_amount("1e-12".parse::<Decimal>().unwrap()),
        product().weight(1e19),
        product().metadata([("a", "x"), ("abcd", "12345")]),
        product().metadata([("a", 1)]),
        product().parts([Part::new(1)]).main_part(Part::new(1)),
        product().labels([("a", "abc")]).main("long"),
    ] {
        assert_eq!(product.validate(), Ok(()), "{product:?}");
    }
}

#[test]
fn a_value_of_several_types_has_the_loosest_constraints() {
    use polar_tests::inputs::limits::models::ProductCreateQuota as Quota;

    for product in [
        product().share(Number::Integer(1)),
        product().share(Number::Integer(20)),
        product().quota(Quota::Unlimited),
        product().word("four"),
    ] {
        assert_eq!(product.validate(), Ok(()), "{product:?}");
    }
    assert_eq!(
        violations(&product().share(Number::Integer(21)).word("fives")),
        [
            "share: must be at most 20",
            "word: must have at most 4 characters, has 5"
        ]
    );
}

#[test]
fn values_just_beyond_their_limits_are_violations() {
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    for (product, violation) in [
        (product().price(0), "price: must be more than 0"),
        (product().price(1000), "price: must be less than 1000"),
        (
            product().code("12345"),
            "code: must have at least 6 characters, has 5",
        ),
        (
            product().code("1234567"),
            "code: must have at most 6 characters, has 7",
        ),
        (
            product().unit_amount(decimal("0")),
            "unit_amount: must be more than 0",
        ),
        (
            product().unit_amount(decimal("-0.1")),
            "unit_amount: must be more than 0",
        ),
        (
            product().unit_amount(decimal("100000")),
            "unit_amount: must have at most 5 digits before the point, has 6",
        ),
        (
            product().unit_amount(decimal("1e-13")),
            "unit_amount: must have at most 12 digits after the point, has 13",
        ),
        (product().weight(-0.1), "weight: must be at least 0"),
        (
            product().weight(f64::NAN),
            "weight: must be a finite number",
        ),
        (
            product().metadata([("", "x")]),
            "metadata: every key must have at least 1 character, has 0",
        ),
        (
            product().metadata([("a", "")]),
            "metadata.a: must have at least 1 character, has 0",
        ),
        (
            product().metadata([("a b", "123456")]),
            "metadata[\"a b\"]: must have at most 5 characters, has 6",
        ),
        (
            product().metadata([("a", 1), ("b", 2), ("c", 3)]),
            "metadata: must have at most 2 items, has 3",
        ),
        (
            product().parts([Part::new(1), Part::new(0)]),
            "parts[1].count: must be at least 1",
        ),
        (
            product().labels([("a", "abcd")]).main("long"),
            "labels.a: must have at most 3 characters, has 4",
        ),
        (
            product().main_part(Part::new(0)),
            "main_part.count: must be at least 1",
        ),
    ] {
        assert_eq!(violations(&product), [violation]);
    }
}

#[test]
fn all_violations_are_listed_and_no_value_is_shown() {
    let product = ProductCreate::new("me", "UPPER", Vec::<String>::new()).code("hush");
    let all = product.validate().unwrap_err();
    assert_eq!(
        all.to_string(),
        "name: must have at least 3 characters, has 2; slug: must match the pattern ^[a-z0-9`-]+$; \
         tags: must have at least 1 item, has 0; code: must have at least 6 characters, has 4"
    );
    let first = &all.as_slice()[0];
    assert_eq!(
        (first.path(), first.limit()),
        ("name", "must have at least 3 characters, has 2")
    );
}

#[tokio::test]
async fn an_invalid_body_is_not_sent_unless_validation_is_off() {
    let recorder = Recorder::new(204, "");
    let polar = Polar::builder()
        .access_token("polar_oat_x")
        .transport(recorder.clone())
        .build()
        .unwrap();

    let error = polar
        .products()
        .create(1, product().price(0))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "products:create: not sent: price: must be more than 0"
    );
    let Error::InvalidBody { source, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(source.as_slice()[0].path(), "price");
    assert!(recorder.take().is_empty());

    let unchecked = CallOptions::new().send_unchecked();
    let request = polar.products().create(1, product().price(0));
    request.with(unchecked).await.unwrap();
    assert_eq!(recorder.take().len(), 1);
}

#[test]
fn an_additional_entry_never_replaces_a_field_and_its_key_is_escaped() {
    let labels = Labels::new()
        .main("m")
        .additional([("main", "x"), ("a\"\\\n", "y")]);
    assert_eq!(
        polar_client_runtime::codec::to_string(&labels),
        r#"{"main":"m","a\"\\\n":"y"}"#
    );
}
