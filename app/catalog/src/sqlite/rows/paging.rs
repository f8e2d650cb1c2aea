//! A part of a list that goes by time, and by identifier where times are the same.

use rusqlite::{OptionalExtension, Row, ToSql, Transaction};

use crate::{CatalogError, Order, Paging};

/// Reads the part of what `query` gives, which has the columns `created_at_ms` and `key`, that is asked for. `place` is a
/// query for both columns of the identifier that it is given.
pub fn read_page<T>(
    transaction: &Transaction<'_>,
    (query, values): (&str, &[&dyn ToSql]),
    place: &str,
    paging: &Paging,
    read: impl Fn(&Row<'_>) -> Result<T, CatalogError>,
) -> Result<Vec<T>, CatalogError> {
    let cursor = paging.after.as_ref().or(paging.before.as_ref());
    let at = cursor.map(|cursor| find_place(transaction, place, cursor)).transpose()?;
    let goes_back = paging.after.is_none() && paging.before.is_some();
    let is_ascending = (paging.order == Order::Ascending) != goes_back;
    let (sign, order) = if is_ascending { (">", "ASC") } else { ("<", "DESC") };
    let (time, key, limit) = (values.len() + 1, values.len() + 2, values.len() + 3);
    let sql = format!(
        "SELECT * FROM ({query})
        WHERE ?{time} IS NULL OR (created_at_ms, key) {sign} (?{time}, ?{key})
        ORDER BY created_at_ms {order}, key {order} LIMIT ?{limit}"
    );
    let (at_ms, at_key) = at.unzip();
    let most = i64::try_from(paging.limit).unwrap_or(i64::MAX);
    let mut all: Vec<&dyn ToSql> = values.to_vec();
    all.extend([&at_ms as &dyn ToSql, &at_key, &most]);
    let mut statement = transaction.prepare_cached(&sql)?;
    let found = statement.query_and_then(all.as_slice(), |row| read(row))?;
    let mut found: Vec<T> = found.collect::<Result<_, _>>()?;
    if goes_back {
        found.reverse();
    }
    Ok(found)
}

fn find_place(
    transaction: &Transaction<'_>,
    place: &str,
    cursor: &str,
) -> Result<(i64, String), CatalogError> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = transaction.query_row(place, [cursor], read).optional()?;
    found.ok_or_else(|| CatalogError::InvalidCursor { cursor: cursor.to_owned() })
}
