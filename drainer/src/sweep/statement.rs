//! The search, as SQL for one source.

use super::source::{Captures, Rule, Source, is_integer};

/// Transactions that ran with `zap.enabled = off`. A row's xmin shows the low half of such a number.
const SILENCED: &str = "(
        select coalesce(pg_catalog.array_agg(g.transaction::text::bigint & 4294967295), '{}')
        from zap.capture_gap as g
        where g.source_id = $1
    )::bigint []";

/// An identifier as SQL needs it.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Enqueues the recent orders of a source that have items, or rows that are an event, and no queue row, and that nobody
/// silenced. Parameters: source, event (or events by status), and the time or the key above which orders are recent. None: no
/// rule tells which are.
pub(crate) fn compose(source: &Source) -> Option<String> {
    let candidates = match (&source.captures, &source.order) {
        (Captures::FirstItem, Some((relation, keys))) => orders(source, relation, keys)?,
        (Captures::FirstItem, None) => orders_of_items(source)?,
        (Captures::Insert, _) => rows(source, "$2::text")?,
        (Captures::Status { column, .. }, _) => {
            let status = quote(column);
            rows(source, &format!("($2::text::jsonb ->> i.{status}::text)"))?
        }
    };
    Some(format!(
        "-- sweep
with recent as (
    {candidates}
),
enqueued as (
    insert into zap.notification_queue (source_id, event, subject, dedup_key, reason)
    select $1, r.event, r.subject, r.event || ':' || r.subject, 'swept'
    from recent as r
    where r.event is not null and not exists (
        select from zap.notification_queue as q
        where q.source_id = $1 and q.dedup_key = r.event || ':' || r.subject
    )
    on conflict do nothing
    returning id
)
insert into zap.notification_logs (notification_id, source_id, level, event, code)
select e.id, $1, 'info', 'swept', 'swept'
from enqueued as e"
    ))
}

/// Orders of a table of their own.
fn orders(source: &Source, relation: &str, keys: &[String]) -> Option<String> {
    let recent = recent(source, "o", keys)?;
    let subject = subject("o", keys, &source.key_types);
    let items = &source.relation;
    let of_order = same_key("i", &source.key_columns, "o", keys);
    Some(format!(
        "select {subject} as subject, $2::text as event
    from {relation} as o
    where {recent}
        and o.xmin::text::bigint <> all ({SILENCED})
        and exists (select from {items} as i where {of_order})
        and not exists (
            select from {items} as i where {of_order} and i.xmin::text::bigint = any ({SILENCED})
        )"
    ))
}

/// Orders that only their items tell of. One with an older item is old.
fn orders_of_items(source: &Source) -> Option<String> {
    let keys = &source.key_columns;
    let recent = recent(source, "o", keys)?;
    let subject = subject("o", keys, &source.key_types);
    let items = &source.relation;
    let of_order = same_key("i", keys, "o", keys);
    let older = match &source.rule {
        Rule::Created { column, .. } => format!(
            "
        and not exists (select from {items} as i where {of_order} and i.{} <= $3::timestamptz)",
            quote(column)
        ),
        Rule::Key | Rule::None => String::new(),
    };
    Some(format!(
        "select distinct {subject} as subject, $2::text as event
    from {items} as o
    where {recent}
        and not exists (
            select from {items} as i where {of_order} and i.xmin::text::bigint = any ({SILENCED})
        ){older}"
    ))
}

/// Rows that are themselves events, `i`; their orders, `o`, tell how old they are.
fn rows(source: &Source, event: &str) -> Option<String> {
    let relation = &source.relation;
    let (from, alias, keys) = match &source.order {
        Some((orders, keys)) if orders != relation => {
            let of_order = same_key("i", &source.key_columns, "o", keys);
            let from = format!("{orders} as o inner join {relation} as i on {of_order}");
            (from, "o", keys)
        }
        _ => (format!("{relation} as i"), "i", &source.key_columns),
    };
    let recent = recent(source, alias, keys)?;
    let subject = subject("i", &source.key_columns, &source.key_types);
    Some(format!(
        "select {subject} as subject, {event} as event
    from {from}
    where {recent} and i.xmin::text::bigint <> all ({SILENCED})"
    ))
}

fn recent(source: &Source, alias: &str, keys: &[String]) -> Option<String> {
    match &source.rule {
        Rule::Created { column, .. } => {
            let column = quote(column);
            // Not cast: an index on the column serves whatever kind of time it holds.
            Some(format!(
                "{alias}.{column} > $3::timestamptz and {alias}.{column} <= pg_catalog.statement_timestamp()"
            ))
        }
        Rule::Key => keys
            .first()
            .map(|key| format!("{alias}.{} > $3::bigint", quote(key))),
        Rule::None => None,
    }
}

/// The subject as capture writes it: the key, or several as a JSON array.
pub(crate) fn subject(alias: &str, keys: &[String], types: &[String]) -> String {
    let column = |key: &String| format!("{alias}.{}::text", quote(key));
    if let [key] = keys {
        return column(key);
    }
    let parts = keys
        .iter()
        .zip(types)
        .map(|(key, type_name)| match is_integer(type_name) {
            true => column(key),
            false => format!("pg_catalog.to_json({})::text", column(key)),
        });
    let parts: Vec<String> = parts.collect();
    format!("'[' || {} || ']'", parts.join(" || ',' || "))
}

fn same_key(left: &str, left_keys: &[String], right: &str, right_keys: &[String]) -> String {
    let pairs = left_keys.iter().zip(right_keys);
    let equal: Vec<String> = pairs
        .map(|(l, r)| format!("{left}.{} = {right}.{}", quote(l), quote(r)))
        .collect();
    equal.join(" and ")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn source(keys: &[&str], types: &[&str], rule: Rule) -> Source {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Source {
            id: 1,
            relation: "public.pedido_itens".to_owned(),
            event: "order_received".to_owned(),
            key_columns: owned(keys),
            order: None,
            key_types: owned(types),
            rule,
            captures: Captures::FirstItem,
        }
    }

    fn by_time() -> Rule {
        Rule::Created {
            column: "criado \"em\"".to_owned(),
            after: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn identifiers_are_quoted() {
        let sql = compose(&source(&["Pedido Id"], &["integer"], by_time())).unwrap();
        assert!(sql.contains("o.\"Pedido Id\"::text"), "{sql}");
        assert!(
            sql.contains("o.\"criado \"\"em\"\"\" > $3::timestamptz"),
            "{sql}"
        );
    }

    /// O16: several key columns make one subject, written as capture writes it.
    #[test]
    fn a_composite_key_becomes_a_json_array() {
        let keys = ["loja".to_owned(), "numero".to_owned()];
        let types = ["integer".to_owned(), "text".to_owned()];
        assert_eq!(
            subject("o", &keys, &types),
            "'[' || o.\"loja\"::text || ',' || pg_catalog.to_json(o.\"numero\"::text)::text || ']'"
        );
    }

    #[test]
    fn without_a_rule_nothing_is_searched() {
        assert_eq!(
            compose(&source(&["pedido_id"], &["uuid"], Rule::None)),
            None
        );
    }

    /// O6: the status says which event a row is, and the order how old it is.
    #[test]
    fn the_event_of_a_row_is_that_of_its_status() {
        let mut payments = source(&["pedido_id"], &["bigint"], by_time());
        payments.order = Some(("public.pedidos".to_owned(), vec!["id".to_owned()]));
        payments.captures = Captures::Status {
            column: "situação".to_owned(),
            events: "{}".to_owned(),
        };
        let sql = compose(&payments).unwrap();
        assert!(
            sql.contains("($2::text::jsonb ->> i.\"situação\"::text) as event"),
            "{sql}"
        );
        assert!(
            sql.contains("public.pedidos as o inner join public.pedido_itens as i"),
            "{sql}"
        );
    }

    /// Old orders stay quiet whatever happens to their items.
    #[test]
    fn an_order_with_an_older_item_is_old() {
        let sql = compose(&source(&["pedido_id"], &["uuid"], by_time())).unwrap();
        assert!(sql.contains("<= $3::timestamptz)"), "{sql}");
        let by_key = compose(&source(&["pedido_id"], &["bigint"], Rule::Key)).unwrap();
        assert!(by_key.contains("o.\"pedido_id\" > $3::bigint"), "{by_key}");
    }
}
