//! Lists of rows, a page at a time, by whatever column they are sorted: one statement for a page, however many pages
//! there are before it, and one more for how many rows there are in all.

use std::borrow::Cow;

use domain::page::Key;
use domain::{Code, Cursor, Error, Message, Page, PageRequest, Result};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::{Db, statement};

const LIKE: &str = " LIKE ";

/// What a list can be sorted by.
pub(crate) struct Order {
    /// The word that callers have for it.
    pub(crate) word: &'static str,
    /// What it is in SQL; it is never null.
    pub(crate) column: &'static str,
    /// Whether that is a number, and not a text.
    pub(crate) is_number: bool,
}

/// What tells rows apart that have the same key.
#[derive(Clone, Copy)]
pub(crate) enum Id {
    /// A column with UUIDs.
    Uuid(&'static str),
    /// A column with numbers.
    Number(&'static str),
}

impl Id {
    fn column(self) -> &'static str {
        match self {
            Self::Uuid(column) | Self::Number(column) => column,
        }
    }

    fn value(self, text: &str) -> Result<Value> {
        match self {
            Self::Uuid(_) => Uuid::parse_str(text).ok().map(Value::from),
            Self::Number(_) => text.parse::<i64>().ok().map(Value::from),
        }
        .ok_or_else(other_order)
    }

    fn text(self, row: &QueryResult) -> Result<String> {
        match self {
            Self::Uuid(_) => Ok(row.try_get::<Uuid>("", "cursor_id").or_domain()?.to_string()),
            Self::Number(_) => Ok(row.try_get::<i64>("", "cursor_id").or_domain()?.to_string()),
        }
    }
}

/// Rows that are listed.
pub(crate) struct Listing {
    columns: Cow<'static, str>,
    from: &'static str,
    id: Id,
    filters: Vec<String>,
    values: Vec<Value>,
}

impl Listing {
    /// Lists these columns of these tables; `id` tells rows apart.
    pub(crate) fn of(columns: impl Into<Cow<'static, str>>, from: &'static str, id: Id) -> Self {
        Self { columns: columns.into(), from, id, filters: Vec::new(), values: Vec::new() }
    }

    /// With a value that the tables or columns have as the next of `$1`, `$2` and so on.
    pub(crate) fn given(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Only those rows for which this holds, in which `?` stands for the value.
    pub(crate) fn only(mut self, filter: &str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.filters.push(filter.replace('?', &format!("${}", self.values.len())));
        self
    }

    /// The same, if there is a value.
    pub(crate) fn only_if(self, filter: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.only(filter, value),
            None => self,
        }
    }

    /// Only those rows for which this holds.
    pub(crate) fn with(mut self, filter: &str) -> Self {
        self.filters.push(filter.to_owned());
        self
    }

    /// Only those rows of which this column holds a text, in whatever case: of the letters of ASCII at least, and of all
    /// letters on PostgreSQL.
    pub(crate) fn holding(self, column: &str, text: Option<&str>) -> Self {
        let escaped = text.map(|text| {
            let text = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            format!("%{text}%")
        });
        self.only_if(&format!("{column}{LIKE}? ESCAPE '!'"), escaped)
    }

    /// A page of it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for a cursor of another order; whatever the database or `read` say.
    pub(crate) async fn page<T>(
        self,
        db: &impl Db,
        order: &Order,
        descending: bool,
        request: &PageRequest,
        read: impl Fn(&QueryResult) -> Result<T>,
    ) -> Result<Page<T>> {
        let total = if request.with_total { Some(self.count(db).await?) } else { None };
        let Self { columns, from, id, mut filters, mut values } = self;
        let (word, column) = (order.word, order.column);
        let order_word = if descending { format!("-{word}") } else { word.to_owned() };
        let (beyond, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        if let Some(after) = &request.after {
            values.push(match &after.key {
                Key::Number(number) if order.is_number => (*number).into(),
                Key::Text(text) if !order.is_number => text.as_str().into(),
                Key::Number(_) | Key::Text(_) => return Err(other_order()),
            });
            if after.order != order_word {
                return Err(other_order());
            }
            values.push(id.value(&after.id)?);
            let (key, last) = (values.len() - 1, values.len());
            filters.push(format!("({column}, {}) {beyond} (${key}, ${last})", id.column()));
        }
        let filter = where_all(db, &filters);
        let sql = format!(
            "SELECT {columns}, {column} AS cursor_key, {id} AS cursor_id FROM {from} {filter} \
             ORDER BY {column} {direction}, {id} {direction} LIMIT {}",
            u64::from(request.entries) + 1,
            id = id.column(),
        );
        let mut rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
        let more = rows.len() > request.entries as usize;
        rows.truncate(request.entries as usize);
        let next = match rows.last().filter(|_| more) {
            Some(last) => Some(Cursor {
                order: order_word,
                key: match order.is_number {
                    true => Key::Number(last.try_get("", "cursor_key").or_domain()?),
                    false => Key::Text(last.try_get("", "cursor_key").or_domain()?),
                },
                id: id.text(last)?,
            }),
            None => None,
        };
        Ok(Page { entries: rows.iter().map(read).collect::<Result<_>>()?, next, total })
    }

    async fn count(&self, db: &impl Db) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) AS count FROM {} {}", self.from, where_all(db, &self.filters));
        let row = db.raw().query_one_raw(statement(db, &sql, self.values.clone())).await.or_domain()?;
        let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
        Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
    }
}

fn where_all(db: &impl Db, filters: &[String]) -> String {
    match (filters, db.raw().get_database_backend()) {
        ([], _) => String::new(),
        // What PostgreSQL calls LIKE tells large letters from small ones.
        (filters, DbBackend::Postgres) => format!("WHERE {}", filters.join(" AND ").replace(LIKE, " ILIKE ")),
        (filters, _) => format!("WHERE {}", filters.join(" AND ")),
    }
}

fn other_order() -> Error {
    let sentence = "This cursor is of a list in another order; begin with the first page.";
    Error::Invalid(Message::coded(Code::CursorUnknown, sentence))
}
