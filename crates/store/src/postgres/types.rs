//! How values travel: any argument fits any parameter it makes sense for, and NULL fits them all.

use crate::{Row, Value};
use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

type Failure = Box<dyn Error + Sync + Send>;

pub(crate) fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    (0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>().map(Row)
}

pub(super) fn has_nul(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains('\0'))
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(n) => int_to_sql(*n, ty, out),
            Value::Text(text) => {
                if *ty == Type::BYTEA || matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8 | Type::BOOL) {
                    return Err(format!("text for a parameter of type {ty}").into());
                }
                if *ty == Type::JSONB {
                    out.extend_from_slice(&[1]);
                }
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Value::Bytes(bytes) if *ty == Type::BYTEA => bytes.as_slice().to_sql(ty, out),
            Value::Bytes(_) => Err(format!("bytes for a parameter of type {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn int_to_sql(n: i64, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *ty {
        Type::INT8 => n.to_sql(ty, out),
        Type::INT4 => i32::try_from(n)?.to_sql(ty, out),
        Type::INT2 => i16::try_from(n)?.to_sql(ty, out),
        Type::BOOL => (n != 0).to_sql(ty, out),
        // As SQLite does where text is wanted.
        Type::TEXT | Type::VARCHAR => n.to_string().to_sql(ty, out),
        _ => Err(format!("an integer for a parameter of type {ty}: write a cast").into()),
    }
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Value, Failure> {
        Ok(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Int(bool::from_sql(ty, raw)?.into()),
            Type::NUMERIC => Value::Int(whole_number(raw)?),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            Type::VOID => Value::Null,
            Type::JSONB => text(raw.get(1..).unwrap_or_default())?,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON | Type::UNKNOWN => text(raw)?,
            _ => return Err(format!("a column of type {ty}: write a cast").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Value, Failure> {
        Ok(Value::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(ty.kind(), Kind::Simple | Kind::Pseudo)
    }
}

fn text(raw: &[u8]) -> Result<Value, Failure> {
    Ok(Value::Text(std::str::from_utf8(raw)?.to_owned()))
}

/// NUMERIC, the type of sum(BIGINT): a count of digits in base 10,000, the weight of the first, a sign, a scale.
fn whole_number(raw: &[u8]) -> Result<i64, Failure> {
    let mut words = raw.as_chunks::<2>().0.iter().map(|pair| i16::from_be_bytes(*pair));
    let mut word = || words.next().ok_or("a short NUMERIC");
    let (count, weight, sign) = (word()?, word()?, word()?);
    word()?;
    if count > weight + 1 || weight > 4 {
        return Err("a fraction or a number beyond 64 bits".into());
    }
    let mut number: i128 = 0;
    for place in 0..=weight {
        number = number * 10_000 + i128::from(if place < count { word()? } else { 0 });
    }
    Ok(i64::try_from(if sign == 0 { number } else { -number })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(words: &[i16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn whole_numbers_are_read_from_numeric() {
        assert_eq!(whole_number(&numeric(&[0, 0, 0, 0])).unwrap(), 0);
        assert_eq!(whole_number(&numeric(&[1, 0, 0, 0, 42])).unwrap(), 42);
        assert_eq!(whole_number(&numeric(&[1, 1, 0x4000, 0, 7])).unwrap(), -70_000);
        assert_eq!(whole_number(&numeric(&[2, 1, 0, 0, 1, 2])).unwrap(), 10_002);
    }

    #[test]
    fn fractions_and_huge_or_broken_numbers_are_refused() {
        for words in
            [&[1, -1, 0, 1, 5000][..], &[2, 0, 0, 1, 1, 5000], &[1, 9, 0, 0, 1], &[3, 2, 0, 0, 1], &[0]]
        {
            assert!(whole_number(&numeric(words)).is_err(), "{words:?}");
        }
    }
}
