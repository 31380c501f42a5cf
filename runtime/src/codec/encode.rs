//! Implements encoding for scalars, lists and maps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::traits::MapKey;
use super::view::{Encode, FieldWriter, List, Record, View};
use crate::types::{
    Date, Decimal, Id, JsonObject, JsonValue, Number, OneOrMany, Pairs, Patch, Timestamp,
};

impl Encode for str {
    #[inline]
    fn view(&self) -> View<'_> {
        View::String(self)
    }
}

impl Encode for String {
    #[inline]
    fn view(&self) -> View<'_> {
        View::String(self)
    }
}

impl Encode for Cow<'_, str> {
    #[inline]
    fn view(&self) -> View<'_> {
        View::String(self)
    }
}

impl Encode for bool {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Boolean(*self)
    }
}

impl Encode for i64 {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Integer(*self)
    }
}

impl Encode for u64 {
    #[inline]
    fn view(&self) -> View<'_> {
        i64::try_from(*self).map_or(View::Unsigned(*self), View::Integer)
    }
}

impl Encode for f64 {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Float(*self)
    }
}

impl Encode for Uuid {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Uuid(self)
    }
}

impl<T> Encode for Id<T> {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Uuid(self.as_uuid())
    }
}

impl Encode for Timestamp {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Timestamp(self)
    }
}

impl Encode for Date {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Date(self)
    }
}

impl Encode for Decimal {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Decimal(self)
    }
}

impl Encode for Number {
    #[inline]
    fn view(&self) -> View<'_> {
        match *self {
            Self::Integer(value) => View::Integer(value),
            Self::Unsigned(value) => View::Unsigned(value),
            Self::Float(value) => View::Float(value),
        }
    }
}

impl Encode for JsonValue {
    #[inline]
    fn view(&self) -> View<'_> {
        View::Json(self)
    }
}

impl Encode for JsonObject {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl Record for JsonObject {
    fn write(&self, writer: &mut FieldWriter<'_>) {
        for (key, value) in self {
            writer.fields(&[(key, value)]);
        }
    }

    fn entry(&self, key: &str) -> Option<&dyn Encode> {
        self.get(key).map(|value| value as &dyn Encode)
    }
}

impl Encode for () {
    fn view(&self) -> View<'_> {
        View::Null
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    #[inline]
    fn view(&self) -> View<'_> {
        (**self).view()
    }
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    #[inline]
    fn view(&self) -> View<'_> {
        (**self).view()
    }
}

/// Encodes `None` as null. To omit the field, use [`optional`](super::optional).
impl<T: Encode> Encode for Option<T> {
    #[inline]
    fn view(&self) -> View<'_> {
        match self {
            Some(value) => value.view(),
            None => View::Null,
        }
    }
}

impl<T: Encode> Encode for Patch<T> {
    fn view(&self) -> View<'_> {
        match self {
            Self::Keep => View::Absent,
            Self::Clear => View::Null,
            Self::Set(value) => value.view(),
        }
    }
}

impl<T: Encode> Encode for Vec<T> {
    #[inline]
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Encode> List for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    #[inline]
    fn item(&self, index: usize) -> Option<&dyn Encode> {
        self.get(index).map(|item| item as &dyn Encode)
    }
}

impl<T: Encode> Encode for OneOrMany<T> {
    fn view(&self) -> View<'_> {
        View::List(self.as_vec())
    }
}

impl<K: MapKey, T: Encode> Encode for BTreeMap<K, T> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl<K: MapKey, T: Encode> Record for BTreeMap<K, T> {
    fn write(&self, writer: &mut FieldWriter<'_>) {
        for (key, value) in self {
            writer.fields(&[(&key.to_key(), value)]);
        }
    }

    fn entry(&self, key: &str) -> Option<&dyn Encode> {
        K::get_in(self, key).map(|value| value as &dyn Encode)
    }
}

impl<V: Encode> Encode for Pairs<V> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl<V: Encode> Record for Pairs<V> {
    fn write(&self, writer: &mut FieldWriter<'_>) {
        for (key, value) in self.as_slice() {
            writer.fields(&[(key, value)]);
        }
    }

    fn entry(&self, key: &str) -> Option<&dyn Encode> {
        let (_, value) = self.as_slice().iter().find(|(other, _)| other == key)?;
        Some(value)
    }
}

macro_rules! encode_tuple {
    ($len:literal: $($index:tt $item:ident),+) => {
        impl<$($item: Encode),+> Encode for ($($item,)+) {
            fn view(&self) -> View<'_> {
                View::List(self)
            }
        }

        impl<$($item: Encode),+> List for ($($item,)+) {
            fn len(&self) -> usize {
                $len
            }

            fn item(&self, index: usize) -> Option<&dyn Encode> {
                match index {
                    $($index => Some(&self.$index),)+
                    _ => None,
                }
            }
        }
    };
}

encode_tuple!(2: 0 A, 1 B);
encode_tuple!(3: 0 A, 1 B, 2 C);
encode_tuple!(4: 0 A, 1 B, 2 C, 3 D);
