//! Statements whose values can stand in their text: numbers and identifiers, which cannot be anything else.

use sea_orm::{Statement, Value};

/// The text of a statement with its values in it, if all of them are numbers, truths and UUIDs.
pub(super) fn text(statement: &Statement) -> Option<String> {
    let values = statement.values.as_ref().map_or(&[][..], |values| &values.0);
    let values: Vec<String> = values.iter().map(literal).collect::<Option<_>>()?;
    let mut text = String::with_capacity(statement.sql.len() + values.len() * 24);
    let mut parts = statement.sql.split('$');
    text.push_str(parts.next()?);
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let place: usize = part[..digits].parse().ok()?;
        text.push_str(values.get(place.checked_sub(1)?)?);
        text.push_str(&part[digits..]);
    }
    Some(text)
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Bool(Some(truth)) => Some(truth.to_string()),
        Value::Int(Some(number)) => Some(format!("CAST({number} AS INTEGER)")),
        Value::BigInt(Some(number)) => Some(format!("CAST({number} AS BIGINT)")),
        Value::Uuid(Some(id)) => Some(format!("CAST('{}' AS UUID)", id.hyphenated())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;
    use uuid::Uuid;

    use super::*;

    fn written(sql: &str, values: impl IntoIterator<Item = Value>) -> Option<String> {
        text(&Statement::from_sql_and_values(DbBackend::Postgres, sql, values))
    }

    #[test]
    fn numbers_and_ids_stand_in_the_text() {
        let values: [Value; 3] = [(-7_i64).into(), Uuid::nil().into(), true.into()];
        assert_eq!(
            written("UPDATE t SET a = a + $1 WHERE id = $2 AND $3 AND b < $1", values).unwrap(),
            "UPDATE t SET a = a + CAST(-7 AS BIGINT) WHERE id = CAST('00000000-0000-0000-0000-000000000000' AS UUID) \
             AND true AND b < CAST(-7 AS BIGINT)"
        );
    }

    #[test]
    fn what_somebody_typed_never_does() {
        for value in [Value::from("x"), Value::from(vec![1_u8]), Value::BigInt(None)] {
            assert_eq!(written("SELECT $1", [value]), None);
        }
        assert_eq!(written("SELECT $2", [1_i64.into()]), None);
    }
}
