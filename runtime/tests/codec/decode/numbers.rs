//! Numbers and decimals: limits, exactness, and representations in other formats.

use super::*;

#[test]
fn numbers_are_kept_up_to_their_limits() {
    assert_eq!(read::<i64>("9223372036854775807"), i64::MAX);
    assert_eq!(read::<i64>("-9223372036854775808"), i64::MIN);
    assert_eq!(
        decode_error::<i64>("9223372036854775808"),
        "expected an integer of at most 64 bits, sign included, found 9223372036854775808"
    );
    for (text, value) in [("1.0", 1), ("1e3", 1000), ("-0.0", 0), ("-2.50e1", -25)] {
        assert_eq!(read::<i64>(text), value);
    }
    assert_eq!(read::<i64>(r#"{"$serde_json::private::Number":"3.0"}"#), 3);
    assert_eq!(decode_error::<i64>("1.5"), "expected an integer, found 1.5");
    // Beyond 2^53, the nearest double may be a different integer.
    for text in ["9007199254740993.0", "1e300", "-1e16"] {
        assert!(codec::from_str::<i64>(text).is_err(), "{text}");
    }
    assert_eq!(read::<u64>("18446744073709551615"), u64::MAX);
    assert_eq!(read::<u64>("1.0"), 1);
    assert_eq!(
        codec::to_string(&vec![1, u64::MAX]),
        "[1,18446744073709551615]"
    );
    assert_eq!(
        decode_error::<u64>("-1"),
        "expected an integer from 0 to 18446744073709551615, found -1"
    );
    assert_eq!(
        decode_error::<i64>("\"1\""),
        r#"expected an integer, found "1""#
    );
    assert_eq!(read::<f64>("3"), 3.0);
    assert_eq!(
        read::<f64>("18446744073709551615"),
        18_446_744_073_709_551_615.0
    );
    assert_eq!(
        read::<f64>("56.425000000000004").to_string(),
        "56.425000000000004"
    );
    assert_eq!(
        read::<Number>("18446744073709551615"),
        Number::Unsigned(u64::MAX)
    );
    assert_eq!(read::<Number>("-0"), Number::Float(-0.0));
    assert_eq!(read::<Number>("1"), Number::Integer(1));
    assert_eq!(read::<Number>("1.0"), Number::Float(1.0));
    assert!(codec::from_str::<f64>("1e999").is_err());
    assert_eq!(decode_error::<f64>("true"), "expected a number, found true");
}

#[test]
fn decimals_decode_from_strings_and_numbers() {
    for (wire, text) in [
        ("\"0.050000000000\"", "0.050000000000"),
        ("\"0E-12\"", "0E-12"),
        ("7", "7"),
        ("0.05", "0.05"),
        ("1e21", "1000000000000000000000"),
        ("18446744073709551615", "18446744073709551615"),
    ] {
        assert_eq!(read::<Decimal>(wire).as_str(), text);
    }
    assert_eq!(
        decode_error::<Decimal>("\"1,5\""),
        r#"expected a decimal number, found "1,5""#
    );
    assert_eq!(
        decode_error::<Decimal>("true"),
        "expected a decimal number, found true"
    );
}

#[test]
fn numbers_are_decoded_with_arbitrary_precision_of_serde_json() {
    fn wrapped<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, PlainError> {
        T::deserialize(MapDeserializer::new(
            [
                ("amount_type", Value::Text("metered_unit")),
                ("unit_amount", Value::Number(text)),
            ]
            .into_iter(),
        ))
    }
    let unit = |text: &str| wrapped::<fixtures::PriceUnit>(text).unwrap().unit_amount;
    assert_eq!(
        unit("0.1000000000000000055511151231257827").as_str(),
        "0.1000000000000000055511151231257827"
    );
    assert_eq!(unit("12").as_str(), "12");
    assert_eq!(
        read::<Number>(r#"{"$serde_json::private::Number":"-0"}"#),
        Number::Float(-0.0)
    );
    assert_eq!(
        unit("340282366920938463463374607431768211455").as_str(),
        "340282366920938463463374607431768211455"
    );
    let fixed = MapDeserializer::new(
        [
            ("amount_type", Value::Text("fixed")),
            ("price_amount", Value::Number("5")),
            ("price_currency", Value::Text("usd")),
        ]
        .into_iter(),
    );
    let fixed: Result<PriceFixed, PlainError> = Deserialize::deserialize(fixed);
    assert_eq!(fixed.unwrap().price_amount, 5);
    // The string is not a number, so it is an ordinary object.
    let message = wrapped::<fixtures::PriceUnit>("no number")
        .err()
        .unwrap()
        .to_string();
    assert!(
        message.contains("unit_amount: expected a decimal number, found an object"),
        "{message}"
    );
    assert_eq!(
        read::<f64>(r#"{"$serde_json::private::Number":"1.5"}"#),
        1.5
    );
    assert!(codec::from_str::<f64>(r#"{"$serde_json::private::Number":"1e999"}"#).is_err());
}

/// The values of the test's map deserializer: a string, or a number as serde_json passes it with `arbitrary_precision`.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Number(&'a str),
}

impl<'de> serde::de::IntoDeserializer<'de, PlainError> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> serde::Deserializer<'de> for Value<'de> {
    type Error = PlainError;

    fn deserialize_any<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, PlainError> {
        match self {
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::Number(text) => visitor.visit_map(MapDeserializer::new(
                [("$serde_json::private::Number", text.to_owned())].into_iter(),
            )),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn other_formats_have_other_keys_and_numbers() {
    let yaml = serde_yaml::Deserializer::from_str("{1: a, true: 2, -3: .5}");
    let map: BTreeMap<String, Scalar> = codec::deserialize(yaml).unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["-3", "1", "true"]);
    assert!(serde_yaml::from_str::<Page>("items: [").is_err());
    let error = Page::deserialize(serde::de::value::BytesDeserializer::<PlainError>::new(b"x"))
        .err()
        .unwrap();
    assert!(error.to_string().contains("byte array"), "{error}");
}
