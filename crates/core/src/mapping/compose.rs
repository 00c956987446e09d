//! The context query, written as a person would.

use super::catalogue::Key;
use super::draft::{Draft, one_line, qualified};
use super::item_list::ItemList;
use super::order::Order;
use super::value::{Value, equal, operator};

/// One entry of a JSON object, with the field it is of.
pub struct Line<'a> {
    key: &'a str,
    expression: String,
    field: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// An entry that a field is behind.
    pub fn field(key: &'a str, expression: String, field: &'a str) -> Self {
        Self {
            key,
            expression,
            field: Some(field),
        }
    }

    fn of(key: &'a str, value: Option<&Value>, field: &'a str) -> Self {
        Self::field(
            key,
            value.map_or_else(|| "null".to_owned(), |value| value.text.clone()),
            field,
        )
    }

    fn plain(key: &'a str, expression: &str) -> Self {
        Self {
            key,
            expression: expression.to_owned(),
            field: None,
        }
    }
}

/// Entries below one another, each with how sure it is and why.
pub fn written(lines: &[Line<'_>], indent: &str, draft: &Draft<'_>) -> String {
    let last = lines.len().saturating_sub(1);
    let line = |(place, line): (usize, &Line<'_>)| {
        let comma = if place == last { "" } else { "," };
        let comment = line
            .field
            .map_or(String::new(), |field| comment(draft, field));
        format!(
            "{indent}'{}', {}{comma}{comment}\n",
            line.key, line.expression
        )
    };
    lines.iter().enumerate().map(line).collect()
}

fn comment(draft: &Draft<'_>, field: &str) -> String {
    let found = draft.fields.iter().find(|found| found.field == field);
    found.map_or(String::new(), |found| match &found.expression {
        Some(_) => format!("  -- {} %: {}", found.confidence, one_line(&found.reason)),
        None => format!("  -- {}", one_line(&found.reason)),
    })
}

/// The whole query.
pub fn compose(draft: &Draft<'_>, order: &Order<'_>, items: Option<&ItemList>) -> String {
    let key = &draft.catalogue.key;
    let phone = or_null(order.phone.as_ref(), "text");
    let number = number(draft, order, key);
    let created = or_null(order.created.as_ref(), "timestamptz");
    let order_lines = [
        Line::plain("id", "s.subject"),
        Line::field("number", number, "number"),
        Line::of("total", order.total.as_ref(), "total"),
        Line::of("subtotal", order.subtotal.as_ref(), "subtotal"),
        Line::of("delivery_fee", order.delivery_fee.as_ref(), "delivery_fee"),
        Line::of("discount", order.discount.as_ref(), "discount"),
        Line::of("status", order.status.as_ref(), "status"),
        Line::of("type", order.kind.as_ref(), "type"),
        Line::of("payment", order.payment.as_ref(), "payment"),
        Line::of("address", order.address.as_ref(), "address"),
        Line::of("notes", order.notes.as_ref(), "notes"),
        Line::of("created_at", order.created.as_ref(), "created_at"),
    ];
    let customer = [
        Line::of("name", order.customer_name.as_ref(), "customer.name"),
        Line::of("phone", order.phone.as_ref(), "phone"),
    ];
    let company = [
        Line::of("name", order.company_name.as_ref(), "company.name"),
        Line::of("phone", order.company_phone.as_ref(), "company.phone"),
    ];
    let indent = "            ";
    let must_exist = items.is_some_and(|items| items.must_exist);
    let list = match items {
        None => "'[]'::jsonb".to_owned(),
        Some(_) if must_exist => "items.list".to_owned(),
        Some(_) => "coalesce(items.list, '[]')".to_owned(),
    };
    let needs_amount = order
        .total
        .as_ref()
        .is_some_and(|total| total.text.contains("items.amount"));
    let joins: String = order.joins.iter().map(|join| join.sql("")).collect();
    let items = items.map_or(String::new(), |items| items.sql(draft, needs_amount));
    let query = format!(
        "select\n    s.subject,\n    {} as tenant,{}\n    {phone} as recipient,{}\n    pg_catalog.jsonb_build_object(\n        \
         'order', pg_catalog.jsonb_build_object(\n{}        ),\n        'customer', pg_catalog.jsonb_build_object(\n{}        ),\n        \
         'company', pg_catalog.jsonb_build_object(\n{}        ),\n        'items', {list}\n    ) as context,\n    {created} as created_at\n\
         from pg_catalog.unnest($1) as s (subject)\ninner join {} as o on {}\n{joins}{items}{}",
        or_null(order.tenant.as_ref(), "text"),
        comment(draft, "tenant"),
        comment(draft, "phone"),
        written(&order_lines, indent, draft),
        written(&customer, indent, draft),
        written(&company, indent, draft),
        draft.order.name,
        same_order(draft, key),
        if must_exist {
            "where items.list is not null"
        } else {
            ""
        }
    );
    query.trim_end().to_owned()
}

fn or_null(value: Option<&Value>, type_name: &str) -> String {
    value.map_or_else(|| format!("null::{type_name}"), |value| value.text.clone())
}

/// The order's number; where it has none, its key, of which a uuid is shortened.
fn number(draft: &Draft<'_>, order: &Order<'_>, key: &Key) -> String {
    let last = key.order_key.last().map_or("id", String::as_str);
    let is_uuid = key.types.last().is_some_and(|name| name == "uuid");
    let instead = match key.order_key.len() {
        1 if is_uuid => "pg_catalog.upper(pg_catalog.left(s.subject, 8))".to_owned(),
        1 => "s.subject".to_owned(),
        _ => format!(
            "{}::text",
            draft.order.column(last).map_or_else(
                || qualified("o", last),
                |column| format!("o.{}", column.sql)
            )
        ),
    };
    match &order.number {
        Some(number) if number.text == instead => instead,
        Some(number) => format!("coalesce({}, {instead})", number.text),
        None => instead,
    }
}

/// Compares in the key's own type, so that its index serves.
fn same_order(draft: &Draft<'_>, key: &Key) -> String {
    let part = |place: usize, type_name: &str| match key.order_key.len() {
        1 => format!("s.subject::{type_name}"),
        _ => format!(
            "(s.subject::pg_catalog.jsonb {} {place})::{type_name}",
            operator("->>")
        ),
    };
    let pairs = key.order_key.iter().zip(&key.types).enumerate();
    let same = pairs.map(|(place, (column, type_name))| {
        equal(
            &format!("o.{}", draft.order.sql(column)),
            &part(place, type_name),
        )
    });
    same.collect::<Vec<_>>().join(" and ")
}
