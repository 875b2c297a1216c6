//! Values in, rows out: the portable subset of types that both engines keep alike.
//!
//! Moments are 64-bit microseconds since 1970 (UTC), days are text `YYYY-MM-DD`, money is integer
//! fen, JSON is text. Nothing else may be stored in a column that a query compares.

use crate::{Error, Result};
use jiff::{Timestamp, civil::Date};
use sqlx::Row as _;
use uuid::Uuid;

/// A bound parameter. `None` is SQL NULL of that type (PostgreSQL wants to know the type).
#[derive(Clone, Debug)]
pub enum Value {
    Int(Option<i64>),
    Float(Option<f64>),
    Bool(Option<bool>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    /// For `@ids($n)`.
    Ids(Vec<Uuid>),
    /// For `@texts($n)`.
    Texts(Vec<String>),
}

/// One row of a result.
#[derive(Debug)]
pub enum Row {
    Lite(crate::lite::LiteRow),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// The column `name` as `T`; `Option<T>` for columns that may be null.
    pub fn get<T: FromColumn>(&self, name: &str) -> Result<T> {
        T::from_column(self, name)
    }
}

/// A type that one column holds.
pub trait Column: Sized {
    /// `None` when the column is null.
    fn read(row: &Row, name: &str) -> Result<Option<Self>>;
    fn value(&self) -> Value;
    fn null() -> Value;
}

/// Either a [`Column`] that must be there or an `Option` of one.
pub trait FromColumn: Sized {
    fn from_column(row: &Row, name: &str) -> Result<Self>;
}

impl<T: Column> FromColumn for T {
    fn from_column(row: &Row, name: &str) -> Result<T> {
        T::read(row, name)?.ok_or_else(|| Error::internal(format!("column {name} is null")))
    }
}

impl<T: Column> FromColumn for Option<T> {
    fn from_column(row: &Row, name: &str) -> Result<Option<T>> {
        T::read(row, name)
    }
}

/// What may stand in `args![…]`.
pub trait ToValue {
    fn to_value(&self) -> Value;
}
impl<T: Column> ToValue for T {
    fn to_value(&self) -> Value {
        self.value()
    }
}
impl<T: Column> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or_else(T::null, Column::value)
    }
}
impl ToValue for &str {
    fn to_value(&self) -> Value {
        Value::Text(Some((*self).to_string()))
    }
}
impl ToValue for Option<&str> {
    fn to_value(&self) -> Value {
        Value::Text(self.map(str::to_string))
    }
}
impl ToValue for &[u8] {
    fn to_value(&self) -> Value {
        Value::Blob(Some(self.to_vec()))
    }
}
impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value {
        Value::Blob(Some(self.to_vec()))
    }
}
impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

/// A list of ids for `@ids($n)`.
pub fn ids<T: Copy + Into<Uuid>>(list: &[T]) -> Value {
    Value::Ids(list.iter().map(|id| (*id).into()).collect())
}

/// A list of texts for `@texts($n)`.
pub fn texts<T: AsRef<str>>(list: &[T]) -> Value {
    Value::Texts(list.iter().map(|t| t.as_ref().to_string()).collect())
}

/// The parameters of a statement in order: `args![station, now, &name]`.
#[macro_export]
macro_rules! args {
    ($($x:expr),* $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::row::ToValue as _;
        vec![$($x.to_value()),*]
    }};
}

macro_rules! primitive {
    ($t:ty, $variant:ident) => {
        impl Column for $t {
            fn read(row: &Row, name: &str) -> Result<Option<Self>> {
                Ok(match row {
                    Row::Lite(r) => r.get::<$t>(name)?,
                    Row::Postgres(r) => r.try_get::<Option<$t>, _>(name)?,
                })
            }
            fn value(&self) -> Value {
                Value::$variant(Some(self.clone()))
            }
            fn null() -> Value {
                Value::$variant(None)
            }
        }
    };
}
primitive!(i64, Int);
primitive!(f64, Float);
primitive!(bool, Bool);
primitive!(String, Text);
primitive!(Vec<u8>, Blob);
primitive!(Uuid, Uuid);

impl Column for Timestamp {
    fn read(row: &Row, name: &str) -> Result<Option<Self>> {
        Ok(i64::read(row, name)?.map(crate::clock::from_micros))
    }
    fn value(&self) -> Value {
        Value::Int(Some(self.as_microsecond()))
    }
    fn null() -> Value {
        Value::Int(None)
    }
}

impl Column for Date {
    fn read(row: &Row, name: &str) -> Result<Option<Self>> {
        match String::read(row, name)? {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|e| Error::internal(format!("column {name}: {e}"))),
        }
    }
    fn value(&self) -> Value {
        Value::Text(Some(self.to_string()))
    }
    fn null() -> Value {
        Value::Text(None)
    }
}

/// A value kept as JSON text. Never filter on what is inside; that belongs in a child table.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

impl<T: serde::Serialize + serde::de::DeserializeOwned> Column for Json<T> {
    fn read(row: &Row, name: &str) -> Result<Option<Self>> {
        match String::read(row, name)? {
            None => Ok(None),
            Some(text) => Ok(Some(Json(serde_json::from_str(&text)?))),
        }
    }
    fn value(&self) -> Value {
        Value::Text(serde_json::to_string(&self.0).ok())
    }
    fn null() -> Value {
        Value::Text(None)
    }
}

/// A struct read from a row by column name; made by [`record!`](crate::record!).
pub trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self>;
}

/// Declares a struct whose fields are columns of the same name.
#[macro_export]
macro_rules! record {
    ($(#[$m:meta])* $vis:vis struct $name:ident { $($(#[$fm:meta])* $fvis:vis $f:ident : $t:ty),* $(,)? }) => {
        $(#[$m])* $vis struct $name { $($(#[$fm])* $fvis $f: $t),* }
        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row) -> $crate::Result<Self> {
                Ok(Self { $($f: row.get(stringify!($f))?),* })
            }
        }
    };
}

/// Declares an enum kept as a short text code, with its Chinese name:
/// `text_enum! { /// 状态 pub enum State { Open = "open" / "办理中", Closed = "closed" / "办结" } }`
#[macro_export]
macro_rules! text_enum {
    ($(#[$m:meta])* $vis:vis enum $name:ident { $($(#[$vm:meta])* $v:ident = $code:literal / $label:literal),* $(,)? }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $name { $($(#[$vm])* #[doc = $label] $v),* }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// The code as stored and as sent in forms.
            pub fn code(self) -> &'static str { match self { $($name::$v => $code),* } }
            /// The Chinese name as shown.
            pub fn label(self) -> &'static str { match self { $($name::$v => $label),* } }
            pub fn from_code(code: &str) -> Option<$name> { match code { $($code => Some($name::$v),)* _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.code()) }
        }
        impl $crate::Column for $name {
            fn read(row: &$crate::Row, name: &str) -> $crate::Result<Option<Self>> {
                match <String as $crate::Column>::read(row, name)? {
                    None => Ok(None),
                    Some(code) => match $name::from_code(&code) {
                        Some(v) => Ok(Some(v)),
                        None => Err($crate::Error::internal(format!("column {name}: unknown code {code:?}"))),
                    },
                }
            }
            fn value(&self) -> $crate::Value { $crate::Value::Text(Some(self.code().to_string())) }
            fn null() -> $crate::Value { $crate::Value::Text(None) }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.code()) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let code = <String as serde::Deserialize>::deserialize(d)?;
                $name::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("unknown code {code:?}")))
            }
        }
    };
}
